"""flowdeco: decorate Python functions, get an AWS Step Functions state machine that also runs on this computer.

    from flowdeco import main, step, workflow

Importing this package imports nothing heavy: every public name is loaded when it is first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from flowdeco.authoring import forms
    from flowdeco.authoring.forms import attempt, choose, fail, loop, map_, parallel, succeed, wait
    from flowdeco.authoring.options import Permission, Retry
    from flowdeco.authoring.steps import Step, step
    from flowdeco.authoring.workflows import Workflow, workflow
    from flowdeco.cli import main
    from flowdeco.errors import ExecutionFailed, FlowdecoError, InputError
    from flowdeco.runtime import register_codec
    from flowdeco.toolchain import Execution

__version__ = "0.1.0"

__all__ = [
    "Execution",
    "ExecutionFailed",
    "FlowdecoError",
    "InputError",
    "Permission",
    "Retry",
    "Step",
    "Workflow",
    "attempt",
    "choose",
    "fail",
    "forms",
    "loop",
    "main",
    "map_",
    "parallel",
    "register_codec",
    "step",
    "succeed",
    "wait",
    "workflow",
]

_HOMES = {
    "Execution": "flowdeco.toolchain",
    "ExecutionFailed": "flowdeco.errors",
    "FlowdecoError": "flowdeco.errors",
    "InputError": "flowdeco.errors",
    "Permission": "flowdeco.authoring.options",
    "Retry": "flowdeco.authoring.options",
    "Step": "flowdeco.authoring.steps",
    "Workflow": "flowdeco.authoring.workflows",
    "attempt": "flowdeco.authoring.forms",
    "choose": "flowdeco.authoring.forms",
    "fail": "flowdeco.authoring.forms",
    "forms": "flowdeco.authoring.forms",
    "loop": "flowdeco.authoring.forms",
    "main": "flowdeco.cli",
    "map_": "flowdeco.authoring.forms",
    "parallel": "flowdeco.authoring.forms",
    "register_codec": "flowdeco.runtime",
    "step": "flowdeco.authoring.steps",
    "succeed": "flowdeco.authoring.forms",
    "wait": "flowdeco.authoring.forms",
    "workflow": "flowdeco.authoring.workflows",
}


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        from flowdeco.errors import did_you_mean

        hint = did_you_mean(name, __all__)
        raise AttributeError(f"module 'flowdeco' has no attribute {name!r}" + (f"; {hint}" if hint else ""))
    from importlib import import_module

    module = import_module(home)
    value = module if home.endswith(f".{name}") else getattr(module, name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
