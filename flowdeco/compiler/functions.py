"""Which steps share a Lambda function: those that want the same of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

from flowdeco.authoring.options import StepOptions
from flowdeco.graph import Graph

FunctionNames: TypeAlias = Mapping[str, str]
"""Lambda function name or ARN by step name."""


def profile(options: StepOptions) -> tuple[object, ...]:
    """What a function is created with, as far as the step has a say."""
    return (
        options.requirements,
        options.memory,
        options.storage,
        options.architecture,
        options.env,
        options.permissions,
    )


def function_names(graph: Graph) -> FunctionNames:
    """Steps that ask for nothing special are served by a function named like the workflow, others share by profile.

    A function of its own is named after the first step that needs it. At most 64 characters, as Lambda wants.
    """
    plain = profile(StepOptions(""))
    owners: dict[tuple[object, ...], str] = {plain: graph.name[:64]}
    names = {}
    for name, step in graph.steps.items():
        legal = "".join(c if c.isascii() and (c.isalnum() or c in "-_") else "-" for c in name)
        names[name] = owners.setdefault(profile(step.options), f"{graph.name}-{legal}"[:64])
    return names
