"""HTTP: the service on a port of this computer. Uvicorn speaks the protocol, on a thread of its own."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Awaitable, Callable, MutableMapping
from concurrent.futures import Future
from threading import Thread
from typing import Any, Final, Self, TypeAlias

from flowdeco.errors import FlowdecoError
from flowdeco.server.faults import Fault
from flowdeco.server.protocol import Answer, Protocol, answer, refusal
from flowdeco.server.service import Service

_MOST_BYTES: Final = 4 * 1_048_576
_TYPE: Final = (b"content-type", b"application/x-amz-json-1.0")
_LOCAL: Final = frozenset({"localhost", "127.0.0.1", "[::1]"})

Message: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]


class LocalServer:
    """A service that listens. `port` 0 takes a free one; `url` says which it is.

        with LocalServer(Service()) as server:
            boto3.client("stepfunctions", endpoint_url=server.url, ...)

    `tell` is told of every request. Only programs of this computer reach it, unless `host` says otherwise. Raises
    FlowdecoError when the port cannot be had.
    """

    def __init__(
        self,
        service: Service,
        port: int = 0,
        host: str = "127.0.0.1",
        tell: Callable[..., None] = lambda what, **about: None,
    ) -> None:
        import uvicorn

        self._service = service
        self._protocol = Protocol()
        self._tell = tell
        self._waiting: set[Future[Any]] = set()
        self._requests = 0
        self._names = _LOCAL if host in _LOCAL else None
        self._socket = _listening(host, port)
        self.url = f"http://{host}:{self._socket.getsockname()[1]}"
        config = uvicorn.Config(
            self._app,
            log_config=None,
            access_log=False,
            interface="asgi3",
            proxy_headers=False,
            lifespan="off",
            server_header=False,
            ws="none",
            timeout_graceful_shutdown=5,
        )
        self._server = uvicorn.Server(config)
        self._thread = Thread(target=self._serve, name="flowdeco-server", daemon=True)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *about: object) -> None:
        self.close()

    @property
    def waiting(self) -> int:
        """How many requests wait for something to happen."""
        return len(self._waiting)

    def start(self) -> None:
        """Goes on with executions that were interrupted, and begins to answer. Requests that came before are answered too."""
        self._service.resume()
        self._thread.start()

    def close(self) -> None:
        """Answers what can be answered now, and stops."""
        self._server.should_exit = True
        for future in list(self._waiting):
            future.cancel()
        if self._thread.ident is not None:
            self._thread.join()
        self._socket.close()
        self._service.close()

    def _serve(self) -> None:
        asyncio.run(self._server.serve(sockets=[self._socket]))

    async def _app(
        self,
        scope: Message,
        receive: Receive,
        send: Callable[[Message], Awaitable[None]],
    ) -> None:
        began = time.perf_counter()
        headers = {name: value.decode("latin-1") for name, value in scope["headers"]}
        target = headers.get(b"x-amz-target")
        body = bytearray()
        more = True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                return
            body += message.get("body", b"")
            more = message.get("more_body", False)
            if len(body) > _MOST_BYTES:
                break
        found = await self._answer(scope, receive, headers, target, bytes(body))
        self._requests += 1
        request_id = f"00000000-0000-4000-8000-{self._requests:012x}"
        await send(
            {
                "type": "http.response.start",
                "status": found.status,
                "headers": [
                    _TYPE,
                    (b"x-amzn-requestid", request_id.encode()),
                    (b"content-length", str(len(found.body)).encode()),
                ],
            }
        )
        await send({"type": "http.response.body", "body": found.body})
        name = (target or "").rpartition(".")[2]
        self._tell("request", operation=name, error=found.error, seconds=time.perf_counter() - began)

    async def _answer(
        self, scope: Message, receive: Receive, headers: dict[bytes, str], target: str | None, body: bytes
    ) -> Answer:
        try:
            self._check_host(headers.get(b"host", ""))
            if scope["method"] != "POST":
                raise Fault("UnknownOperationException", "send requests with POST", status=404)
            if len(body) > _MOST_BYTES:
                raise Fault("SerializationException", "the request is too large", status=413)
            name, request = self._protocol.read(target, body)
            reply = self._service.operations[name](request)
            if isinstance(reply, Future):
                reply = await self._wait(reply, receive)
            return answer(reply)
        except Fault as fault:
            return refusal(fault)
        except Exception as error:  # the state cannot be kept, or flowdeco is broken
            what = str(error) if isinstance(error, FlowdecoError) else f"{type(error).__name__}: {error}"
            self._tell("broken", error=what)
            return refusal(Fault("InternalFailure", what, status=500))

    def _check_host(self, host: str) -> None:
        """Refuses what a page in a browser sends after its name was made to lead here."""
        name = host.rpartition(":")[0] or host
        if self._names is not None and name.removeprefix("sync-") not in self._names:
            raise Fault("AccessDeniedException", f"this server is not {name!r}", status=403)

    async def _wait(self, future: Future[Any], receive: Receive) -> Any:
        """The answer, when it is there. It is given up when the client has gone, or the server closes."""
        answered = asyncio.wrap_future(future)
        gone = asyncio.ensure_future(receive())
        self._waiting.add(future)
        try:
            await asyncio.wait((answered, gone), return_when=asyncio.FIRST_COMPLETED)
            if answered.done() and not answered.cancelled():
                return answered.result()
            raise Fault("ServiceUnavailable", "the server is closing", status=503)
        finally:
            gone.cancel()
            future.cancel()
            self._waiting.discard(future)


def _listening(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # With the protocol named, asyncio switches off the delay that would cost 40 ms a response.
    found = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        found.bind((host.strip("[]"), port))
        found.listen(256)
    except OSError as error:
        found.close()
        raise FlowdecoError(
            f"the port {port} of {host} cannot be used: {error.strerror or error}",
            hint="choose another: --port 0 takes a free one",
        ) from error
    return found
