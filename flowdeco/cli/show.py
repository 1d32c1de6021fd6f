"""`show`: one execution, whole."""

from __future__ import annotations

import json
from time import time

import click

from flowdeco.cli import parameters
from flowdeco.cli.answers import record_document
from flowdeco.cli.session import Session
from flowdeco.cli.streams import answer, answer_style, tell


def command(session: Session) -> click.Command:
    """The verb."""

    def show(run: str | None, events: bool, as_json: bool) -> None:
        from flowdeco.failure import failure
        from flowdeco.history.store import HistoryStore
        from flowdeco.toolchain import home

        path = home() / "executions.db"
        store = HistoryStore(path)
        if run is None:
            latest = store.list(1)
            if not latest:
                tell(f"no execution is recorded in {path}")
                return
            run = latest[0].name
        record = store.load(run)
        error = None if record.status in ("SUCCEEDED", "RUNNING") else failure(record)
        if as_json:
            document = record_document(record, path=path, error=error)
            document |= {"input": record.input, "events": [event.to_json() for event in record.events]}
            answer(json.dumps(document, indent=2, ensure_ascii=False))
        elif events:
            from flowdeco.views.events_text import events_text

            answer(events_text(record.events, answer_style()))
        else:
            from flowdeco.views.execution_text import execution_text

            source = store.find(run).source
            answer(execution_text(record, error, answer_style(), source=source, path=str(path), now=time()))

    about = (
        "Show one execution.\n\nIts inputs, its steps and its output, or what went wrong. "
        "RUN is its name, its number, or a beginning of the name; without it, the last execution is shown."
    )
    return click.Command(
        "show",
        callback=show,
        params=[
            click.Argument(["run"], metavar="[RUN]", required=False),
            click.Option(["--events"], is_flag=True, help="Show its history, event by event."),
            parameters.as_json("the whole record, events included,"),
            parameters.debug(session),
        ],
        **parameters.text(session, about, "show", "", " 12", " album-12 --events"),
    )
