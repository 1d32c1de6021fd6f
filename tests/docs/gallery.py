"""Fills in what `docs/language.md` shows beside its Python: states, expressions, messages.

    python -m pytest tests/docs/test_language.py              the page is as the code is
    FLOWDECO_UPDATE_GOLDEN=1 python -m pytest ...             writes it anew

The Python of the page is written by hand. Made from it are

    ```json           behind a ```python: the states of the last workflow in it
    ```text           behind a ```python: what `check` says about that workflow
    | Python | JSONata |            each row's expression, of the parameters of the page's function `values`
    | in a body | flowdeco says |   each row's error and hint, in a body with the same parameters
"""

from __future__ import annotations
import __future__

import ast
import inspect
import json
import linecache
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import takewhile
from types import ModuleType
from typing import Any

from flowdeco import Workflow, toolchain
from flowdeco.asl import emit
from flowdeco.errors import Finding, FlowdecoError

JSON = Any
WIDTH = 112
LONGEST = 120
"""Characters of an expression that a table shows."""
EXPRESSIONS = "| Python | JSONata |"
REFUSALS = "| in a body | flowdeco says |"


def filled(page: str, name: str = "language") -> str:
    """The page with everything that is made from its Python."""
    gallery = _Gallery(f"{name}_gallery")
    with gallery.imported():
        return "\n".join(_filled(gallery, page.split("\n")))


def _filled(gallery: _Gallery, lines: list[str]) -> Iterator[str]:
    rest = iter(lines)
    for line in rest:
        yield line
        if line == "```python":
            code = list(takewhile(lambda inner: inner != "```", rest))
            gallery.run("\n".join(code))
            yield from [*code, "```"]
        elif line in ("```json", "```text") and gallery.workflow is not None:
            _ = list(takewhile(lambda inner: inner != "```", rest))
            shown = compact(gallery.workflow) if line == "```json" else findings(gallery.workflow)
            yield from [*shown, "```"]
        elif line in (EXPRESSIONS, REFUSALS):
            made = gallery.expression if line == EXPRESSIONS else gallery.refusal
            yield next(rest)
            for row in takewhile(bool, rest):
                yield made(row)
            yield ""


