from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

pytest.importorskip("boto3", reason="boto3 talks to the server in these tests")
pytest.importorskip("uvicorn", reason="uvicorn is the server in these tests")

from flowdeco.server import LocalServer, Service
from tests.server.calls import connect

Start = Callable[..., Any]


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
