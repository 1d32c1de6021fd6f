"""What is tried again: what the user asked for, and faults of the services that have nothing to do with the step."""

from __future__ import annotations

from math import ceil

from flowdeco.asl.model import Retrier
from flowdeco.authoring.options import ANY_ERROR, Retry, StepOptions
from flowdeco.tracing.error_names import error_names

TRANSIENT = Retrier(
    ErrorEquals=(
        "Lambda.ClientExecutionTimeoutException",
        "Lambda.ServiceException",
        "Lambda.AWSLambdaException",
        "Lambda.SdkClientException",
        "Lambda.TooManyRequestsException",
    ),
    IntervalSeconds=1,
    MaxAttempts=6,
    BackoffRate=2,
    JitterStrategy="FULL",
)
"""Faults of Lambda, not of the step. Source: the Step Functions guide, "Handle transient Lambda service exceptions"."""


def retriers(options: StepOptions) -> tuple[Retrier, ...]:
    """The user's retriers and the one for Lambda's transient faults; `States.ALL` alone and last, as it must be."""
    own = [_retrier(retry) for retry in options.retry]
    anything = [r for r in own if r.ErrorEquals == (ANY_ERROR,)]
    return (*(r for r in own if r not in anything), TRANSIENT, *anything[:1])


def _retrier(retry: Retry) -> Retrier:
    return Retrier(
        ErrorEquals=error_names(retry.on),
        IntervalSeconds=ceil(retry.interval),
        MaxAttempts=retry.max_attempts,
        BackoffRate=int(retry.backoff_rate)
        if retry.backoff_rate == int(retry.backoff_rate)
        else retry.backoff_rate,
        MaxDelaySeconds=retry.max_delay,
        JitterStrategy="FULL" if retry.jitter else None,
    )


START = Retrier(
    ErrorEquals=(
        "StepFunctions.ExecutionLimitExceededException",
        "StepFunctions.AWSStepFunctionsException",
        "StepFunctions.SdkClientException",
    ),
    IntervalSeconds=1,
    MaxAttempts=6,
    BackoffRate=2,
    JitterStrategy="FULL",
)
"""Faults of starting an execution, not of what it runs."""
