from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from importlib.util import find_spec
from typing import Any

import pytest

from flowdeco.server import LocalServer, Service
from tests.server.calls import connect

Start = Callable[..., Any]

if find_spec("boto3") is None or find_spec("uvicorn") is None:
    collect_ignore_glob = ["test_*.py"]  # they need what `pip install flowdeco[local]` brings


@pytest.fixture
def serve() -> Iterator[Start]:
    """A client of a new server; the arguments are those of `Service`."""
    with ExitStack() as stack:

        def start(*args: Any, **options: Any) -> Any:
            server = stack.enter_context(LocalServer(Service(*args, **{"poll": 0.2, **options})))
            client = connect(server.url)
            stack.callback(client.close)
            return client

        yield start


@pytest.fixture
def client(serve: Start) -> Any:
    return serve()
