"""The names of things: ARNs made and read, and what the service takes as a name."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from flowdeco.server.faults import invalid_arn, invalid_name

Kind: TypeAlias = Literal["stateMachine", "execution", "express", "activity", "mapRun"]

_FORBIDDEN: Final = re.compile(
    r"""[\s?*<>{}\[\]"#%\\^|~`$&,;:/\x00-\x1f\x7f-\x9f\ufffe\uffff\ud800-\udfff]"""
)
_KINDS: Final = {
    "stateMachine": (1, 2),
    "execution": (2, 2),
    "express": (3, 3),
    "activity": (1, 1),
    "mapRun": (2, 2),
}


@dataclass(frozen=True, slots=True)
class Account:
    """The account and region that the server pretends to be."""

    region: str = "us-east-1"
    number: str = "123456789012"

    def arn(self, kind: Kind, *names: str) -> str:
        """
        >>> Account().arn("execution", "album", "nightly")
        'arn:aws:states:us-east-1:123456789012:execution:album:nightly'
        """
        return ":".join(("arn:aws:states", self.region, self.number, kind, *names))


@dataclass(frozen=True, slots=True)
class Arn:
    """An ARN of the service, taken apart.

    >>> read_arn("arn:aws:states:us-east-1:123456789012:stateMachine:album:7", "stateMachine").names
    ('album', '7')
    """

    text: str
    kind: Kind
    names: tuple[str, ...]

    @property
    def qualifier(self) -> str | None:
        """What follows the name of a state machine: a version's number or an alias' name."""
        return self.names[1] if len(self.names) > 1 else None

    @property
    def bare(self) -> str:
        """The ARN of the state machine itself, without a qualifier or the label of a map state."""
        head = self.text.rpartition(":")[0] if len(self.names) > 1 else self.text
        return head.partition("/")[0]


def read_arn(text: str, *kinds: Kind) -> Arn:
    """Reads an ARN that must be of one of `kinds`. Raises the Fault InvalidArn."""
    parts = text.split(":")
    if parts[0] != "arn" or len(parts) < 7 or not all(parts[:6]):
        raise invalid_arn(f"Invalid ARN prefix: {text}" if parts[0] != "arn" else f"Invalid ARN: {text}")
    if parts[2] != "states":
        raise invalid_arn(f"Service in ARN must be states: {text}")
    for kind in kinds:
        if parts[5] == kind:
            least, most = _KINDS[kind]
            names = tuple(parts[6:])
            if not least <= len(names) <= most or not all(names):
                raise invalid_arn(f"Invalid ARN: {text}")
            return Arn(text, kind, names)
    raise invalid_arn(f"Resource type not valid in this context: {parts[5]}")


def check_name(name: str) -> str:
    """Returns a name the service takes for a state machine, an execution or an activity. Raises the Fault InvalidName."""
    if not name or _FORBIDDEN.search(name):
        raise invalid_name(name)
    return name
