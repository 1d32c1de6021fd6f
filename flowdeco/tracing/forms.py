"""The explicit forms while a body is traced: what they record.

Loops and `finally` are read off `authoring.meanings` like a body of the user's; a choice is a conditional expression, a map
a map, and an attempt is recorded by the driver of `try`.
"""

from __future__ import annotations

import ast
import linecache
import math
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import reduce
from itertools import islice
from types import FrameType
from typing import TYPE_CHECKING, Any, NoReturn

from flowdeco.authoring import meanings, pauses
from flowdeco.authoring.steps import Step
from flowdeco.graph import Expression, Field, Wait
from flowdeco.graph.types import FLOAT, INT, NUMBER, STR, Type
from flowdeco.tracing import calls, decisions, flow, glue, operate
from flowdeco.tracing.blocks import made
from flowdeco.tracing.drivers import Try
from flowdeco.tracing.flow import RESULT, Left
from flowdeco.tracing.places import is_user_file, user_location
from flowdeco.tracing.types import value_type
from flowdeco.tracing.value import Value, contains_value

if TYPE_CHECKING:
    from flowdeco.tracing.recorder import TraceRecorder

_RESULT = "result"


class TracedForms:
    """Implements `authoring.recording.Forms`."""

    def __init__(self, recorder: TraceRecorder) -> None:
        self.recorder = recorder
        self.spelling: dict[str, str] = {}
        """The user's words for the conditions of the loop that is recorded, by the words of `meanings`."""

    def spelled(self, texts: tuple[str, ...]) -> tuple[str, ...]:
        """Conditions in the user's words."""
        return tuple(self.spelling.get(text, text) for text in texts) if self.spelling else texts

    # ------------------------------------------------------------------------------------------- waiting

    def wait(self, duration: Any, parts: Mapping[str, Any], until: Any) -> None:
        recorder = self.recorder
        seconds: Expression | None = None
        moment: Expression | None = None
        if until is not None:
            moment = recorder.expression(self._moment(until))
        else:
            seconds = recorder.expression(self._seconds(duration, parts))
        id = recorder.next_id("a wait")
        with recorder.open.effects():
            recorder.open.record(made(Wait(id=id, seconds=seconds, until=moment, location=user_location())))

    def _seconds(self, duration: Any, parts: Mapping[str, Any]) -> Any:
        """Whole seconds, rounded up."""
        recorder = self.recorder
        if not contains_value(duration) and not contains_value(dict(parts)):
            return pauses.whole_seconds(duration, parts)
        total = duration
        if duration is None:
            known = {name: part for name, part in parts.items() if not isinstance(part, Value)}
            terms = [pauses.seconds(None, known)] if known else []
            for name in (name for name in parts if name not in known):
                unit = pauses.UNITS[name]
                terms.append(parts[name] if unit == 1 else recorder.operate("mul", (parts[name], unit)))
            total = reduce(lambda a, b: recorder.operate("add", (a, b)), terms)
        elif duration._type == Type("opaque", name="timedelta"):
            base = duration._expression
            days, rest, micros = (
                Value(Field(base, name, True), recorder, INT) for name in ("days", "seconds", "microseconds")
            )
            total = recorder.operate("add", (recorder.operate("mul", (days, 86_400)), rest))
            total = recorder.operate("add", (total, recorder.operate("truediv", (micros, 1_000_000))))
        known_type = value_type(total)
        if known_type == INT:
            return total
        if known_type in (FLOAT, NUMBER):
            return recorder.operate("math.ceil", (total,), python=math.ceil)
        why = "how long to wait is not known to be a number"
        return glue.glue_call(recorder, pauses.whole_seconds, (total,), {}, why, type=INT)

    def _moment(self, until: Any) -> Any:
        """The text of a moment."""
        recorder = self.recorder
        if not isinstance(until, Value):
            return pauses.timestamp(pauses.moment(until))
        if until._type.sort == "str":
            return until
        text = Value(Field(until._expression, "value", True), recorder, STR)
        if until._type == Type("opaque", name="datetime"):
            return text
        if until._type.sort == "any":
            is_text = recorder.operate("isinstance", (until, "str"))
            return decisions.ternary(recorder, is_text, lambda: until, lambda: text)
        raise recorder.refuse(
            f"waiting until a {until._type.name or until._type.sort}",
            until,
            "wait until a datetime or its text",
        )

    # -------------------------------------------------------------------------------------------- branches

    def parallel(self, parts: Sequence[Any]) -> tuple[Any, ...]:
        found = []
        with self.recorder.in_order():
            for part in parts:
                with self.recorder.open.frame():
                    found.append(self._result(part))
        return tuple(found)

    def choose(self, cases: Sequence[tuple[Any, Any]], otherwise: Any) -> Any:
        texts = _spelled(cases)
        with self.recorder.in_order():
            return self._chosen(cases, texts, otherwise)

    def _chosen(self, cases: Sequence[tuple[Any, Any]], texts: Sequence[str], otherwise: Any) -> Any:
        recorder = self.recorder
        if not cases:
            return self._result(otherwise)
        (condition, then), *others = cases
        test = recorder.truth(self._result(condition))
        if not isinstance(test, Value):
            return self._result(then) if test else self._chosen(others, texts[1:], otherwise)
        found = decisions.decide(
            recorder,
            test,
            lambda: self._result(then),
            lambda: self._chosen(others, texts[1:], otherwise),
            lambda a, b: operate.expressed(recorder, "if", (test, a, b)),
            texts[0],
        )
        return self._reached(found)

    # --------------------------------------------------------------------------------------- maps and loops

    def map(
        self, fn: Callable[..., Any], items: Iterable[Any], max_concurrency: int | None, distributed: bool
    ) -> Any:
        recorder = self.recorder
        with recorder.in_order():
            if isinstance(fn, Step):
                return recorder.map(fn, items, {}, max_concurrency, distributed)
            name = _parameter(fn)
            return recorder.mapped(
                items, lambda item: calls.invoke(recorder, fn, item), name, max_concurrency, distributed, ()
            )

    def loop(self, meaning: Callable[..., Any], body: Any, start: Any, given: Mapping[str, Any]) -> Any:
        spelled = {argument.arg: _plain(argument.value) for argument in _call("loop").keywords}
        again, enough = spelled.get("while_", "again"), spelled.get("until", "enough")
        outer, self.spelling = self.spelling, {}
        for name in ("state", "found"):
            self.spelling |= {f"until({name})": enough, f"until is not None and until({name})": enough}
        self.spelling |= {"while_(state)": again, "while_()": again}
        try:
            with self.recorder.in_order():
                return self._reached(self.recorder.in_frame(meaning, (body, start), given))
        finally:
            self.spelling = outer

    # ------------------------------------------------------------------------------------------------ errors

    def attempt(self, body: Any, handlers: meanings.Handlers, otherwise: Any, finally_: Any) -> Any:
        with self.recorder.in_order():
            if finally_ is None:
                return self._reached(self._tried(body, handlers, otherwise))
            if not handlers and otherwise is None:
                return self._reached(self.recorder.in_frame(meanings.ensured, (body, finally_), {}))

            def tried() -> Any:
                return self._tried(body, handlers, otherwise)

            return self._reached(self.recorder.in_frame(meanings.ensured, (tried, finally_), {}))

    def _tried(self, body: Any, handlers: meanings.Handlers, otherwise: Any) -> Any:
        """`try` with its handlers and its `else`, as rewritten code does it."""
        kinds = [lambda on=on: on for on, _ in handlers]
        texts = tuple(f"except {' | '.join(kind.__name__ for kind in on)}" for on, _ in handlers)
        driver = Try(self.recorder, (_RESULT,), {}, kinds, texts, sys._getframe())
        for _ in driver:
            (result,) = driver.names
            try:
                if driver.at("body"):
                    result = calls.invoke(self.recorder, body)
                    if otherwise is not None:
                        (result,) = driver.otherwise({_RESULT: result})
                        result = self._result_of(otherwise, result)
                else:
                    result = self._result_of(handlers[driver.part][1], driver.error)
            except Exception as error:
                driver.caught(error)
            else:
                driver.done({_RESULT: result})
        (result,) = driver.after
        return result

    def fail(self, error: BaseException) -> NoReturn:
        raise self.recorder.deliberate(error)

    def succeed(self, value: Any) -> NoReturn:
        recorder = self.recorder
        label = recorder.workflow_label()
        if not any(label is around for around in recorder.scope.around):
            raise recorder.fail(
                "succeed() in an iteration of a map: an iteration cannot end the workflow",
                hint="return a value from it, and decide by the list of results",
            )
        flow.leave(recorder, label, {RESULT: value})
        raise Left

    # ------------------------------------------------------------------------------------------------- parts

    def _result(self, part: Any) -> Any:
        if isinstance(part, Value) or not meanings.is_function(part):
            return part
        return calls.invoke(self.recorder, part)

    def _result_of(self, part: Any, argument: Any) -> Any:
        if isinstance(part, Value) or not meanings.is_function(part):
            return part
        return calls.invoke(self.recorder, part, *((argument,) if meanings.takes_one(part) else ()))

    def _reached(self, result: Any) -> Any:
        """What a form results in, when anything follows it."""
        if self.recorder.open.ended:
            raise Left
        return result


