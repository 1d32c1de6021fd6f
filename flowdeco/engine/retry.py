"""Retriers and catchers: which errors they answer to, and how long a retrier waits."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from random import Random

from flowdeco.asl.model import Retrier
from flowdeco.engine.failure import HEARTBEAT, TIMEOUT, StateError


@dataclass(frozen=True, slots=True)
class RetryRule:
    """A `Retrier` with the service's defaults filled in."""

    errors: frozenset[str]
    interval: float
    attempts: int
    backoff: float
    longest: float
    jitter: bool

    def delay(self, retries: int, random: Random) -> float:
        """Seconds before the next attempt, after `retries` attempts by this rule."""
        try:
            delay = min(self.interval * self.backoff**retries, self.longest)
        except OverflowError:
            delay = self.longest
        return random.uniform(0, delay) if self.jitter else delay


def retry_rule(retrier: Retrier) -> RetryRule:
    """Fills in the defaults: 1 second, 3 attempts, doubling, no longest delay, no jitter."""
    return RetryRule(
        frozenset(retrier.ErrorEquals),
        1 if retrier.IntervalSeconds is None else retrier.IntervalSeconds,
        3 if retrier.MaxAttempts is None else retrier.MaxAttempts,
        2.0 if retrier.BackoffRate is None else retrier.BackoffRate,
        99_999_999 if retrier.MaxDelaySeconds is None else retrier.MaxDelaySeconds,
        retrier.JitterStrategy == "FULL",
    )


def matches(errors: frozenset[str], error: StateError) -> bool:
    """Whether `ErrorEquals` names this error.

    States.ALL stands for all, States.TaskFailed for all but States.Timeout. A missed heartbeat is a
    States.Timeout that also goes by the name States.HeartbeatTimeout. An error without a name is only in States.ALL.
    """
    if error.error in errors or "States.ALL" in errors:
        return True
    if error.heartbeat and HEARTBEAT in errors:
        return True
    return "States.TaskFailed" in errors and error.error not in (TIMEOUT, None)


class Attempts:
    """How often each retrier of a state has been used since the state was entered."""

    __slots__ = ("_counts", "_rules", "total")

    def __init__(self, rules: Sequence[RetryRule]) -> None:
        self._rules = rules
        self._counts = [0] * len(rules)
        self.total = 0

    def repeat(self, errors: Iterable[StateError], random: Random) -> int:
        """Counts attempts that failed before and were followed by another, and returns how many there were.

        What an event does not tell (how a branch failed in a Fail state) is counted for the first rule with any left.
        """
        for error in errors:
            if self.next_delay(error, random) is None:
                left = (i for i, rule in enumerate(self._rules) if self._counts[i] < rule.attempts)
                self._counts[next(left, 0)] += 1
                self.total += 1
        return self.total

    def next_delay(self, error: StateError, random: Random) -> float | None:
        """Seconds to wait before another attempt; None when there is to be none. The first rule that matches decides."""
        for i, rule in enumerate(self._rules):
            if matches(rule.errors, error):
                if self._counts[i] >= rule.attempts:
                    return None
                self._counts[i] += 1
                self.total += 1
                return rule.delay(self._counts[i] - 1, random)
        return None
