"""Tags of state machines and activities."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from flowdeco.asl.model import JSON
from flowdeco.server.arns import read_arn
from flowdeco.server.database import Database
from flowdeco.server.faults import Fault, no_resource

_MOST: Final = 50


class Tags:
    """The operations on tags. `exists` says whether there is a state machine or an activity of this ARN."""

    def __init__(self, database: Database, exists: Callable[[str], bool]) -> None:
        self._database = database
        self._exists = exists
        self._tags: dict[str, dict[str, str]] = {one["arn"]: one["tags"] for one in database.load("tags")}

    def check(self, tags: Iterable[Mapping[str, Any]]) -> None:
        """Raises the Fault TooManyTags."""
        _few_enough(_as_dict(tags))

    def put(self, arn: str, tags: Iterable[Mapping[str, Any]]) -> None:
        """Adds tags to what has just been made."""
        found = {**self._tags.get(arn, {}), **_as_dict(tags)}
        _few_enough(found)
        if found:
            self._tags[arn] = found
            self._database.put("tags", arn, {"arn": arn, "tags": found})
        else:
            self.forget(arn)

    def forget(self, arn: str) -> None:
        """What had tags is no more."""
        if self._tags.pop(arn, None) is not None:
            self._database.drop("tags", arn)

    def tag(self, request: Mapping[str, Any]) -> dict[str, JSON]:
        self.put(self._resource(request), request["tags"])
        return {}

    def untag(self, request: Mapping[str, Any]) -> dict[str, JSON]:
        arn = self._resource(request)
        gone = set(request["tagKeys"])
        kept = {key: value for key, value in self._tags.get(arn, {}).items() if key not in gone}
        self.forget(arn)
        self.put(arn, [{"key": key, "value": value} for key, value in kept.items()])
        return {}

    def list(self, request: Mapping[str, Any]) -> dict[str, JSON]:
        found = self._tags.get(self._resource(request), {})
        return {"tags": [{"key": key, "value": value} for key, value in found.items()]}

    def _resource(self, request: Mapping[str, Any]) -> str:
        arn: str = request["resourceArn"]
        read_arn(arn, "stateMachine", "activity")
        if not self._exists(arn):
            raise no_resource(arn)
        return arn


def _as_dict(tags: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    return {tag.get("key") or "": tag.get("value") or "" for tag in tags if tag is not None}


def _few_enough(tags: Mapping[str, str]) -> None:
    if len(tags) > _MOST:
        raise Fault("TooManyTags", f"Too many tags: a resource has {_MOST} at most")
