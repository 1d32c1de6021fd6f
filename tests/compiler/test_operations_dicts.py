from __future__ import annotations

from collections.abc import Callable, Iterator
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flowdeco.graph.expressions import Input, Literal, Object
from flowdeco.graph.operations import resolve
from flowdeco.graph.types import ANY, BOOL, DICT, INT, LIST, NONE, STR, Type, list_of
from tests.compiler.meanings import type_of
from tests.compiler.samples import (
    Given,
    Sample,
    check,
    check_missing,
    constant,
    in_javascript,
    sample,
    text,
    typed,
)

KEYS = ("a", "b", "c d", "é", "k`", "and", "it's", "", "a.b", 'x"y')
DICTS = Type("dict", element=INT)
PAIRS = list_of(Type("tuple", elements=(STR, ANY)))


def some_value(chance: Random, depth: int = 2) -> Any:
    leaf = chance.choice((None, True, False, 1, -3, 1.5, "", "a", "é"))
    if depth == 0 or chance.random() < 0.6:
        return leaf
    parts = [some_value(chance, depth - 1) for _ in range(chance.randint(0, 2))]
    return chance.choice((parts, parts, tuple(parts), dict(zip("ab", parts))))


def of_values(chance: Random) -> Callable[[], Any]:
    """What makes values of one kind, so that types are known of some dicts."""
    return chance.choice(
        (
            lambda: some_value(chance),
            lambda: chance.randint(0, 9),
            lambda: [some_value(chance, 1)],
            lambda: chance.choice("xy"),
            lambda: chance.choice((1, None)),
        )
    )


def changed(change: Callable[..., object]) -> Callable[..., object]:
    def python(receiver: Any, *operands: object) -> object:
        change(receiver, *operands)
        return receiver

    return python


def merged(*dicts: dict[str, object]) -> dict[str, object]:
    return {key: value for each in dicts for key, value in each.items()}


def text_key(receiver: dict[str, object], key: object) -> object:
    if not isinstance(key, str):
        raise TypeError("no dict with such a key can be encoded")
    return receiver.get(key)


def samples(chance: Random) -> Iterator[Sample]:
    make = of_values(chance)

    def some_dict() -> dict[str, Any]:
        return {chance.choice(KEYS): make() for _ in range(chance.randint(0, 3))}

    d = some_dict()
    chosen = chance.choice((*d, *KEYS))

    def key() -> Given:
        return chance.choice((constant(chosen), typed(chosen, STR), typed(chosen, ANY)))

    def maybe_constant(value: object) -> Given:
        return chance.choice((constant(value), typed(value, type_of(value))))

    yield sample("method:get", dict.get, d, key())
    yield sample("method:get", dict.get, d, key(), maybe_constant(some_value(chance)))
    yield sample("method:get", text_key, d, typed(chance.choice((1, None, "a")), ANY))
    yield sample("method:keys", list, d)
    yield sample("method:values", lambda d: list(d.values()), d)
    yield sample("method:items", lambda d: list(d.items()), d)
    yield sample("method:copy", dict, d)
    yield sample("dict", dict, d)
    yield sample("dict_merge", merged, d, some_dict())
    yield sample("dict_merge", merged, d, maybe_constant(some_dict()), some_dict())
    yield sample("dict_of_pairs", dict, typed([*d.items(), *some_dict().items()], PAIRS))
    yield sample("dict", dict, typed([*d.items()], PAIRS))
    yield sample("mutate:setitem", changed(dict.__setitem__), d, key(), maybe_constant(make()))
    yield sample("mutate:delitem", changed(dict.__delitem__), d, key())
    yield sample("mutate:update", changed(dict.update), d, some_dict())
    yield sample("mutate:update", changed(dict.update), d)
    yield sample("result:update", lambda d, other: None, d, some_dict())
    for name, python in (("pop", dict.pop), ("setdefault", dict.setdefault)):
        operands = ((), (some_value(chance),))
        for rest in operands:
            yield sample(f"mutate:{name}", changed(python), d, key(), *rest)
            yield sample(f"result:{name}", python, d, key(), *rest)
    yield sample("mutate:popitem", changed(dict.popitem), d)
    yield sample("result:popitem", dict.popitem, d)
    yield sample("mutate:clear", changed(dict.clear), d)
    yield sample("result:clear", lambda d: None, d)
    record = {"a": some_value(chance), "b": some_value(chance)}
    known = typed(
        record, Type("dict", fields=tuple((name, type_of(value)) for name, value in record.items()))
    )
    yield sample("method:get", dict.get, known, constant("a"))
    yield sample("result:pop", dict.pop, known, constant("b"))
    yield sample("mutate:pop", changed(dict.pop), known, constant("b"))
    yield sample("mutate:setitem", changed(dict.__setitem__), known, constant("c"), make())
    yield sample("method:values", lambda d: list(d.values()), known)
    yield sample("method:items", lambda d: list(d.items()), known)
    yield sample("dict_merge", merged, known, known)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 2**32))
