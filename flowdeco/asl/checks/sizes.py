"""How large a definition and what is written in it may be."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from flowdeco.asl.codes import doubtful, refused
from flowdeco.asl.scopes import Scope, Site
from flowdeco.asl.texts import size_of
from flowdeco.errors import Finding

DEFINITION_BYTES: Final = 1_048_576
PAYLOAD_BYTES: Final = 262_144
_PAYLOADS: Final = ("Result", "Parameters", "Arguments", "Output", "Assign", "Items", "ItemSelector")


def definition_size(scopes: Sequence[Scope], size: int) -> Iterator[Finding]:
    """The whole definition; `size` in bytes. Then what is written in each state."""
    if size > DEFINITION_BYTES:
        text = f"the definition has {size:,} bytes: Step Functions takes {DEFINITION_BYTES:,}"
        yield refused("definition", text, "put parts of it into state machines of their own")
    if size > PAYLOAD_BYTES // 2:  # less cannot hold a payload that is large
        for scope in scopes:
            for site in scope.sites():
                yield from _literals(site)


def _literals(site: Site) -> Iterator[Finding]:
    for field in _PAYLOADS:
        size = size_of(site.body.get(field))
        if size > PAYLOAD_BYTES // 2:
            text = f"what is written here has {size:,} bytes: inputs, outputs and variables can have {PAYLOAD_BYTES:,}"
            yield doubtful(
                f"{site.where}.{field}", text, "keep it in S3, and pass its address", "PAYLOAD_RISK"
            )
