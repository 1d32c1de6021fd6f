"""A module with steps in it, for tests of what needs a module: finding, pickling, importing."""

from __future__ import annotations

from functools import partial

from flowdeco import step, workflow


@step
def double(x: int, plus: int = 0) -> int:
    """Twice as much.

    And no more.
    """
    return 2 * x + plus


class Tools:
    @step
    @staticmethod
    def over(x: int) -> int:
        return x + 1

    @staticmethod
    @step(name="beneath")
    def under(x: int) -> int:
        return x - 1

    @step
    def loose(x: int) -> int:  # noqa: N805
        return x * 10

    @classmethod
    def made(cls, x: int) -> str:
        return f"{cls.__name__} {x}"

    def bound(self, x: int) -> int:
        return x


def plain(x: int) -> int:
    return x + 100


renamed = step(plain, name="another name")
triple = step(lambda x: 3 * x, name="triple")
halved = step(partial(plain), name="halved")


@workflow
def pipeline(x: int = 1) -> int:
    """Doubles."""
    return double(double(x))
