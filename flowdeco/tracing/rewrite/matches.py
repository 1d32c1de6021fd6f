"""`match` is a chain of conditions, which only the run may be able to decide."""

from __future__ import annotations

import ast
from copy import deepcopy
from typing import Any

from flowdeco.tracing.rewrite.construct import Construct, constant, load, placed, to_recorder


class Matches(Construct):
    """`match s: case [a, b] if g: B` → `if is_sequence(s) and len(s) == 2 and g: a, b = s[0], s[1]; B else: …`."""

    def visit_Match(self, node: ast.Match) -> Any:
        self.generic_visit(node)
        name = f"__match_{node.lineno}_{node.col_offset}"
        subject = placed(ast.Assign([ast.Name(name, ast.Store())], node.subject), node)
        chain: list[ast.stmt] = []
        for case in reversed(node.cases):
            captured: dict[str, ast.expr] = {}
            tests = self._tests(case.pattern, load(name, case.pattern), captured)
            text = ast.unparse(case.pattern) + (f" if {ast.unparse(case.guard)}" if case.guard else "")
            if case.guard is not None:
                tests.append(_Substitute(captured).visit(deepcopy(case.guard)))
            bound: list[ast.stmt] = [
                placed(ast.Assign([ast.Name(key, ast.Store())], value), case.pattern)
                for key, value in captured.items()
            ]
            body = [*bound, *case.body]
            if not tests:
                chain = body
                continue
            test = tests[0] if len(tests) == 1 else placed(ast.BoolOp(ast.And(), tests), case.pattern)
            branch = ast.copy_location(ast.If(test, body, chain), case.pattern)
            branch.text = f"{ast.unparse(node.subject)} is {text}"  # type: ignore[attr-defined]
            chain = [branch]
        return [subject, *chain]

    def _tests(
        self, pattern: ast.pattern, subject: ast.expr, captured: dict[str, ast.expr]
    ) -> list[ast.expr]:
        """Conditions under which a pattern matches, in order; what it captures goes into `captured`."""
        subject = deepcopy(subject)
        match pattern:
            case ast.MatchValue(value=value):
                return [placed(ast.Compare(subject, [ast.Eq()], [value]), pattern)]
            case ast.MatchSingleton(value=value):
                return [placed(ast.Compare(subject, [ast.Is()], [constant(value, pattern)]), pattern)]
            case ast.MatchAs(pattern=inner, name=name):
                tests = [] if inner is None else self._tests(inner, subject, captured)
                if name is not None:
                    captured[name] = deepcopy(subject)
                return tests
            case ast.MatchOr(patterns=patterns):
                return self._alternatives(patterns, subject, pattern)
            case ast.MatchSequence(patterns=patterns):
                return self._sequence(patterns, subject, captured, pattern)
            case ast.MatchMapping():
                return self._mapping(pattern, subject, captured)
            case ast.MatchClass():
                return self._class(pattern, subject, captured)
        raise self.refuse(pattern, "this pattern in a workflow body", "write if and elif")

    def _alternatives(
        self, patterns: list[ast.pattern], subject: ast.expr, at: ast.pattern
    ) -> list[ast.expr]:
        options: list[ast.expr] = []
        for pattern in patterns:
            inside: dict[str, ast.expr] = {}
            tests = self._tests(pattern, subject, inside)
            if inside:
                raise self.refuse(
                    at, "names captured in alternatives of a pattern", "write one case for each"
                )
            if not tests:
                return []
            options.append(tests[0] if len(tests) == 1 else placed(ast.BoolOp(ast.And(), tests), at))
        return [placed(ast.BoolOp(ast.Or(), options), at)]

    def _sequence(
        self, patterns: list[ast.pattern], subject: ast.expr, captured: dict[str, ast.expr], at: ast.pattern
    ) -> list[ast.expr]:
        star = next((i for i, p in enumerate(patterns) if isinstance(p, ast.MatchStar)), None)
        count = len(patterns) if star is None else len(patterns) - 1
        tests: list[ast.expr] = [to_recorder("is_sequence", [subject], at)]
        size = to_recorder("length", [subject], at)
        compared = ast.Eq() if star is None else ast.GtE()
        tests.append(placed(ast.Compare(size, [compared], [constant(count, at)]), at))
        for place, pattern in enumerate(patterns):
            if isinstance(pattern, ast.MatchStar):
                if pattern.name is not None:
                    stop = place - len(patterns) + 1
                    upper = constant(stop, at) if stop else None
                    part = ast.Subscript(subject, ast.Slice(constant(place, at), upper), ast.Load())
                    captured[pattern.name] = placed(ast.Call(load("list", at), [part], []), at)
                continue
            index = place if star is None or place < star else place - len(patterns)
            element = placed(ast.Subscript(subject, constant(index, at), ast.Load()), at)
            tests += self._tests(pattern, element, captured)
        return tests

    def _mapping(
        self, pattern: ast.MatchMapping, subject: ast.expr, captured: dict[str, ast.expr]
    ) -> list[ast.expr]:
        tests: list[ast.expr] = [to_recorder("is_mapping", [subject], pattern)]
        for key, inner in zip(pattern.keys, pattern.patterns):
            tests.append(placed(ast.Compare(deepcopy(key), [ast.In()], [subject]), pattern))
            element = placed(ast.Subscript(subject, deepcopy(key), ast.Load()), pattern)
            tests += self._tests(inner, element, captured)
        if pattern.rest is not None:
            keys = placed(ast.Tuple([deepcopy(key) for key in pattern.keys], ast.Load()), pattern)
            captured[pattern.rest] = to_recorder("without", [subject, keys], pattern)
        return tests

    def _class(
        self, pattern: ast.MatchClass, subject: ast.expr, captured: dict[str, ast.expr]
    ) -> list[ast.expr]:
        call = placed(ast.Call(load("isinstance", pattern), [subject, pattern.cls], []), pattern)
        tests: list[ast.expr] = [call]
        for place, inner in enumerate(pattern.patterns):
            part = to_recorder("match_argument", [pattern.cls, subject, constant(place, pattern)], pattern)
            tests += self._tests(inner, part, captured)
        for name, inner in zip(pattern.kwd_attrs, pattern.kwd_patterns):
            found = placed(ast.Attribute(subject, name, ast.Load()), pattern)
            tests += self._tests(inner, found, captured)
        return tests


class _Substitute(ast.NodeTransformer):
    """A guard may read what its pattern captures, before that is assigned."""

    def __init__(self, captured: dict[str, ast.expr]) -> None:
        self.captured = captured

    def visit_Name(self, node: ast.Name) -> Any:
        if isinstance(node.ctx, ast.Load) and node.id in self.captured:
            return deepcopy(self.captured[node.id])
        return node
