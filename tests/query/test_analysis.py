from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowdeco.query import QueryError, compile_expression, references, states_paths, variables_used


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("1 + 1", ""),
        ("$x", "x"),
        ("$x.y[0].$z", "x z"),
        ("'$x' & \"$y\" & `$z` /* $w */", ""),
        ("$sum($x) + $count([$y])", "x y"),
        ("$map($x, $string)", "string x"),
        ("$f($x)", "f x"),
        ("$states.input.a & $states.context.Execution.Id", "states"),
        ("($y := $x; $y + $z)", "x z"),
        ("($y := $y; $y)", "y"),
        ("$y + ($y := 1; $y)", "y"),
        ("(($y := 1); $y)", "y"),
        ("function($a, $b) {$a + $b + $c}(1, 2)", "c"),
        ("λ($a)<n:n>{$a + $b}(1)", "b"),
        ("$map($xs, function($v, $i) {$v + $i + $bias})", "bias xs"),
        ("$f := function($n) {$n = 0 ? 1 : $f($n - 1)}", ""),
        ("($even := function($n) {$odd($n)}; $odd := function($n) {$even($n)}; $even($k))", "k"),
        ("$xs@$x.ys#$i[$x.a = $i and $t].{'x': $x}", "t xs"),
        ("$xs@$x{$x.k: $x.v} + $x", "x xs"),
        ("$xs^(>$w.a)", "w xs"),
        ("$xs[]", "xs"),
        ("$x / $y", "x y"),
        ("$match($x, /\\$y/)", "x"),
        ("$x ~> |a|{'b': $y}, ['c']|", "x y"),
        ("$x ~> $map(?, $y)", "x y"),
        ("($g := $f(?, $x); $g(1))", "f x"),
        ("($g := $substring(?, $n); 1)", "n"),
        ("$x ~> $f ~> $string", "f string x"),
        ("$c ? ($a := 1; $a) : $a", "a c"),
        ("$x.count($y := 1)", "x"),
        ("[$a..$b]", "a b"),
        ("-$a", "a"),
        ("{$k: $v}", "k v"),
        ("|a|{'b': $y}|", "y"),
    ],
)
def test_variables(source: str, expected: str) -> None:
    assert variables_used(source) == references(source).variables == frozenset(expected.split())


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("$x", ""),
        ("$states.input", "input"),
        ("$states . result.Payload", "result"),
        ('$states.`input`.a + $states."result"', "input result"),
        ("$states.input[0].a", "input"),
        ("$states.errorOutput.Error & $states.context.State.Name", "context errorOutput"),
        ("$states", "*"),
        ("$keys($states)", "*"),
        ("$states.*", "*"),
        ("$states.(input)", "*"),
        ("$states.$x", "*"),
        ("$states[0].input", "*"),
        ("$states.input()", "*"),
        ("($s := $states; $s.input)", "*"),
        ("($states := 1; $states.input)", ""),
        ("$states.input[a > 1]^(b){c: $sum(d)} / 2", "input"),
        ("$states.input[] / 2", "input"),
        ("'$states.result'", ""),
    ],
)
def test_states(source: str, expected: str) -> None:
    assert states_paths(source) == references(source).states == frozenset(expected.split())


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("phone", "phone"),
        ("phone.number & $x.mail", "phone"),
        ("$x[loss > $y].name", ""),
        ("$x.(a; b)", ""),
        ("$x^(a).{b: c}", ""),
        ("$", "$"),
        ("$.a", "$"),
        ("$x[$ > 1]", ""),
        ("$$.a", "$$"),
        ("*", "*"),
        ("**.a", "**"),
        ("$map($x, function($v) {name})", "name"),
        ("$x ~> |a|{'b': c}|", ""),
        ("$x.not & not", "not"),
        ("%.a", "%"),
    ],
)
def test_context(source: str, expected: str) -> None:
    if source == "%.a":
        # Neither this nor the service compiles it, but it still can be read.
        with pytest.raises(QueryError):
            compile_expression(source)
    assert references(source).context == frozenset(expected.split())


@pytest.mark.parametrize("source", ["($x := ", "$x ?: $y := 1", "'it\\'s' @ $x", "'abc"])
def test_what_does_not_parse(source: str) -> None:
    with pytest.raises(QueryError):
        variables_used(source)


PIECES = [
    "$a",
    "$b.c",
    "$states.input",
    "'$d'",
    "`$e`",
    "$sum([$f])",
    "$g(1)",
    "[$h]",
    "{'k': $i}",
    "($j)",
    "x.y",
]


@given(st.lists(st.sampled_from(PIECES), min_size=1, max_size=5), st.sampled_from([" + ", " & ", " = ", "."]))
def test_tokens_and_parser_agree(pieces: list[str], operator: str) -> None:
    source = operator.join(pieces)
    try:
        found = references(source)
    except QueryError:
        return
    assert variables_used(source) == found.variables
    assert states_paths(source) == found.states
