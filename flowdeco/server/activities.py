"""Activities: work that programs outside ask for, and answer with the token they were given."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from threading import Thread
from typing import Any, Final

from flowdeco.asl.model import JSON
from flowdeco.engine import Activities as Queues
from flowdeco.errors import InputError
from flowdeco.server.arns import Account, check_name, read_arn
from flowdeco.server.database import Database
from flowdeco.server.faults import no_activity
from flowdeco.server.machines import check_encryption
from flowdeco.server.paging import page
from flowdeco.server.tags import Tags
from flowdeco.server.texts import json_text

_SLICE: Final = 0.5


class Activities:
    """The operations on activities. `queues` hold the tasks of all executions; `poll` is how many seconds
    GetActivityTask waits for one.
    """

    def __init__(
        self,
        database: Database,
        account: Account,
        tags: Tags,
        queues: Queues,
        now: Callable[[], float],
        poll: float,
    ) -> None:
        self._database = database
        self._account = account
        self._tags = tags
        self._queues = queues
        self._now = now
        self._poll = poll
        self._known: dict[str, dict[str, Any]] = {
            one["activityArn"]: one for one in database.load("activity")
        }
        for one in self._known.values():
            queues.create(one["name"], created=one["creationDate"])

    def __contains__(self, arn: object) -> bool:
        return arn in self._known

    def create(self, request: Mapping[str, Any]) -> dict[str, JSON]:
        name = check_name(request["name"])
        self._tags.check(request.get("tags", ()))
        encryption = check_encryption(request.get("encryptionConfiguration"))
        arn = self._account.arn("activity", name)
        if arn not in self._known:
            about = {
                "activityArn": arn,
                "name": name,
                "creationDate": self._now(),
                "encryptionConfiguration": encryption,
            }
            self._queues.create(name, created=about["creationDate"])
            self._known[arn] = about
            self._database.put("activity", arn, about)
            self._tags.put(arn, request.get("tags", ()))
        return {"activityArn": arn, "creationDate": self._known[arn]["creationDate"]}

    def describe(self, request: Mapping[str, Any]) -> dict[str, JSON]:
        return self._find(request["activityArn"])

    def list(self, request: Mapping[str, Any]) -> dict[str, JSON]:
        return page(
            request,
            "activities",
            sorted(self._known.values(), key=lambda one: one["name"]),
            lambda one: {name: one[name] for name in ("activityArn", "name", "creationDate")},
        )

    def delete(self, request: Mapping[str, Any]) -> dict[str, JSON]:
        arn = request["activityArn"]
        read_arn(arn, "activity")
        if self._known.pop(arn, None) is not None:
            self._queues.delete(arn)
            self._database.drop("activity", arn)
            self._tags.forget(arn)
        return {}

    def get_task(self, request: Mapping[str, Any]) -> Future[dict[str, JSON]]:
        """The next task, or nothing when there was none in time. A worker that has gone gets none."""
        arn = request["activityArn"]
        self._find(arn)
        answer: Future[dict[str, JSON]] = Future()
        until = time.monotonic() + self._poll

        def poll() -> None:
            while not answer.cancelled():
                left = until - time.monotonic()
                try:
                    task = self._queues.get_task(
                        arn, request.get("workerName"), wait=max(0.0, min(left, _SLICE))
                    )
                except InputError:  # deleted meanwhile
                    task, left = None, 0.0
                if task is None and left > 0:
                    continue
                if answer.set_running_or_notify_cancel():
                    found = {} if task is None else {"taskToken": task.token, "input": json_text(task.input)}
                    answer.set_result(found)
                elif task is not None:  # the worker has gone: another one gets it
                    self._queues.schedule(arn, task.token, json_text(task.input))
                return

        Thread(target=poll, name="flowdeco-poll", daemon=True).start()
        return answer

    def _find(self, arn: str) -> dict[str, JSON]:
        read_arn(arn, "activity")
        if arn not in self._known:
            raise no_activity(arn)
        return self._known[arn]
