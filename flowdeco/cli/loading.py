"""Importing the file of a pipeline, and finding the workflows in a module."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from importlib.util import module_from_spec, spec_from_file_location
from types import ModuleType
from typing import Any

from flowdeco.authoring.workflows import Workflow
from flowdeco.errors import FlowdecoError, LoadError, did_you_mean

AnyWorkflow = Workflow[Any, Any]

_loading: list[str] = []


class UserCodeError(Exception):
    """The user's file raised while it was imported; the exception is the cause."""


def now_loading() -> str | None:
    """The file that is being imported at this moment."""
    return _loading[-1] if _loading else None


def split_target(text: str) -> tuple[str, str | None]:
    """`pipeline.py:train` as file and workflow; None when it names no workflow.

    >>> split_target("src/pipeline.py:train"), split_target("pipeline.py")
    (('src/pipeline.py', 'train'), ('pipeline.py', None))
    """
    file, colon, name = text.rpartition(":")
    if not colon or os.path.exists(text) or "/" in name or "\\" in name:
        return text, None
    return file, name


def load_file(file: str) -> ModuleType:
    """Imports a file under its own name, with its folder on `sys.path`, as `import pipeline` beside it would.

    Raises LoadError when there is no such pipeline, UserCodeError when the file raises.
    """
    path = os.path.abspath(file)
    stem, extension = os.path.splitext(os.path.basename(path))
    if not os.path.isfile(path):
        raise LoadError(f"there is no file {file!r}", hint=_missing_hint(file, path))
    if extension != ".py" or "." in stem:
        raise LoadError(f"{file!r} is no Python module", hint="name the .py file that has the workflow in it")
    loaded = sys.modules.get(stem)
    if loaded is not None and _same(getattr(loaded, "__file__", None), path):
        return loaded
    if loaded is not None or stem in sys.stdlib_module_names:
        raise LoadError(
            f"{file!r} has the name of another module, {stem!r}",
            hint="rename the file: its steps could not import it",
        )
    folder = os.path.dirname(path)
    if folder not in sys.path:
        sys.path.insert(0, folder)
    return _imported(stem, path, file)


def _imported(stem: str, path: str, file: str) -> ModuleType:
    spec = spec_from_file_location(stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    sys.modules[stem] = module
    _loading.append(file)
    try:
        spec.loader.exec_module(module)
    except BaseException as error:
        del sys.modules[stem]
        if isinstance(error, FlowdecoError | KeyboardInterrupt):
            raise
        if isinstance(error, SystemExit):
            raise LoadError(
                f"{file!r} ends the process when it is imported (SystemExit: {error.code})",
                hint='put what must not run on import under `if __name__ == "__main__":`',
            ) from error
        raise UserCodeError(file) from error
    finally:
        _loading.pop()
    return module


def workflows_in(names: Mapping[str, Any]) -> dict[str, AnyWorkflow]:
    """The workflows of a module's namespace, by name: those defined in it, or else those it imported.

    Raises LoadError when two of them have the same name.
    """
    found = {id(value): value for value in names.values() if isinstance(value, Workflow)}
    own = [value for value in found.values() if value.fn.__module__ == names.get("__name__")]
    workflows: dict[str, AnyWorkflow] = {}
    for workflow in own or found.values():
        other = workflows.setdefault(workflow.spec.name, workflow)
        if other is not workflow:
            raise LoadError(
                f"two workflows are named {workflow.spec.name!r}, here and at {other.location}",
                location=workflow.location,
                hint="give one of them another name: @workflow(name=...)",
            )
    return workflows


def pick(names: Mapping[str, Any], name: str | None, where: str, how: str) -> AnyWorkflow:
    """The workflow called `name`, or the only one. `how`: the way to name one, told when there are several."""
    workflows = workflows_in(names)
    if not workflows:
        raise LoadError(
            f"{where} has no workflow in it", hint="decorate the function that calls the steps with @workflow"
        )
    if name is not None:
        variable = names.get(name)
        chosen = workflows.get(name, variable if isinstance(variable, Workflow) else None)
        if chosen is None:
            hint = did_you_mean(name, list(workflows)) or f"it has {_listed(workflows)}"
            raise LoadError(f"{where} has no workflow {name!r}", hint=hint)
        return chosen
    if len(workflows) > 1:
        options = ", or ".join(how.format(name) for name in list(workflows)[:3])
        raise LoadError(
            f"{where} has {len(workflows)} workflows: {_listed(workflows)}", hint=f"say which: {options}"
        )
    return next(iter(workflows.values()))


def _listed(workflows: Mapping[str, AnyWorkflow]) -> str:
    return ", ".join(workflows)


def _missing_hint(file: str, path: str) -> str:
    if os.path.isdir(path):
        return "it is a folder: name the .py file in it that has the workflow"
    folder = os.path.dirname(path)
    try:
        names = [name for name in os.listdir(folder) if name.endswith(".py")]
    except OSError:
        return f"there is no folder {os.path.dirname(file)!r} either"
    base = os.path.basename(path)
    if f"{base}.py" in names:
        return f"did you mean {file + '.py'!r}?"
    return did_you_mean(base, names) or (
        f"the folder has {', '.join(sorted(names)[:5])}" if names else "the folder has no .py file"
    )


def _same(first: str | None, second: str) -> bool:
    return first is not None and os.path.exists(first) and os.path.samefile(first, second)
