"""What rewritten code knows the recorder by: `__flowdeco__`."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flowdeco.tracing.recorder import TraceRecorder


class Body:
    """The recorder as rewritten code sees it. `call` is any call there, not only a step's."""

    __slots__ = (
        "call",
        "comprehension",
        "effect",
        "effects",
        "flatten",
        "known",
        "loop",
        "named",
        "no_steps",
        "unpack",
    )

    def __init__(self, recorder: TraceRecorder) -> None:
        self.call = recorder.invoke
        self.comprehension = recorder.comprehension
        self.effect = recorder.effect
        self.effects = recorder.effects
        self.flatten = recorder.flatten
        self.known = recorder.known
        self.loop = recorder.loop
        self.named = recorder.named
        self.no_steps = recorder.no_steps
        self.unpack = recorder.unpack
