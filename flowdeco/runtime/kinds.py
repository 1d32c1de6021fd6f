"""The kinds of values, in one place: what encodes them and what decodes them, in the order of asking.

To add a kind: a row in `scalars.SCALARS` (small, inline) or in `codecs.CODECS` (bytes in the store) is enough
for most. A kind with its own shape is a rule and a reader, listed here.
"""

from __future__ import annotations

from flowdeco.runtime import classes, codecs, containers, references, scalars
from flowdeco.runtime.decoding import Reader
from flowdeco.runtime.encoding import JSON, Encoder, Handler, Rule


def _as_is(enc: Encoder, value: object) -> JSON:
    return value


HANDLERS: dict[type, Handler] = {
    type(None): _as_is,
    bool: _as_is,
    str: _as_is,
    float: _as_is,
    int: scalars.encode_int,
    list: containers.encode_list,
    dict: containers.encode_dict,
    tuple: containers.encode_tuple,
    set: containers.encode_set,
    frozenset: containers.encode_set,
    bytes: codecs.encode_bytes,
}

RULES: tuple[Rule, ...] = (
    codecs.registered,
    scalars.scalar,
    classes.enum_member,
    classes.named_tuple,
    classes.dataclass_instance,
    classes.pydantic_model,
    classes.numpy_scalar,
    containers.mapping,
    containers.queue,
    codecs.coded,
    references.iterator,
    references.pickled,
)

READERS: dict[str, Reader] = {
    **scalars.READERS,
    "tuple": containers.decode_tuple,
    "set": containers.decode_set,
    "frozenset": containers.decode_frozenset,
    "dict": containers.decode_dict,
    "Counter": containers.decode_counter,
    "OrderedDict": containers.decode_ordered_dict,
    "defaultdict": containers.decode_defaultdict,
    "deque": containers.decode_deque,
    "reference": references.decode_reference,
}
