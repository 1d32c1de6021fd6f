"""`local`: the Step Functions API on this computer, for boto3, the AWS command line and whatever else speaks it."""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from contextlib import ExitStack
from fnmatch import fnmatchcase
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Any

import click

from flowdeco.cli import parameters
from flowdeco.cli.session import Session
from flowdeco.cli.streams import answer, tell
from flowdeco.errors import FlowdecoError, LoadError

if TYPE_CHECKING:
    from types import FrameType

    from flowdeco.engine import Objects
    from flowdeco.server.handlers import Calls

PORT = 8083


def command(session: Session) -> click.Command:
    """The verb."""

    def local(**given: Any) -> int:
        return _serve(**given)

    about = (
        "Serve the Step Functions API on this computer.\n\nPoint any AWS client at it: boto3 with endpoint_url, the AWS "
        "command line with --endpoint-url. Everything is kept in a folder; executions that were running go on when it is "
        "started again. Needs boto3 and uvicorn. Ctrl-C ends it."
    )
    several: dict[str, Any] = {"multiple": True}
    return click.Command(
        "local",
        callback=local,
        params=[
            click.Option(
                ["--port"],
                type=click.IntRange(0, 65535),
                default=PORT,
                show_default=True,
                help="Where to listen; 0 takes a free port.",
            ),
            click.Option(
                ["--folder"], metavar="FOLDER", help="Where to keep everything.  [default: .flowdeco/local]"
            ),
            click.Option(["--memory"], is_flag=True, help="Keep nothing."),
            click.Option(
                ["--handler", "handlers"],
                metavar="NAME=MODULE:FUNCTION",
                **several,
                help="A Python function for a Lambda function or a Resource; NAME * is for all.",
            ),
            click.Option(["--mock"], metavar="FILE", help="Answers for functions and resources, in JSON."),
            click.Option(
                ["--aws", "aws"],
                metavar="PATTERN",
                **several,
                help="Functions and resources that AWS answers for, like 'arn:aws:states:::sqs:*', or *.",
            ),
            click.Option(
                ["--endpoint-url"], metavar="URL", help="What answers instead of AWS, such as a moto server."
            ),
            click.Option(
                ["--moto", "moto"],
                metavar="PATTERN",
                **several,
                help="The same for a moto server that is started in this process.",
            ),
            click.Option(
                ["--objects"], metavar="FOLDER", help="What stands for S3: its subfolders are buckets."
            ),
            parameters.as_json("a line for everything that happens"),
            parameters.debug(session),
        ],
        **parameters.text(session, about, "local", "", " --port 0 --memory --handler train=pipeline:train"),
    )


def _serve(
    port: int,
    folder: str | None,
    memory: bool,
    handlers: tuple[str, ...],
    mock: str | None,
    aws: tuple[str, ...],
    endpoint_url: str | None,
    moto: tuple[str, ...],
    objects: str | None,
    as_json: bool,
) -> int:
    _check_installed(moto)
    from flowdeco.server import LocalServer, Service
    from flowdeco.toolchain import home

    log = _json_line if as_json else _line
    with ExitStack() as stack:
        remote = _remote(aws, endpoint_url, moto, stack)
        service = Service(
            None if memory else Path(folder) if folder is not None else home() / "local",
            handlers=_handlers(handlers),
            mocks=_mock(mock),
            remote=remote,
            objects=_objects(objects, remote),
            tell=log,
        )
        server = LocalServer(service, port, tell=log)
        stop = _on_signals(stack)
        stack.callback(server.close)
        log("listening", url=server.url)
        server.start()
        stop.wait()
    log("stopped")
    return 0


def _check_installed(moto: tuple[str, ...]) -> None:
    """Raises LoadError, with the command that helps, when something is missing."""
    from importlib.util import find_spec

    needed = ["botocore", "uvicorn", *(["moto", "flask"] if moto else [])]
    missing = [name for name in needed if find_spec(name) is None]
    if missing:
        packages = {"botocore": "boto3", "moto": "'moto[server]'", "flask": "'moto[server]'"}
        install = " ".join(dict.fromkeys(packages.get(name, name) for name in missing))
        raise LoadError(
            f"{' and '.join(missing)} are needed, and not installed", hint=f"pip install {install}"
        )


