"""Expressions and paths: whether they can be read, and what they may refer to."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from flowdeco.asl.codes import failing, refused
from flowdeco.asl.expressions import facts_of
from flowdeco.asl.reads import Read, reads
from flowdeco.asl.scopes import Site
from flowdeco.asl.texts import texts_in
from flowdeco.errors import Finding, did_you_mean
from flowdeco.query import PathError, QueryError, ReferencePath, compile_jsonpath, compile_source

_STATES_FIELDS: Final = ("input", "context", "result", "errorOutput")
_WITH_RESULT: Final = ("Task", "Parallel", "Map")
_UNREAD: Final = frozenset(("Comment", "ItemProcessor", "Iterator", "Branches"))
_KEY: Final = re.compile(r"[^.]*\Z")


def queries(site: Site) -> Iterator[Finding]:
    """Every expression and path of a state."""
    for read in reads(site):
        if read.kind == "jsonata":
            yield from _expression(read, site)
        else:
            yield from _path(read)
    if site.language == "JSONata":
        for name, value in site.body.items():
            for where, text in texts_in(value, f"{site.where}.{name}") if name not in _UNREAD else ():
                yield from _half_open(text, where)


def _half_open(text: str, where: str) -> Iterator[Finding]:
    begins, ends = text.startswith("{%"), text.endswith("%}")
    if begins != ends or (begins and len(text) < 4):
        hint = "an expression starts with {% and ends with %}, with nothing around them"
        yield refused(where, "the expression is not closed, or not opened", hint)


def _expression(read: Read, site: Site) -> Iterator[Finding]:
    try:
        facts = facts_of(read.text)
    except QueryError as error:
        text = f"the JSONata expression {read.text!r} does not parse: {error.detail}"
        yield refused(read.where, text, _newer(read.text))
        return
    for name in sorted(facts.context):
        text = f"{name} refers to nothing: an expression has no context item"
        yield refused(read.where, text, f"start from a variable, as in $states.input{_step(name)}")
    if "eval" in facts.variables:
        hint = "write the expression out; for JSON texts there is $parse"
        yield failing(read.where, "Step Functions has no $eval", hint, "EVAL_UNSUPPORTED")
    for part in sorted(facts.states):
        yield from _states_part(part, read, site)


def _states_part(part: str, read: Read, site: Site) -> Iterator[Finding]:
    if part == "result":
        if read.caught or read.field not in ("Assign", "Output") or site.type not in _WITH_RESULT:
            hint = (
                "it is there in Assign and Output of a Task, Parallel or Map; what went in is $states.input"
            )
            yield refused(read.where, "$states.result is not available here", hint)
    elif part == "errorOutput":
        if not read.caught:
            hint = "it is there in Assign and Output of an entry of Catch"
            yield refused(read.where, "$states.errorOutput is not available here", hint)
    elif part not in ("input", "context", "*"):
        hint = did_you_mean(part, _STATES_FIELDS) or f"it has {', '.join(_STATES_FIELDS)}"
        yield failing(read.where, f"$states has no field {part!r}", hint, "UNKNOWN_STATES_FIELD")


def _newer(source: str) -> str | None:
    """A hint about operators that came to JSONata after 2.0.6."""
    for operator, instead in (("??", "$exists(a) ? a : b"), ("?:", "a ? a : b")):
        if operator in source:
            return f"Step Functions speaks JSONata 2.0.6, which does not know '{operator}': write '{instead}'"
    return None


def _step(name: str) -> str:
    return f".{name}" if name.isidentifier() else ""


def _path(read: Read) -> Iterator[Finding]:
    try:
        if read.kind == "reference":
            ReferencePath(read.text)
        elif read.kind == "path":
            compile_jsonpath(read.text)
        else:
            compile_source(read.text)
    except PathError as error:
        match = _KEY.search(read.where[:-2])
        field = f"{match[0]}.$" if match and read.where.endswith(".$") else read.field
        kinds = {
            "reference": "a valid Reference Path",
            "path": "a valid JSONPath",
            "source": "a valid JSONPath or a valid intrinsic function call",
        }
        text = f"The value for the field '{field}' must be {kinds[read.kind]}"
        yield refused(read.where, text, str(error))
