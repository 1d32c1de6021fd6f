"""One use of the command line: how it was called, and which workflow it is about."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flowdeco.cli.loading import AnyWorkflow, load_file, now_loading, pick, split_target, workflows_in
from flowdeco.errors import LoadError


@dataclass(frozen=True, slots=True)
class Script:
    """A file that called `main()`: its namespace, its name for people, and the workflow it gave, if any."""

    names: Mapping[str, Any]
    label: str
    workflow: AnyWorkflow | None = None


@dataclass(slots=True)
class Session:
    """`prog` is how to call this command line. Without a `script` every verb is told a file."""

    prog: str
    script: Script | None = None
    debug: bool = False

    @property
    def target(self) -> str:
        """What follows a verb in examples: the file, where one is needed."""
        return "" if self.script else " pipeline.py"

    def workflow(self, file: str | None, name: str | None) -> AnyWorkflow:
        """The workflow that is meant. Raises LoadError when none is, or several may be."""
        names, where, named = self._names(file)
        name = name or named
        if name is None and self.script is not None and self.script.workflow is not None:
            return self.script.workflow
        how = "--workflow {}" if self.script else f"{split_target(file or '')[0]}:{{}}"
        return pick(names, name, where, how)

    def workflows(self, file: str | None, name: str | None) -> list[AnyWorkflow]:
        """The workflow that is meant, or all there are when none is named."""
        names, where, named = self._names(file)
        default = self.script.workflow if self.script else None
        if name or named or default is not None:
            return [self.workflow(file, name)]
        return list(workflows_in(names).values()) or [pick(names, None, where, "")]

    def _names(self, file: str | None) -> tuple[Mapping[str, Any], str, str | None]:
        if self.script is not None:
            return self.script.names, self.script.label, None
        path, name = split_target(file or "")
        return vars(load_file(path)), repr(path), name


def script_session(names: Mapping[str, Any], workflow: AnyWorkflow | None) -> Session:
    """The session of a module that calls `main()`."""
    file = now_loading()
    if file is not None:
        raise LoadError(
            "main() was reached while the file was imported",
            location=file,
            hint='put it under `if __name__ == "__main__":`',
        )
    path = names.get("__file__")
    label = repr(os.path.basename(path)) if path else f"module {names.get('__name__')!r}"
    return Session(_prog(names), Script(names, label, workflow))


def _prog(names: Mapping[str, Any]) -> str:
    spec = names.get("__spec__")
    called = sys.argv[0]
    if spec is not None and names.get("__name__") == "__main__":
        return f"python -m {spec.name.removesuffix('.__main__')}"
    return f"python {called}" if called.endswith(".py") else os.path.basename(called)
