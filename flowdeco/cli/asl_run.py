"""`asl run`: a state machine that is written out, executed on this computer with mocks and handlers."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from flowdeco.cli import parameters
from flowdeco.cli.answers import record_document, rejection_document, result_text
from flowdeco.cli.application import FAILED, INTERRUPTED, exit_code
from flowdeco.cli.asl_check import definition_text
from flowdeco.cli.session import Session
from flowdeco.cli.streams import answer, reserved_stdout, tell, tell_style
from flowdeco.errors import DefinitionError, FlowdecoError, InputError, LoadError
from flowdeco.views.findings_text import error_text

if TYPE_CHECKING:
    from flowdeco.engine import Handler
    from flowdeco.engine.mocks import MockedDefinition
    from flowdeco.history import ExecutionRecord
    from flowdeco.views.progress import Progress

JSON = Any


@dataclass(frozen=True, slots=True)
class _Options:
    file: str
    input: str | None
    mock: str | None
    case: str | None
    handlers: tuple[str, ...]
    objects: str | None
    quiet: bool
    real_time: bool


def command(session: Session) -> click.Command:
    """The verb behind the verb."""

    def run(as_json: bool, **given: Any) -> int:
        options = _Options(**given)
        if not as_json:
            return _tell(_execute(options))
        with reserved_stdout() as stdout:
            try:
                record = _execute(options)
            except FlowdecoError as error:
                document, code = rejection_document(error), exit_code(error)
                tell(error_text(error, tell_style()))
            else:
                document, code = record_document(record, path=Path()), _code(record)
                document["recorded"] = None
            stdout.write(json.dumps(document, indent=2) + "\n")
        return code

    about = (
        "Run a state machine on this computer.\n\nFILE has a definition in Amazon States Language, as JSON, or as YAML when "
        "pyyaml is installed. Every task needs an answer: from a mock file, or from a Python function. Waits and retries "
        "take no time, unless asked for. The output goes to stdout, all else to stderr. Exits with 1 when the execution "
        "does not succeed or the definition is wrong, with 2 when what it is given cannot be read."
    )
    return click.Command(
        "run",
        callback=run,
        params=[
            click.Argument(["file"], metavar="FILE"),
            click.Option(["--input"], metavar="FILE", help="The input, a JSON file; - reads stdin."),
            click.Option(
                ["--mock"], metavar="FILE", help="Answers for tasks, by state or resource, in JSON."
            ),
            click.Option(["--case"], metavar="NAME", help="Which test case of the mock file."),
            click.Option(
                ["--handler", "handlers"],
                multiple=True,
                metavar="NAME=MODULE:FUNCTION",
                help="A Python function for a Lambda function or a Resource; NAME * is for all.",
            ),
            click.Option(
                ["--objects"], metavar="FOLDER", help="What stands for S3: its subfolders are buckets."
            ),
            parameters.as_json("a document about the execution"),
            click.Option(["--quiet"], is_flag=True, help="No progress, only the output."),
            click.Option(["--real-time"], is_flag=True, help="Let waits and retries take their time."),
            parameters.debug(session),
        ],
        **parameters.text(
            session,
            about,
            "asl run",
            " machine.json --input input.json --mock mocks.json",
            " machine.yaml --json",
        ),
    )


def _execute(options: _Options) -> ExecutionRecord:
    """The record of an execution that has ended. Raises FlowdecoError when it cannot begin."""
    from flowdeco.asl.parse import parse
    from flowdeco.engine import DirectoryObjects, Execution, Identity, RealClock, SkippingClock
    from flowdeco.engine.mocks import unmarked

    document = _definition(options.file)
    mocked = _mocks(options, document)
    handlers: dict[str, Handler] = {**_handlers(options.handlers), **mocked.begin()}
    with ExitStack() as stack:
        progress = None if options.quiet else stack.enter_context(_progress())
        machine = parse(mocked.document)
        if options.objects is not None and not os.path.isdir(options.objects):
            raise LoadError(f"there is no folder {options.objects!r}", hint="its subfolders are the buckets")
        execution = Execution(
            machine,
            _input(options.input),
            handlers=handlers,
            objects=None if options.objects is None else DirectoryObjects(options.objects),
            identity=Identity(state_machine=_name(options.file)),
            clock=RealClock() if options.real_time else SkippingClock(time.time()),
            on_event=None if progress is None else lambda event: progress(unmarked(event)),
        )
        try:
            record = execution.run()
        except KeyboardInterrupt:
            record = execution.record
    return replace(record, events=tuple(map(unmarked, record.events)))


def _name(file: str) -> str:
    return Path(file).name.partition(".")[0] or "machine"


# --- what is read ------------------------------------------------------------------------------------------


def _definition(file: str) -> JSON:
    """The definition, which the service would take. Raises DefinitionError with all that is wrong."""
    from flowdeco.asl import REFUSED, check_text

    text = definition_text(file)
    found = [finding for finding in check_text(text) if finding.code in REFUSED]
    if found:
        raise DefinitionError("the state machine is wrong", found, location=file)
    return json.loads(text)


def _mocks(options: _Options, document: JSON) -> MockedDefinition:
    from flowdeco.engine.mocks import Mocks, read_mocks

    if options.mock is None:
        if options.case is not None:
            raise InputError(
                "--case names a test case of a mock file, and there is none", hint="write --mock FILE"
            )
        return Mocks({}, {}).apply(document)
    try:
        mocks = read_mocks(_json(options.mock, "the mock file"), options.case)
    except InputError as error:
        raise error.at(options.mock) from error
    return mocks.apply(document)


def _handlers(given: tuple[str, ...]) -> dict[str, Handler]:
    from flowdeco.server.handlers import load_handler

    if given and "" not in sys.path:
        sys.path.insert(0, os.getcwd())
    return dict(map(load_handler, given))


def _input(file: str | None) -> JSON:
    return {} if file is None else _json(file, "the input")


def _json(file: str, what: str) -> JSON:
    try:
        if file == "-":
            return json.loads(sys.stdin.read())
        with open(file, encoding="utf-8-sig") as opened:
            return json.load(opened)
    except OSError as error:
        raise InputError(f"{what} cannot be read: {error.strerror or error}", location=file) from error
    except (ValueError, RecursionError) as error:
        raise InputError(f"{what} is not JSON: {error}", location="stdin" if file == "-" else file) from error


# --- what is told ------------------------------------------------------------------------------------------


def _progress() -> Progress:
    """Drawn on terminals, plain lines elsewhere."""
    from flowdeco.views.progress import Progress
    from flowdeco.views.progress_live import LiveDisplay
    from flowdeco.views.progress_plain import PlainDisplay
    from flowdeco.views.terminal import is_live

    display: Callable[..., Any] = LiveDisplay if is_live(sys.stderr, os.environ) else PlainDisplay
    return Progress(display(sys.stderr, tell_style()))


def _code(record: ExecutionRecord) -> int:
    if record.status == "SUCCEEDED":
        return 0
    return INTERRUPTED if record.status == "ABORTED" else FAILED


def _tell(record: ExecutionRecord) -> int:
    if record.status == "SUCCEEDED":
        answer(result_text(record.output))
    elif record.status == "ABORTED":
        tell("interrupted")
    else:
        tell(error_text(FlowdecoError(_failure(record)), tell_style()))
    return _code(record)


def _failure(record: ExecutionRecord) -> str:
    from flowdeco.history import steps

    if record.status == "TIMED_OUT":
        return "the execution ran past its TimeoutSeconds"
    failed = [one.name for one in steps(record.events) if one.status in ("FAILED", "TIMED_OUT")]
    where = f" in state {failed[-1]!r}" if failed else ""
    told = ": ".join(text for text in (record.error, record.cause) if text)
    return f"the execution failed{where}" + (f": {told}" if told else "")
