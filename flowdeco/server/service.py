"""The service: every operation of the Step Functions API, and who performs it."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from pathlib import Path
from random import Random
from typing import Any, TypeAlias

from flowdeco.asl.model import JSON
from flowdeco.engine import Activities as Queues
from flowdeco.engine import Handler, Objects
from flowdeco.server.activities import Activities
from flowdeco.server.arns import Account
from flowdeco.server.book import MachineBook
from flowdeco.server.database import Database
from flowdeco.server.definitions import validate_definition
from flowdeco.server.executions import Executions
from flowdeco.server.handlers import Calls, Handlers
from flowdeco.server.machines import Machines
from flowdeco.server.map_runs import MapRuns
from flowdeco.server.mocking import MockBook
from flowdeco.server.tags import Tags
from flowdeco.server.task_tokens import TaskTokens
from flowdeco.server.trials import Trials
from flowdeco.server.versions import Versions

Request: TypeAlias = Mapping[str, Any]
Reply: TypeAlias = dict[str, JSON] | Future[dict[str, JSON]]
Operation: TypeAlias = Callable[[Request], Reply]


class Service:
    """The Step Functions API without the HTTP. `operations` maps the names in the service model to functions.

    An operation takes a request that was held to the model. It returns the answer, or a future of it when something
    has to be waited for, or raises a Fault. All operations are called on one thread.

    `folder` is where everything is kept, None for memory; `database` replaces it. `handlers` are given by function name, ARN or `Resource`, `mocks` is what a mock file says;
    `remote` are patterns of others, and who is called for them. `poll` is how many seconds GetActivityTask waits. `tell` is told what happens.
    """

    def __init__(
        self,
        folder: Path | None = None,
        *,
        handlers: Mapping[str, Handler] | None = None,
        mocks: JSON = None,
        remote: Sequence[tuple[str, Calls]] = (),
        objects: Objects | None = None,
        account: Account | None = None,
        database: Database | None = None,
        poll: float = 60,
        now: Callable[[], float] = time.time,
        tell: Callable[..., None] = lambda what, **about: None,
    ) -> None:
        self.account = account or Account()
        self._database = database or Database(folder)

        def new_id() -> str:
            return str(uuid.uuid4())

        def clock() -> float:
            return round(now(), 3)

        book = MachineBook(self._database)
        tags = Tags(self._database, lambda arn: arn in book.machines or arn in activities)
        queues = Queues(region=self.account.region, account=self.account.number)
        activities = Activities(self._database, self.account, tags, queues, clock, poll)
        versions = Versions(book, clock, Random())
        machines = Machines(book, self.account, tags, clock, new_id, versions.make)
        shared = Handlers(
            handlers or {}, remote, lambda name: self.account.arn("activity", name) in activities
        )
        executions = Executions(
            book,
            self._database,
            self.account,
            versions.target,
            clock,
            new_id,
            queues,
            Handlers(handlers or {}, remote, lambda name: self.account.arn("activity", name) in activities),
            MockBook(mocks),
            objects,
            tell,
        )
        views = executions.views
        tokens = TaskTokens(queues.tokens)
        map_runs = MapRuns(self._database, views)
        self.operations: dict[str, Operation] = {
            "CreateActivity": activities.create,
            "CreateStateMachine": machines.create,
            "CreateStateMachineAlias": versions.create_alias,
            "DeleteActivity": activities.delete,
            "DeleteStateMachine": machines.delete,
            "DeleteStateMachineAlias": versions.delete_alias,
            "DeleteStateMachineVersion": versions.delete,
            "DescribeActivity": activities.describe,
            "DescribeExecution": views.describe,
            "DescribeMapRun": map_runs.describe,
            "DescribeStateMachine": machines.describe,
            "DescribeStateMachineAlias": versions.describe_alias,
            "DescribeStateMachineForExecution": views.describe_machine,
            "GetActivityTask": activities.get_task,
            "GetExecutionHistory": views.history,
            "ListActivities": activities.list,
            "ListExecutions": views.list,
            "ListMapRuns": map_runs.list,
            "ListStateMachineAliases": versions.list_aliases,
            "ListStateMachineVersions": versions.list,
            "ListStateMachines": machines.list,
            "ListTagsForResource": tags.list,
            "PublishStateMachineVersion": versions.publish,
            "RedriveExecution": executions.redrive,
            "SendTaskFailure": tokens.failure,
            "SendTaskHeartbeat": tokens.heartbeat,
            "SendTaskSuccess": tokens.success,
            "StartExecution": executions.start,
            "StartSyncExecution": executions.start_sync,
            "StopExecution": executions.stop,
            "TagResource": tags.tag,
            "TestState": Trials(shared.find).test,
            "UntagResource": tags.untag,
            "UpdateMapRun": map_runs.update,
            "UpdateStateMachine": machines.update,
            "UpdateStateMachineAlias": versions.update_alias,
            "ValidateStateMachineDefinition": validate_definition,
        }

        self._executions = executions

    def resume(self) -> None:
        """Goes on with the executions that ran when the service last ended. To be called before any operation is."""
        self._executions.resume()

    def close(self) -> None:
        """Closes the database. What runs is left behind."""
        self._database.close()
