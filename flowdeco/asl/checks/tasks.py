"""Resources of Task states, and what goes with them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

from flowdeco.asl.codes import doubtful, refused
from flowdeco.asl.model import JSON
from flowdeco.asl.patterns import PATTERNS, REQUIRED
from flowdeco.asl.scopes import Site
from flowdeco.asl.texts import texts_in
from flowdeco.errors import Finding, did_you_mean

_INTEGRATION: Final = re.compile(
    r"arn:aws[\w-]*:states:::(?P<sdk>aws-sdk:)?(?P<service>[\w-]+):(?P<action>\w+)(?P<how>\.sync(?::2)?|\.waitForTaskToken)?"
)
_FUNCTION: Final = re.compile(r"arn:aws[\w-]*:lambda:[\w-]+:\d{12}:function:[\w-]+(:[\w$-]+)?")
_ACTIVITY: Final = re.compile(r"arn:aws[\w-]*:states:[\w-]+:\d{12}:activity:\S+")
_TOKEN: Final = ".waitForTaskToken"


def task(site: Site) -> Iterator[Finding]:
    """The resource, the pattern it is called by, the parameters it cannot be without, the role."""
    if site.type != "Task":
        return
    yield from _credentials(site)
    resource = site.body.get("Resource")
    if not isinstance(resource, str):
        return
    where = f"{site.where}.Resource"
    if _FUNCTION.fullmatch(resource):
        return
    if _ACTIVITY.fullmatch(resource):
        if site.scope.express:
            yield refused(where, "Express state machine does not support activities", _STANDARD)
        return
    found = _INTEGRATION.fullmatch(resource)
    problem = (
        "it is no ARN of a Lambda function, an activity or a service" if found is None else _problem(found)
    )
    if found is None or problem is not None:
        text = (
            f"The resource provided {resource} is not recognized. The value is not a valid resource ARN, "
            "or the resource is not available in this region."
        )
        yield refused(where, text, problem)
        return
    how = found["how"] or ""
    if how and site.scope.express:
        yield refused(where, f"Express state machine does not support '{how}' service integration", _STANDARD)
    yield from _parameters(site, f"{found['service']}:{found['action']}", how)


_STANDARD: Final = "it needs a Standard state machine"


def _problem(found: re.Match[str]) -> str | None:
    """What is wrong with an integration; None when it is there."""
    service, action, how = found["service"], found["action"], found["how"] or ""
    if found["sdk"]:
        if how not in ("", _TOKEN):
            return f"a call through aws-sdk does not wait for a job: there is no {how} of it"
        return (
            None
            if action[0].islower()
            else f"the action starts with a small letter: {action[:1].lower()}{action[1:]}"
        )
    actions = PATTERNS.get(service)
    if actions is None:
        return did_you_mean(service, list(PATTERNS)) or f"call it as aws-sdk:{service}:{action}"
    if action not in actions:
        return did_you_mean(action, list(actions)) or f"call it as aws-sdk:{service}:{action}"
    if how and how not in actions[action]:
        ways = " or ".join(actions[action])
        return f"{service}:{action} has {ways}, not {how}" if ways else f"{service}:{action} has no {how}"
    return None


def _parameters(site: Site, call: str, how: str) -> Iterator[Finding]:
    field = "Parameters" if site.language == "JSONPath" else "Arguments"
    given = site.body.get(field)
    if isinstance(given, dict):
        for name in REQUIRED.get(call, ()):
            yield from _required(name, given, f"{site.where}.{field}")
    if how == _TOKEN:
        token = any("Task" in text or text in ("$$", "$states") for _, text in texts_in(given, ""))
        if not token:
            text = f"the task waits for its token to come back, and {field} does not hand it out"
            path = "$$.Task.Token" if site.language == "JSONPath" else "{% $states.context.Task.Token %}"
            yield doubtful(f"{site.where}.{field}", text, f"put {path} into it", "TASK_TOKEN_UNUSED")


def _credentials(site: Site) -> Iterator[Finding]:
    credentials = site.body.get("Credentials")
    if isinstance(credentials, dict):
        yield from _required("RoleArn", credentials, f"{site.where}.Credentials")


def _required(name: str, part: Mapping[str, JSON], where: str) -> Iterator[Finding]:
    if name not in part and f"{name}.$" not in part:
        yield refused(where, f"The field '{name}' is required but was missing")