def test_dicts_mean_what_they_mean_in_python(seed: int) -> None:
    assert all(map(check, samples(Random(seed))))


def test_dicts_in_javascript() -> None:
    assert in_javascript(made for seed in range(60) for made in samples(Random(seed))) > 1500


D, K = typed({"a": 1}, DICTS), typed("a", STR)


@pytest.mark.parametrize(
    "made",
    [
        *(
            sample(f"method:{name}", list, d)
            for name in ("keys", "values", "items")
            for d in (D, typed({"a": 1}, DICT))
        ),
        *(sample(f"{kind}:popitem", dict, D) for kind in ("mutate", "result")),
        *(
            sample(name, dict, D, key)
            for name in (
                "mutate:delitem",
                "mutate:pop",
                "result:pop",
                "mutate:setdefault",
                "result:setdefault",
            )
            for key in (K, constant("a"))
        ),
        *(
            sample(name, dict, D, K, 5)
            for name in ("method:get", "mutate:setitem", "mutate:setdefault", "result:pop")
        ),
        sample("dict_merge", dict, D, D),
        sample("dict_of_pairs", dict, typed([("a", 1)], PAIRS)),
    ],
    ids=repr,
)
def test_missing_operands_fail(made: Sample) -> None:
    check_missing(made)


@pytest.mark.parametrize(
    ("operation", "operands", "expected"),
    [
        ("method:get", (D, constant("lr")), "$exists($a.lr) ? $a.lr : null"),
        ("method:get", (D, constant("lr"), constant(0.1)), "$exists($a.lr) ? $a.lr : 0.1"),
        ("method:get", (D, K, K), "$exists($lookup($a, $b)) ? $lookup($a, $b) : $c"),
        ("method:keys", (D,), "[$keys($a)]"),
        ("method:values", (D,), "[$a.*]"),
        ("dict_merge", (D, D), "$merge([$a, $b])"),
        ("mutate:setitem", (D, constant("n"), typed(1, INT)), "$merge([$a, {'n': $c}])"),
        ("mutate:setitem", (D, K, constant(1)), "$merge([$a, {$b: 1}])"),
        ("result:pop", (D, constant("n")), "$exists($a.n) ? $a.n : $error(\"KeyError: 'n'\")"),
        ("mutate:clear", (D,), "{}"),
        ("dict", (), "{}"),
    ],
)
def test_it_reads_as_if_written_by_hand(operation: str, operands: tuple[Given, ...], expected: str) -> None:
    assert text(operation, *operands) == expected


