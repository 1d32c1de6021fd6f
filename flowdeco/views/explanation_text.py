"""What became of a workflow, line by line, for people."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from flowdeco.graph.explanation import Explanation, FunctionLines, Line, Note, Path
from flowdeco.views.places_text import file_text
from flowdeco.views.terminal import Style

_WIDEST = 60
"""Source that is longer than this has its notes on lines of their own."""

_MANY = 6
"""So many names of states are told in a row; of more, the first ones and the last."""


def explanation_text(explanation: Explanation, style: Style) -> str:
    """The lines with what they became beside them, then what runs when, then what each path costs."""
    return "\n".join(_all(explanation, style))


def explanation_document(explanation: Explanation) -> dict[str, Any]:
    """The same as JSON. Costs have their `text` beside their numbers."""
    document = asdict(explanation)
    for path, told in zip(explanation.paths, document["paths"]):
        told["cost"]["text"] = str(path.cost)
    return document


def _all(explanation: Explanation, style: Style) -> Iterator[str]:
    for number, function in enumerate(explanation.functions):
        if number:
            yield ""
        yield from _function(function, style)
    arrow = style.symbol("→", "->")
    if explanation.others:
        yield ""
        yield style.paint("states that no line stands for", "bold")
        for other in explanation.others:
            yield f"  {style.paint(other.name, 'green')} ({other.type}): {other.why}"
    for kind, head in (("at the same time", "at the same time"), ("in order", "one after the other")):
        found = [ordering for ordering in explanation.orderings if ordering.kind == kind]
        if found:
            yield ""
            yield style.paint(head, "bold")
        joint = " | " if kind == "at the same time" else f" {arrow} "
        for ordering in found:
            names = joint.join(name.replace("→", arrow) for name in ordering.states)
            yield f"  {style.paint(names, 'green')}: {ordering.why}"
    yield ""
    yield style.paint("state transitions, retries apart", "bold")
    for path in explanation.paths:
        yield f"  {path.name}: {path.cost}"
        yield f"    {style.paint(_through(path, arrow), 'dim')}"


def _through(path: Path, arrow: str) -> str:
    names = list(path.states)
    if len(names) > _MANY:
        names[_MANY - 1 : -1] = ["…" if arrow == "→" else "..."]
    return f" {arrow} ".join(names)


def _function(function: FunctionLines, style: Style) -> Iterator[str]:
    place = f"{file_text(function.location.file)}:{function.location.line}"
    yield f"{style.paint(function.name, 'bold')}  {style.paint(place, 'dim')}"
    digits = len(str(function.lines[-1].number)) if function.lines else 1
    margin = min((_indent(line.text) for line in function.lines if line.text.strip()), default=0)
    width = min(max((len(line.text) - margin for line in function.lines if line.notes), default=0), _WIDEST)
    for line in function.lines:
        yield from _line(line, margin, digits, width, style)


def _line(line: Line, margin: int, digits: int, width: int, style: Style) -> Iterator[str]:
    text = line.text[margin:].rstrip()
    number = style.paint(f"{line.number:>{digits}}", "dim")
    notes = list(_notes(line.notes, style))
    beside = len(text) <= width and bool(notes)
    bar = style.symbol("│", "|")
    yield f"{number}  {text:<{width}}  {bar} {notes.pop(0)}" if beside else f"{number}  {text}".rstrip()
    blank = " " * (digits + 2 + width)
    yield from (f"{blank}  {bar} {note}" for note in notes)


def _notes(notes: tuple[Note, ...], style: Style) -> Iterator[str]:
    for note in notes:
        if note.kind != "expression":
            yield from _note(note, style)
    uses = [_use(note) for note in notes if note.kind == "expression"]
    if uses:
        yield f"{style.paint('expression', 'cyan')}: {', '.join(uses)}"


def _use(note: Note) -> str:
    return f"{note.what} of {_names(note.states)}" if note.states else note.what


def _note(note: Note, style: Style) -> Iterator[str]:
    names = _names(note.states)
    match note.kind:
        case "state":
            yield f"{style.paint('state', 'green')} {names} ({note.what})"
        case "glue":
            extra = f"+{note.transitions}" if note.transitions else "no more states"
            yield f"{style.paint('glue', 'yellow')} {note.what} in state {names}, {extra}: {note.why}"
            if note.instead:
                yield f"  without it: {note.instead}"
        case _:
            yield style.paint(note.what, "dim")


def _names(states: tuple[str, ...]) -> str:
    quoted = [f"'{name}'" for name in states]
    if len(quoted) > _MANY:
        quoted[_MANY - 1 :] = [f"and {len(states) - _MANY + 1} more"]
    return ", ".join(quoted)


def _indent(text: str) -> int:
    return len(text) - len(text.lstrip())