def _parameter(fn: Any) -> str:
    """What a function calls its item."""
    code = getattr(fn, "__code__", None)
    return code.co_varnames[0] if code is not None and code.co_argcount else "item"


# ------------------------------------------------------------------------------------ as the user spelled it


def _spelled(cases: Sequence[tuple[Any, Any]]) -> list[str]:
    """The conditions as they stand in the call of `choose`; empty where there is no source."""
    arguments = _call("choose").args
    found = arguments[:1] if len(arguments) > 1 else []
    if len(arguments) == 1 and isinstance(arguments[0], ast.List | ast.Tuple):
        pairs = (case.elts for case in arguments[0].elts if isinstance(case, ast.Tuple))
        found = [condition for condition, *_ in pairs]
    if len(found) != len(cases):
        return [""] * len(cases)
    return [_plain(node) for node in found]


def _plain(node: ast.expr) -> str:
    return ast.unparse(node.body if isinstance(node, ast.Lambda) else node)


def _call(form: str) -> ast.Call:
    """The call of a form that the user's code is at; an empty one where there is no source."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and not is_user_file(frame.f_code.co_filename):
        frame = frame.f_back
    call = None if frame is None else _parsed(frame)
    if isinstance(call, ast.Call) and ast.unparse(call.func).rpartition(".")[2] == form:
        return call
    return ast.Call(ast.Name(form), [], [])


def _parsed(frame: FrameType) -> ast.expr | None:
    """The expression that a frame is at."""
    line, last, start, end = next(islice(frame.f_code.co_positions(), frame.f_lasti // 2, None))
    lines = linecache.getlines(frame.f_code.co_filename, frame.f_globals)
    if line is None or last is None or start is None or end is None or last > len(lines):
        return None
    picked = [text.encode() for text in lines[line - 1 : last]]
    picked[-1] = picked[-1][:end]
    picked[0] = picked[0][start:]
    try:
        return ast.parse(b"(" + b"".join(picked) + b")", mode="eval").body
    except (SyntaxError, ValueError):  # the file changed under us
        return None
