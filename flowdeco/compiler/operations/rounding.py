"""Rounding to decimal places in JSONata as Python does it: the exact value of a double decides.

JSONata rounds the decimal digits a number is written with. Both agree but where these end in a 5 just behind the last
place. There, how far the exact value is from the middle is found out without loss: the product with a power of ten is
taken from the middle piece by piece, each a product with a power of two. What is not right in the middle is moved away.
"""

from __future__ import annotations

from flowdeco.compiler.operations.arguments import error

PLACES = range(1, 7)
"""Places of a text: more are written digit by digit."""

REFUSAL = error("OverflowError: an expression cannot round a number of so many digits")


def distance(x: str, places: int) -> str:
    """How far the number in a variable, times 10 to the power of the places, is from the middle next to it."""
    return f"$floor({x} * {10**places}) + 0.5 {_without(x, 10**places)}"


def moved(x: str, tie: str, places: int) -> str:
    """The number in a variable, on the side of the middle where its exact value is."""
    nudge = f"0.{'0' * places}1"
    return f"{tie} = 0 or $abs({tie}) > 0.1 ? {x} : {tie} > 0 ? {x} - {nudge} : {x} + {nudge}"


def within(x: str, places: int) -> str:
    """Whether all digits up to the places behind the point are there."""
    return f"$abs({x}) < 1e{15 - places}"


def _without(x: str, scale: int) -> str:
    """Products with powers of two, large ones first, that together are the product with a scale: none loses a bit."""
    terms: list[str] = []
    power = 1
    while scale:
        if scale & 1:
            digit = 2 - (scale & 3)
            terms.append(f"{'-' if digit > 0 else '+'} {x} * {power}")
            scale -= digit
        scale >>= 1
        power *= 2
    return " ".join(reversed(terms))
