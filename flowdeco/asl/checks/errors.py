"""Names of errors: in Retry, in Catch and in Fail."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

from flowdeco.asl.codes import doubtful, refused
from flowdeco.asl.model import JSON
from flowdeco.asl.scopes import Site
from flowdeco.errors import Finding, did_you_mean

ALL: Final = "States.ALL"
NAMES: Final = (
    ALL,
    "States.BranchFailed",
    "States.DataLimitExceeded",
    "States.ExceedToleratedFailureThreshold",
    "States.HeartbeatTimeout",
    "States.Http.Socket",
    "States.IntrinsicFailure",
    "States.ItemReaderFailed",
    "States.NoChoiceMatched",
    "States.ParameterPathFailure",
    "States.Permissions",
    "States.QueryEvaluationError",
    "States.ResultPathMatchFailure",
    "States.ResultWriterFailed",
    "States.Runtime",
    "States.TaskFailed",
    "States.Timeout",
)
"""Errors of Step Functions itself, but for States.Http.StatusCode.404 and the like."""

_STATUS: Final = re.compile(r"States\.Http\.StatusCode\.\d{3}")


def error_names(site: Site) -> Iterator[Finding]:
    """States.ALL stands alone, and last; names that start with `States.` are those of Step Functions."""
    for field in ("Retry", "Catch"):
        entries = list(site.entries(field))
        for i, (where, entry) in enumerate(entries):
            names = entry.get("ErrorEquals")
            if isinstance(names, list):
                yield from _equals(names, f"{where}.ErrorEquals", last=i == len(entries) - 1)
    if site.type == "Fail":
        yield from _fail(site.body, site.where)


def _equals(names: list[JSON], where: str, *, last: bool) -> Iterator[Finding]:
    if ALL in names and len(names) > 1:
        yield refused(
            where, f"{ALL} stands alone: it covers the others", "give the others an entry of their own"
        )
    if ALL in names and not last:
        yield refused(where, f"{ALL} is in the last entry only: what comes after it is never used")
    for i, name in enumerate(names):
        if isinstance(name, str) and name.startswith("States.") and not _known(name):
            hint = did_you_mean(name, NAMES)
            yield doubtful(f"{where}[{i}]", f"no error is called {name!r}", hint, "UNKNOWN_ERROR_NAME")


def _fail(body: Mapping[str, JSON], where: str) -> Iterator[Finding]:
    name = body.get("Error")
    if isinstance(name, str) and name.startswith("States."):
        text = f"the error {name!r} starts with 'States.', as only those of Step Functions may"
        yield doubtful(f"{where}.Error", text, "choose another prefix", "UNKNOWN_ERROR_NAME")


def _known(name: str) -> bool:
    return name in NAMES or _STATUS.fullmatch(name) is not None