@dataclass(slots=True)
class _Gallery:
    """The page's Python so far."""

    name: str
    workflow: Workflow[..., Any] | None = None
    module: ModuleType = field(init=False)
    blocks: int = 0

    def __post_init__(self) -> None:
        self.module = ModuleType(self.name)

    @contextmanager
    def imported(self) -> Iterator[None]:
        sys.modules[self.name] = self.module
        yield
        del sys.modules[self.name]

    def run(self, code: str) -> None:
        self.workflow = None
        before = dict(vars(self.module))
        self._execute(code, self.module.__dict__)
        for name, thing in vars(self.module).items():
            if isinstance(thing, Workflow) and before.get(name) is not thing:
                self.workflow = thing

    def _execute(self, code: str, names: dict[str, Any]) -> None:
        self.blocks += 1
        file = f"/{self.name}/{self.blocks}.py"
        linecache.cache[file] = (len(code), None, code.splitlines(keepends=True), file)
        exec(compile(code, file, "exec", __future__.annotations.compiler_flag, dont_inherit=True), names)

    def _workflow(self, parameters: str, body: str, *, is_async: bool = False) -> Workflow[..., Any]:
        names = dict(self.module.__dict__)
        indented = "\n".join(f"    {line}" for line in body.split("\n"))
        prefix = "async " if is_async else ""
        self._execute(f"@workflow\n{prefix}def row({parameters}):\n{indented}", names)
        found: Workflow[..., Any] = names["row"]
        return found

    def _values(self) -> dict[str, str]:
        """The annotations of the page's `values`, by name."""
        parameters = inspect.signature(self.module.__dict__["values"]).parameters.values()
        return {parameter.name: parameter.annotation for parameter in parameters}

    def expression(self, row: str) -> str:
        """`| Python | … |`, or several expressions with commas between code spans."""
        cell = _cells(row)[0]
        shown = [self._expressed(code) for code in _codes(cell)]
        return f"| {cell} | {', '.join(shown)} |"

    def _expressed(self, code: str) -> str:
        """The expression, where what it is made of are variables: results of steps that come before."""
        nodes = list(ast.walk(ast.parse(code)))
        own = {node.arg for node in nodes if isinstance(node, ast.arg)}
        own |= {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
        read = {node.id for node in nodes if isinstance(node, ast.Name)} - own
        given = {name: annotation for name, annotation in self._values().items() if name in read}
        for name, annotation in given.items():
            self._execute(f"@step\ndef give_{name}() -> {annotation}: ...", self.module.__dict__)
        lines = [f"{name} = give_{name}()" for name in given]
        states = toolchain.definition(self._workflow("", "\n".join([*lines, f"return use({code})"])))[
            "States"
        ]
        _, *glue, last = states
        if glue:
            return f"glue: {', '.join(f'`{name}`' for name in glue)}"
        value = states[last]["Arguments"]["Payload"]["arguments"]["value"]
        text = json.dumps(value, ensure_ascii=False)
        if isinstance(value, str):
            text = value
        text = re.sub(r'^\{% (.*) %\}$|"\{% (.*?) %\}"', lambda found: found[1] or found[2], text)
        if len(text) > LONGEST:
            return f"{_code(text[: text.rfind(' ', 0, 70)])} … ({len(text)} characters)"
        return _code(text)

    def refusal(self, row: str) -> str:
        cell = _cells(row)[0]
        (code,) = _codes(cell)
        body = code.replace("⏎ ", "\n")
        parameters = ", ".join(f"{name}: {annotation}" for name, annotation in self._values().items())
        try:
            workflow = self._workflow(parameters, body, is_async="await" in body)
        except FlowdecoError as error:  # refused where it is decorated
            return f"| {cell} | {_said(error.message, error.hint)} |"
        found = [finding for finding in workflow.check() if finding.severity == "error"]
        return f"| {cell} | {_said(found[0].message, found[0].hint) if found else '(nothing)'} |"


def _cells(row: str) -> list[str]:
    return [cell.strip() for cell in re.split(r"(?<!\\)\|", row)[1:-1]]


def _codes(cell: str) -> list[str]:
    return [code.replace("\\|", "|") for code in re.findall(r"`([^`]+)`", cell)]


def _said(message: str, hint: str | None) -> str:
    text = f"{message}. *{hint}*" if hint else message
    return (
        re.sub(r"/\S+\.py:(\d+)", r"line \1", text)
        .replace("|", "\\|")
        .replace("<", "&lt;")
        .replace("\n", " ")
    )


def _code(text: str) -> str:
    text = text.replace("|", "\\|")
    return f"`` {text} ``" if "`" in text else f"`{text}`"


def findings(workflow: Workflow[..., Any]) -> list[str]:
    """What `check` says, without the file."""
    return [line for finding in workflow.check() for line in _finding(finding)]


def _finding(finding: Finding) -> list[str]:
    shown = f"{finding.severity}: {finding.message}"
    return [shown, f"  hint: {finding.hint}"] if finding.hint else [shown]


def compact(workflow: Workflow[..., Any]) -> list[str]:
    """The states, one a line where that is legible, without what all Task states have in common."""
    machine = emit(toolchain.machine(workflow))
    return [f'"StartAt": {json.dumps(machine["StartAt"])},', *_states(machine["States"], "")]


def _states(states: dict[str, JSON], indent: str) -> list[str]:
    lines: list[str] = []
    for name, state in states.items():
        shown = _state(state)
        comma = "," if name != list(states)[-1] else ""
        lines += _item(f"{indent}{json.dumps(name, ensure_ascii=False)}: ", shown, indent, comma)
    return lines


def _state(state: dict[str, JSON]) -> dict[str, JSON]:
    hidden = {"Comment", "Retry"}
    if state.get("Resource") == "arn:aws:states:::lambda:invoke":
        hidden.add("Resource")
    shown = {key: value for key, value in state.items() if key not in hidden}
    arguments = shown.get("Arguments", {})
    if isinstance(arguments, dict) and "Payload" in arguments:
        payload = arguments["Payload"]
        shown["Arguments"] = payload if "before" in payload else payload["arguments"]
        if not shown["Arguments"]:
            del shown["Arguments"]
    if "Next" in shown and shown.get("Output") == "{% $states.result.Payload %}":
        del shown["Output"]
    if "ItemProcessor" in shown:
        shown["ItemProcessor"] = _inner(shown["ItemProcessor"])
    if "Branches" in shown:
        shown["Branches"] = [_inner(branch) for branch in shown["Branches"]]
    return shown


def _inner(machine: dict[str, JSON]) -> dict[str, JSON]:
    states = {name: _state(state) for name, state in machine["States"].items()}
    return {"StartAt": machine["StartAt"], "States": states}


def _item(start: str, value: JSON, indent: str, comma: str) -> list[str]:
    """`start` and the value, on one line when it fits, else one part a line."""
    line = f"{start}{json.dumps(value, ensure_ascii=False)}{comma}"
    if len(line) <= WIDTH or not isinstance(value, dict | list) or not value:
        return [line]
    deeper = f"{indent}  "
    opening, closing = ("{", "}") if isinstance(value, dict) else ("[", "]")
    parts: list[tuple[str, JSON]]
    if isinstance(value, dict):
        parts = [(f"{deeper}{json.dumps(key, ensure_ascii=False)}: ", part) for key, part in value.items()]
    else:
        parts = [(deeper, part) for part in value]
    lines = [f"{start}{opening}"]
    for number, (beginning, part) in enumerate(parts):
        lines += _item(beginning, part, deeper, "," if number < len(parts) - 1 else "")
    return [*_joined(lines), f"{indent}{closing}{comma}"]


def _joined(lines: list[str]) -> list[str]:
    """Short parts of one level share a line."""
    joined: list[str] = []
    for line in lines:
        before = joined[-1] if joined else ""
        indent = len(line) - len(line.lstrip())
        same = len(before) - len(before.lstrip()) == indent
        both_whole = before.endswith(",") and not line.rstrip(",").endswith(("{", "["))
        inside = line.lstrip()[:1] not in ("}", "]") and before.lstrip()[:1] not in ("}", "]")
        if same and both_whole and inside and len(before) + 1 + len(line) - indent <= WIDTH:
            joined[-1] = f"{before} {line.lstrip()}"
        else:
            joined.append(line)
    return joined