def _handlers(given: tuple[str, ...]) -> dict[str, Any]:
    from flowdeco.server.handlers import load_handler

    if given:
        sys.path.insert(0, os.getcwd())
    return dict(map(load_handler, given))


def _mock(file: str | None) -> Any:
    """What a mock file says; None without one. Raises LoadError."""
    if file is None:
        return None
    try:
        with open(file, encoding="utf-8-sig") as opened:
            return json.load(opened)
    except OSError as error:
        raise LoadError(f"the mock file cannot be read: {error.strerror or error}", location=file) from error
    except (ValueError, RecursionError) as error:
        raise LoadError(f"the mock file is not JSON: {error}", location=file) from error


def _remote(
    aws: tuple[str, ...], endpoint: str | None, moto: tuple[str, ...], stack: ExitStack
) -> list[tuple[str, Calls]]:
    """Who is called for what, by pattern."""
    from flowdeco.server.aws_calls import AwsCalls

    if endpoint is not None and not aws:
        raise FlowdecoError(
            "--endpoint-url says where --aws leads to, and there is none", hint="write --aws '*'"
        )
    found: list[tuple[str, Calls]] = []
    if moto:
        stand_in = AwsCalls(endpoint=_moto_server(stack), credentials=("moto", "moto"))
        found += [(pattern, stand_in) for pattern in moto]
    if aws:
        calls = AwsCalls(endpoint=endpoint)
        found += [(pattern, calls) for pattern in aws]
    return found


def _moto_server(stack: ExitStack) -> str:
    """The URL of a moto server that ends with this process."""
    from logging import ERROR, getLogger

    from moto.server import ThreadedMotoServer

    getLogger("werkzeug").setLevel(ERROR)  # or it tells of every request
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    stack.callback(server.stop)
    host, port = server.get_host_and_port()
    return f"http://{host}:{port}"


def _objects(folder: str | None, remote: list[tuple[str, Calls]]) -> Objects | None:
    """What stands for S3: a folder, or what answers for S3 otherwise."""
    from flowdeco.engine import DirectoryObjects
    from flowdeco.server.aws_calls import AwsCalls, AwsObjects

    if folder is not None:
        if not os.path.isdir(folder):
            raise LoadError(f"there is no folder {folder!r}", hint="its subfolders are the buckets")
        return DirectoryObjects(folder)
    for pattern, calls in remote:
        if isinstance(calls, AwsCalls) and fnmatchcase("arn:aws:states:::s3:getObject", pattern):
            return AwsObjects(calls)
    return None


def _on_signals(stack: ExitStack) -> Event:
    """A flag that is raised by Ctrl-C and by a request to end."""
    stop = Event()

    def end(number: int, frame: FrameType | None) -> None:
        stop.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        stack.callback(signal.signal, number, signal.signal(number, end))
    return stop


def _json_line(what: str, **about: Any) -> None:
    shown = {name: round(value, 6) if isinstance(value, float) else value for name, value in about.items()}
    answer(json.dumps({"event": what, "time": round(time.time(), 3), **shown}))


def _line(what: str, **about: Any) -> None:
    """One line for people; requests that went well are not worth one."""
    if what == "listening":
        tell(f"Step Functions at {about['url']} (Ctrl-C ends it)")
    elif what == "broken":
        tell(f"error: {about['error']}")
    elif what == "request" and about["error"] is not None:
        tell(f"{about['operation'] or 'a request'} was refused: {about['error']}")
    elif what == "execution":
        error = f", {about['error']}" if about["error"] else ""
        tell(
            f"{about['executionArn'].partition(':execution:')[2] or about['executionArn']} {about['status']}{error}"
        )