@pytest.mark.parametrize(
    ("operation", "operands"),
    [
        *((f"method:{name}", (typed({}, ANY),)) for name in ("keys", "values", "items", "copy")),
        *((f"method:{name}", (D, K)) for name in ("keys", "values", "items", "copy")),
        *(
            (name, (typed({}, ANY), K))
            for name in ("method:get", "mutate:pop", "result:pop", "mutate:setdefault")
        ),
        *(
            (name, (D, constant("$type")))
            for name in ("method:get", "mutate:delitem", "result:pop", "mutate:setdefault")
        ),
        *(
            (name, (D, typed(1, INT), K))
            for name in ("method:get", "mutate:setitem", "mutate:pop", "result:pop")
        ),
        *((f"{kind}:popitem", (typed({}, ANY),)) for kind in ("mutate", "result")),
        *((f"{kind}:clear", (typed({}, ANY),)) for kind in ("mutate", "result")),
        ("dict_merge", (D, typed({}, ANY))),
        ("dict_merge", ()),
        ("mutate:update", (typed({}, ANY),)),
        ("mutate:update", (D, D, D)),
        ("dict", (typed([], LIST),)),
        ("dict", (D, D)),
        ("dict", (typed([], list_of(Type("tuple", elements=(STR,)))),)),
        ("dict", (typed([], list_of(Type("tuple", elements=(INT, STR)))),)),
        ("dict", (typed([], list_of(list_of(STR))),)),
        ("dict", (typed(set(), Type("set", element=Type("tuple", elements=(STR, STR)))),)),
    ],
)
def test_what_cannot_be_exact_is_left_to_python(operation: str, operands: tuple[Given, ...]) -> None:
    assert text(operation, *operands) is None


KNOWN = Type("dict", fields=(("a", INT), ("b", STR)))


@pytest.mark.parametrize(
    ("operation", "types", "expected"),
    [
        ("method:get", (DICTS, STR), Type("int", optional=True)),
        ("method:get", (DICTS, STR, INT), INT),
        ("method:get", (DICT, STR, INT), ANY),
        ("method:keys", (DICT,), list_of(STR)),
        ("method:values", (KNOWN,), list_of(ANY)),
        ("method:items", (DICTS,), list_of(Type("tuple", elements=(STR, INT)))),
        (
            "dict_merge",
            (KNOWN, Type("dict", fields=(("b", BOOL),))),
            Type("dict", fields=(("a", ANY), ("b", BOOL))),
        ),
        ("dict_merge", (DICTS, DICTS), DICTS),
        ("dict_merge", (DICTS, DICT), DICT),
        ("mutate:delitem", (DICTS, STR), DICTS),
        ("mutate:setitem", (DICTS, STR, INT), DICTS),
        ("mutate:setitem", (DICTS, STR, STR), DICT),
        ("result:popitem", (DICTS,), Type("tuple", elements=(STR, INT))),
        ("result:update", (DICTS, DICTS), NONE),
    ],
)
def test_what_is_known_of_results(operation: str, types: tuple[Type, ...], expected: Type) -> None:
    found = resolve(operation, tuple(map(Input, "abc"[: len(types)])), types)
    assert found is not None
    assert found.type == expected


def test_a_dict_that_is_written_out_has_no_other_keys() -> None:
    made = Object((("a", Input("a")), ("b", Input("b"))))
    numbers = Type("dict", fields=(("a", INT), ("b", INT)))
    found = resolve("method:values", (made,), (numbers,))
    assert found is not None
    assert found.type == list_of(INT)
    found = resolve("dict_merge", (Input("a"), made), (KNOWN, numbers))
    assert found is not None
    assert found.type == Type("dict", fields=(("a", INT), ("b", INT)))


def test_known_keys_stay_known() -> None:
    found = resolve("mutate:setitem", (Input("a"), Literal("b"), Input("c")), (KNOWN, STR, BOOL))
    assert found is not None
    assert found.type == Type("dict", fields=(("a", INT), ("b", BOOL)))
    found = resolve("method:get", (Input("a"), Literal("a")), (KNOWN, STR))
    assert found is not None
    assert (found.type, found.raises) == (INT, ())
