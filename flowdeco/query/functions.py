"""The functions Step Functions adds to JSONata, and those whose result depends on the surroundings.

Arguments come as a list in which `UNDEFINED` stands for a value that is not there; so does the result.
Numbers are rounded towards zero. What each function does with missing, surplus and wrong arguments, and the
error codes, is what the service does.
"""

from __future__ import annotations

import json
import math
import os
import time
from collections.abc import Callable, Mapping
from typing import Any, Final, TypeAlias

from flowdeco.query.errors import QueryError
from flowdeco.query.values import JSON, UNDEFINED, Ambient

Function: TypeAlias = Callable[[list[JSON], Ambient], JSON]

MEMORY_LIMIT: Final = "Expression evaluation memory limit exceeded: Check for excessive memory usage"
MAX_RANGE: Final = 360_145
"""The longest array `$range` may build."""

HASHES: Final[Mapping[str, str]] = {
    "SHA-1": "sha1",
    "SHA-384": "sha384",
    "SHA-256": "sha256",
    "SHA-512": "sha512",
    "MD5": "md5",
}


def _signature_error(name: str, index: int) -> QueryError:
    return QueryError(
        "evaluation", f'Argument {index} of function "{name}" does not match function signature', "T0410"
    )


def _custom_error(message: str) -> QueryError:
    return QueryError("evaluation", message, "D3137")


def _arguments(name: str, given: list[JSON], count: int) -> list[JSON]:
    """`given` made `count` long; one argument too many is refused."""
    if len(given) > count and given[count] is not UNDEFINED:
        raise _signature_error(name, count + 1)
    return given[:count] + [UNDEFINED] * (count - len(given))


def _integer(name: str, index: int, value: JSON) -> int:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        raise _signature_error(name, index)
    return int(value)


def partition(given: list[JSON], ambient: Ambient) -> JSON:
    """`$partition(array, size)`: the array in chunks of `size`, the last one shorter."""
    array, size_given = _arguments("partition", given, 2)
    if array is UNDEFINED:
        return UNDEFINED
    if not isinstance(array, list):
        message = 'Argument 1 of function "partition" must be an array of undefined'
        raise QueryError("evaluation", message, "T0412")
    if not array:
        return UNDEFINED
    if size_given is UNDEFINED:
        return [array]
    size = _integer("partition", 2, size_given)
    if size < 0:
        raise _custom_error("Second argument must be zero or greater")
    return [array[i : i + size] for i in range(0, len(array), size)] if size else UNDEFINED


def range_(given: list[JSON], ambient: Ambient) -> JSON:
    """`$range(first, last, step)`: integers, `last` included; a single one comes bare, as JSONata has it."""
    bounds = _arguments("range", given, 3)
    first, last = (_integer("range", i + 1, bounds[i]) for i in (0, 1))
    if bounds[2] is UNDEFINED:
        return UNDEFINED
    step = _integer("range", 3, bounds[2])
    if step == 0:
        return UNDEFINED
    values = range(first, last + (1 if step > 0 else -1), step)
    if len(values) > MAX_RANGE:
        raise QueryError("evaluation", MEMORY_LIMIT)
    if len(values) == 1:
        return first
    return list(values) or UNDEFINED


def hash_(given: list[JSON], ambient: Ambient) -> JSON:
    """`$hash(text, algorithm)`: the digest of the text's UTF-8 bytes in hexadecimal."""
    text, algorithm = _arguments("hash", given, 2)
    if not isinstance(text, str):
        raise _signature_error("hash", 1)
    if algorithm is UNDEFINED:
        return UNDEFINED
    if not isinstance(algorithm, str):
        raise _signature_error("hash", 2)
    if algorithm not in HASHES:
        raise _custom_error(f"Hash algorithm '{algorithm}' must be one of {', '.join(HASHES)}")
    import hashlib  # loads OpenSSL: only for those who hash

    # A lone surrogate has no UTF-8 form; Java, which the service runs on, hashes a question mark for it.
    data = text.encode("utf-8", "replace")
    return hashlib.new(HASHES[algorithm], data, usedforsecurity=False).hexdigest()


def _unique_keys(pairs: list[tuple[str, JSON]]) -> dict[str, JSON]:
    result = dict(pairs)
    if len(result) != len(pairs):
        raise ValueError("repeated key")
    return result


