"""Definition → everything that is wrong with it, or worth knowing, before it runs.

`parse.py` tells what is wrong with its shape, `checks/rules.py` lists all other checks. What the service refuses at creation
is told in its words where they are known; other findings are flowdeco's own. `codes.py` has all codes, and which are which.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, Final, Literal, TypeAlias

from flowdeco.asl.codes import NOT_JSON, SCHEMA, doubtful, refused
from flowdeco.asl.emit import emit
from flowdeco.asl.model import JSON, StateMachine
from flowdeco.asl.parse import parse
from flowdeco.asl.texts import size_of
from flowdeco.errors import DefinitionError, Finding

WorkflowType: TypeAlias = Literal["STANDARD", "EXPRESS"]

_TOO_DEEP: Final = "it is nested too deeply to be read"


def check(definition: Mapping[str, JSON] | StateMachine, type: WorkflowType = "STANDARD") -> list[Finding]:
    """Everything that is wrong with a definition, all at once. `type` is the workflow type it is created as.

    `severity` is error for what the service refuses and for what must fail, warning for what may.
    `where` is the place (`States.Train.Retry[0]`), `code` one of those in `flowdeco.asl.codes`. Raises nothing.

    >>> [print(found) for found in check({"StartAt": "A", "States": {"A": {"Type": "Wait", "Next": "B"}}})][0]
    error: States.A.Next: Missing 'Next' target: B
    error: States.A: a Wait has exactly one of Seconds, SecondsPath, Timestamp, TimestampPath, and this one has none
    """
    document: Any = emit(definition) if isinstance(definition, StateMachine) else definition
    return _check(document, type, None)


def check_text(text: str, type: WorkflowType = "STANDARD") -> list[Finding]:
    """The same for a definition as text, which may not even be JSON.

    >>> [found.code for found in check_text("{")]
    ['INVALID_JSON_DESCRIPTION']
    """
    twice: list[str] = []
    try:
        document = json.loads(text, object_pairs_hook=lambda pairs: _object(pairs, twice))
    except ValueError as error:
        return [_not_json(text, error)]
    except RecursionError:
        return [refused("definition", _TOO_DEEP)]
    if not isinstance(document, dict):
        return [Finding("error", _NO_OBJECT, None, None, SCHEMA)]
    hint = "of two, only the last counts"
    repeated = [
        doubtful("definition", f"an object has the field {name!r} twice", hint, "DUPLICATE_FIELD")
        for name in dict.fromkeys(twice)
    ]
    return _check(document, type, len(text.encode("utf-8", "surrogatepass"))) + repeated


def _check(document: Any, type: WorkflowType, size: int | None) -> list[Finding]:
    found: list[Finding] = []
    try:
        found += _shape(document)
        if isinstance(document, dict):
            from flowdeco.asl.checks.rules import content  # with all checks: most that import asl need none

            size = size_of(document) if size is None else size
            found += content(document, express=type == "EXPRESS", size=size)
    except RecursionError:
        if not any(finding.message == _TOO_DEEP for finding in found):
            found.append(refused("definition", _TOO_DEEP))
    return found


def _shape(document: JSON) -> list[Finding]:
    try:
        parse(document)
    except DefinitionError as error:
        return list(error.findings)
    return []


def variable_references(definition: Mapping[str, JSON] | StateMachine) -> dict[str, list[str]]:
    """The variables that each state reads, as DescribeStateMachine tells them; states that read none are left out.

    >>> variable_references({"StartAt": "A", "States": {"A": {"Type": "Succeed", "OutputPath": "$model.auc"}}})
    {'A': ['model']}
    """
    from flowdeco.asl.checks.variables import variables_read
    from flowdeco.asl.reads import reads
    from flowdeco.asl.scopes import scopes_of

    document: Any = emit(definition) if isinstance(definition, StateMachine) else definition
    found: dict[str, set[str]] = {}
    for scope in scopes_of(document, express=False):
        for site in scope.sites():
            found.setdefault(site.name, set()).update(*map(variables_read, reads(site)))
    return {name: sorted(read) for name, read in found.items() if read}


def service_location(where: str, definition: Mapping[str, JSON]) -> str:
    """A finding's place as the service writes it. `definition` tells which dots belong to a name.

    >>> machine = {"StartAt": "a.b", "States": {"a.b": {"Type": "Wait"}}}
    >>> service_location("States.a.b.Retry[0].Next", machine), service_location("definition", machine)
    ('/States/a.b/Retry[0]/Next', '/')
    """
    if where == "definition":
        return "/"
    location, rest = "", where
    part: JSON = definition
    while rest:
        known = [name for name in part if _leads(rest, name)] if isinstance(part, dict) else []
        name = max(known, key=len, default=rest.partition(".")[0].partition("[")[0])
        part = part[name] if known else None
        location += f"/{name}"
        rest = rest[len(name) :]
        while (index := _INDEX.match(rest)) is not None:
            at = int(index[1])
            part = part[at] if isinstance(part, list) and at < len(part) else None
            location += index[0]
            rest = rest[index.end() :]
        rest = rest.removeprefix(".")
    return location


_INDEX: Final = re.compile(r"\[(\d+)\]")


def _leads(rest: str, name: str) -> bool:
    return rest.startswith(name) and rest[len(name) : len(name) + 1] in ("", ".", "[")


# --- text --------------------------------------------------------------------------------------------------

_NO_OBJECT: Final = "Definition must be a valid JSON object"
_WORD: Final = re.compile(r"\s*([A-Za-z_$][\w$]*)")
_QUOTED_LENGTH: Final = 500


def _object(pairs: list[tuple[str, JSON]], twice: list[str]) -> dict[str, JSON]:
    document = dict(pairs)
    if len(document) < len(pairs):
        names = [name for name, _ in pairs]
        twice += [name for name in document if names.count(name) > 1]
    return document


def _not_json(text: str, error: ValueError) -> Finding:
    """In the words of the service for text that does not begin like JSON."""
    if not text.strip():
        return Finding("error", _NO_OBJECT, None, None, SCHEMA)
    position = getattr(error, "pos", 0)
    word = _WORD.match(text, position)
    if word is None:
        message = str(error).partition(":")[0]
    else:
        position = word.end()
        expected = "(JSON String, Number, Array, Object or token 'null', 'true' or 'false')"
        message = f"Unrecognized token '{word[1]}': was expecting {expected}"
    before = text[:position]
    line, column = before.count("\n") + 1, position - before.rfind("\n")
    source = f'"{text[:_QUOTED_LENGTH]}"'
    if len(text) > _QUOTED_LENGTH:
        source += f"[truncated {len(text) - _QUOTED_LENGTH} chars]"
    where = f"[Source: (String){source}; line: {line}, column: {column}]"
    return Finding("error", f"{message}\n at {where}", where, None, NOT_JSON)
