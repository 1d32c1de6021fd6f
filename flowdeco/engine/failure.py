"""How work fails: what handlers raise, and what travels through the interpreter."""

from __future__ import annotations

RUNTIME = "States.Runtime"
TASK_FAILED = "States.TaskFailed"
TIMEOUT = "States.Timeout"
HEARTBEAT = "States.HeartbeatTimeout"
DATA_LIMIT = "States.DataLimitExceeded"
PATH_CONFLICT = "States.ReferencePathConflict"
QUERY = "States.QueryEvaluationError"


class TaskFailure(Exception):
    """Raised by a handler to fail its task with this error name and cause text, exactly as given.

    >>> TaskFailure("SQS.AmazonSQSException", "no such queue").error
    'SQS.AmazonSQSException'
    """

    def __init__(self, error: str | None, cause: str | None = None) -> None:
        super().__init__(error, cause)
        self.error = error
        self.cause = cause


class StateError(Exception):
    """A state failed. `heartbeat` marks the States.Timeout that also answers to States.HeartbeatTimeout."""

    def __init__(self, error: str | None, cause: str | None, *, heartbeat: bool = False) -> None:
        super().__init__(error, cause)
        self.error = error
        self.cause = cause
        self.heartbeat = heartbeat

    @property
    def fatal(self) -> bool:
        """The execution ends at once: nothing retries or catches it, no enclosing state reports it."""
        return self.error == RUNTIME