def _no_constant(name: str) -> JSON:
    raise ValueError(name)


def _parsed_float(text: str) -> JSON:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(text)
    return int(number) if number.is_integer() and abs(number) < 2**63 else number


def _parsed_int(text: str) -> JSON:
    number = int(text)
    return number if -(2**63) <= number < 2**63 else _parsed_float(text)


def parse(given: list[JSON], ambient: Ambient) -> JSON:
    """`$parse(text)`: the JSON value written in `text`."""
    (text,) = _arguments("parse", given, 1)
    if text is UNDEFINED:
        return UNDEFINED
    if not isinstance(text, str):
        raise _signature_error("parse", 1)
    try:
        return json.loads(
            text,
            object_pairs_hook=_unique_keys,
            parse_constant=_no_constant,
            parse_float=_parsed_float,
            parse_int=_parsed_int,
        )
    except (ValueError, RecursionError) as error:
        raise _custom_error("Invalid JSON") from error


def random_bits(ambient: Ambient, count: int) -> int:
    """`count` random bits as a number, from the run's own chance when there is one."""
    if ambient.random is not None:
        return ambient.random.getrandbits(count)
    size = (count + 7) // 8
    return int.from_bytes(os.urandom(size), "big") >> (8 * size - count)


def java_random(seed: int) -> float:
    """The first number of the 48-bit linear congruential generator the service seeds."""
    multiplier, mask = 0x5DEECE66D, (1 << 48) - 1
    state = (seed ^ multiplier) & mask
    state = (state * multiplier + 11) & mask
    high = state >> 22
    state = (state * multiplier + 11) & mask
    return float(((high << 27) + (state >> 21)) * 2.0**-53)


def random_(given: list[JSON], ambient: Ambient) -> JSON:
    """`$random([seed])`: a number from 0 up to, not including, 1; the same for the same seed."""
    (seed,) = _arguments("random", given, 1)
    if seed is not UNDEFINED:
        return java_random(_integer("random", 1, seed))
    return random_bits(ambient, 53) * 2.0**-53


def uuid(given: list[JSON], ambient: Ambient) -> JSON:
    """`$uuid()`: a random UUID, version 4."""
    _arguments("uuid", given, 0)
    bits = random_bits(ambient, 128) & ~(0xF << 76) & ~(0x3 << 62) | 4 << 76 | 2 << 62
    text = f"{bits:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def shuffle(given: list[JSON], ambient: Ambient) -> JSON:
    """`$shuffle(array)`: the same items in random order."""
    (array,) = _arguments("shuffle", given, 1)
    if array is UNDEFINED:
        return UNDEFINED
    items: list[Any] = list(array) if isinstance(array, list) else [array]
    for i in range(len(items) - 1, 0, -1):
        j = random_bits(ambient, 53) * (i + 1) >> 53
        items[i], items[j] = items[j], items[i]
    return items


def millis(given: list[JSON], ambient: Ambient) -> JSON:
    """`$millis()`: milliseconds since 1970, the same throughout an evaluation."""
    _arguments("millis", given, 0)
    return time.time_ns() // 1_000_000 if ambient.now is None else ambient.now


ADDED: Final[Mapping[str, Function]] = {
    "partition": partition,
    "range": range_,
    "hash": hash_,
    "random": random_,
    "uuid": uuid,
    "parse": parse,
    "shuffle": shuffle,
    "millis": millis,
}
"""Functions the dialect brings itself, by name. `$now` is built on `$millis` where the engine is known."""

_BUILT_IN: Final = """
    abs append assert average base64decode base64encode boolean ceil clone contains count decodeUrl
    decodeUrlComponent distinct each encodeUrl encodeUrlComponent error exists filter floor formatBase
    formatInteger formatNumber fromMillis join keys length lookup lowercase map match max merge min not now
    number pad parseInteger power reduce replace reverse round sift single sort split spread sqrt string
    substring substringAfter substringBefore sum toMillis trim type uppercase zip
"""

FUNCTIONS: Final = frozenset(ADDED) | frozenset(_BUILT_IN.split())
"""Every function name an expression may call. `$eval` is not among them: the service has removed it."""
