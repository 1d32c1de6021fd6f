"""The list of executions."""

from __future__ import annotations

from collections.abc import Sequence

from flowdeco.history.store import ExecutionSummary
from flowdeco.views.execution_text import STATUS_LOOKS
from flowdeco.views.quantities_text import duration_text, line_text, moment_text
from flowdeco.views.table_text import table_text
from flowdeco.views.terminal import Style


def executions_text(executions: Sequence[ExecutionSummary], style: Style, now: float) -> str:
    """A table, the last execution first."""
    rows = []
    for one in executions:
        ended = now if one.stopped is None and one.status == "RUNNING" else one.stopped
        rows.append(
            [
                (one.name, "bold"),
                (one.status, STATUS_LOOKS[one.status]),
                (moment_text(one.started), ""),
                ("" if ended is None else duration_text(ended - one.started), ""),
                (line_text(one.error or "", 60), "red"),
            ]
        )
    return table_text(["name", "status", "started", "time", "error"], rows, style)
