"""The part of `run --help` that tells about the workflow's inputs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from flowdeco.cli.loading import AnyWorkflow
from flowdeco.views.table_text import table_text
from flowdeco.views.terminal import Style

if TYPE_CHECKING:
    from flowdeco.authoring.parameters import OptionHelp, Parameter


def inputs_help(workflow: AnyWorkflow, prog: str, target: str, own: Sequence[str]) -> str:
    """The inputs with types, defaults and help, and an example. `own`: options of flowdeco, which come first."""
    rows = workflow.parameters.describe()
    head = f"Inputs of {workflow.spec.name}:"
    if workflow.spec.comment:
        head = f"{workflow.spec.comment}\n\n{head}"
    if not rows:
        return f"{head} none"
    table = [[(row.spelling, ""), (row.type, ""), (_facts(row), "")] for row in rows]
    lines = table_text(["", "", ""], table, Style()).split("\n")[1:]
    parts = [head, *(f"  {line}" for line in lines)]
    for option in clashes(workflow, own):
        parts.append(
            f"\n{option} is also an option of flowdeco: write the workflow's after --, as in -- {option} VALUE"
        )
    parts.append(f"\nExample:\n  {prog} run{target}{_example(workflow, rows)}")
    return "\n".join(parts)


def clashes(workflow: AnyWorkflow, own: Sequence[str]) -> list[str]:
    """The options of the workflow that flowdeco has too."""
    spelled = [option for row in workflow.parameters.describe() for option in row.spelling.split("/")]
    return [option for option in spelled if option in own]


def _facts(row: OptionHelp) -> str:
    facts = ["required" if row.default is None else f"default {row.default}"]
    if row.repeats:
        facts.append("may be repeated")
    return f"{row.help}  [{', '.join(facts)}]" if row.help else f"[{', '.join(facts)}]"


def _example(workflow: AnyWorkflow, rows: Sequence[OptionHelp]) -> str:
    """Every required input, or else the first one."""
    pairs = list(zip(rows, workflow.parameters.items))
    shown = [pair for pair in pairs if pair[0].default is None] or pairs[:1]
    return "".join(f" {_use(row, parameter)}" for row, parameter in shown)


def _use(row: OptionHelp, parameter: Parameter) -> str:
    option = row.spelling.split("/")[-1]
    if "/" in row.spelling:
        return option
    default = (row.default or "").strip("'")
    value = default if default.replace(".", "").replace("-", "").isalnum() else "VALUE"
    return f"{option} {getattr(parameter.kind, 'example', None) or value}"
