"""What the service answers when it refuses a request: an error with one of its names, in its words."""

from __future__ import annotations


class Fault(Exception):
    """The answer to a request that is refused. `code` is the name of an error in the service model.

    >>> Fault("InvalidName", "Invalid Name: 'a b'").code
    'InvalidName'
    """

    def __init__(self, code: str, message: str, reason: str | None = None, status: int = 400) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.reason = reason
        self.status = status


def validation(message: str, reason: str | None = None) -> Fault:
    """A ValidationException; `reason` is one of its ValidationExceptionReason."""
    return Fault("ValidationException", message, reason)


def invalid_arn(problem: str) -> Fault:
    return Fault("InvalidArn", f"Invalid Arn: '{problem}'")


def invalid_name(name: str) -> Fault:
    return Fault("InvalidName", f"Invalid Name: '{name}'")


def invalid_token() -> Fault:
    return Fault("InvalidToken", "Invalid Token: 'Invalid token'")


def no_machine(arn: str) -> Fault:
    return Fault("StateMachineDoesNotExist", f"State Machine Does Not Exist: '{arn}'")


def no_execution(arn: str) -> Fault:
    return Fault("ExecutionDoesNotExist", f"Execution Does Not Exist: '{arn}'")


def no_activity(arn: str) -> Fault:
    return Fault("ActivityDoesNotExist", f"Activity Does Not Exist: '{arn}'")


def no_resource(arn: str) -> Fault:
    return Fault("ResourceNotFound", f"Resource not found: '{arn}'")


def conflict(message: str) -> Fault:
    return Fault("ConflictException", message)
