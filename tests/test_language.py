"""Random programs: the plain call, the engine inline and the engine with a pool say and do the same.

`python tests/test_language.py --programs 20000 --seed 1` is the long run.
"""

from __future__ import annotations

import sys
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import argparse
import linecache
import re
import signal
import tempfile
import time
import traceback
import warnings
from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

import pytest

from flowdeco import asl, toolchain
from flowdeco.errors import BodyError
from tests.programs import RECORD, Program, TooLong, generate, load, shown, shrink

ALLOWED = (
    r"has no value on some paths that lead here",
    r"this is the same object as .*, which was changed at",
    r"is changed on a path that may not be taken",
    r"next\(\) without a default",
    r"calls no step: there is nothing to run",
    r"changes its argument on a path that may not be taken",
)
"""What the tracer may say no to."""

LIMIT = 2**53
NONSENSE = ("UnboundLocalError", "NameError", "AttributeError", "RecursionError")
FROM_EXPRESSIONS = (KeyError, IndexError, TypeError, ValueError, ZeroDivisionError)


@dataclass(frozen=True)
class Outcome:
    """What a run came to. `kind`: the error's class, "" when there is a result. `own`: it was raised by an expression."""

    kind: str
    text: str
    effects: tuple[str, ...]
    calls: tuple[str, ...]
    own: bool = False


@dataclass(frozen=True)
class Verdict:
    """`kind`: same, refused, skipped, or what is wrong."""

    kind: str
    detail: str = ""
    inputs: Any = None

    @property
    def wrong(self) -> bool:
        return self.kind not in ("same", "refused", "skipped")


@contextmanager
def limited(seconds: float) -> Iterator[None]:
    """Ends what does not end by itself, where signals can."""

    def stop(*_: object) -> None:
        raise TooLong

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def plainly(workflow: Any, inputs: dict[str, Any]) -> Outcome:
    RECORD.clear()
    try:
        kind, text, own = "", shown(workflow(**deepcopy(inputs))), False
    except Exception as error:
        kind, text = type(error).__name__, str(error)
        last = traceback.extract_tb(error.__traceback__)[-1]
        own = last.filename.startswith("<") and not re.match(r"\s*(raise|assert)\b", last.line or "")
        own = own and isinstance(error, FROM_EXPRESSIONS)
    return Outcome(kind, text, tuple(RECORD.effects), tuple(sorted(RECORD.calls)), own)


def executed(workflow: Any, inputs: dict[str, Any], inline: bool, home: str) -> Outcome:
    RECORD.clear()
    execution = toolchain.run(workflow, deepcopy(inputs), inline=inline, home=home)
    error = execution.error
    kind, text = (
        ("", shown(execution.output))
        if error is None
        else (error.error_type or "", error.error_message or "")
    )
    return Outcome(kind, text, tuple(RECORD.effects), tuple(sorted(RECORD.calls)))


def compared(plain: Outcome, got: Outcome) -> str:
    """What is wrong with what an execution came to."""
    if plain.own and got.kind in ("States.QueryEvaluationError", plain.kind):
        return "" if got.effects[: len(plain.effects)] == plain.effects else "effects"
    if (plain.kind, plain.text) != (got.kind, got.text):
        return "error" if plain.kind or got.kind else "output"
    if plain.effects != got.effects:
        return "effects"
    if not plain.kind and plain.calls != got.calls:
        return "calls"
    return ""


def judge(program: Program, home: str, name: str, pooled: bool = True) -> Verdict:
    """Runs a program every way."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            workflow = load(program.source, name)
    except (SyntaxError, NameError, KeyError) as error:
        return Verdict("skipped", str(error))
    expected = []
    for inputs in program.inputs:
        try:
            with limited(1):
                outcome = plainly(workflow, inputs)
        except TooLong:
            return Verdict("skipped", "too long")
        if outcome.kind in NONSENSE or (outcome.own and outcome.kind == "TypeError"):
            return Verdict("skipped", outcome.kind)
        everything = " ".join((outcome.text, *outcome.effects, *outcome.calls))
        if any(int(n) >= LIMIT for n in re.findall(r"\d{16,400}", everything)):
            return Verdict("skipped", "large numbers")
        expected.append((inputs, outcome))
    try:
        with limited(20):
            definition = toolchain.definition(workflow)
    except BodyError as error:
        raised = re.search(r"raised (\w+) while it was traced", error.message)
        if raised and all(raised[1] == outcome.kind for _, outcome in expected):
            return Verdict("refused", "always fails")
        allowed = any(re.search(pattern, error.message) for pattern in ALLOWED)
        message = re.sub(r"'[^']*'|\d+", "…", error.message)
        if allowed:
            return Verdict("refused", message)
        works = any(not outcome.kind for _, outcome in expected)
        return Verdict("not allowed to refuse" + (" what works" if works else ""), str(error))
    except (Exception, TooLong) as error:
        return Verdict(f"crash {type(error).__name__}", traceback.format_exc())
    try:
        findings = [f for f in asl.check(definition) if f.severity == "error"]
    except Exception as error:
        return Verdict(f"crash of check {type(error).__name__}", traceback.format_exc())
    if findings:
        return Verdict("definition", str(findings[0]))
    for inputs, plain in expected:
        for inline in (True, False) if pooled else (True,):
            try:
                with limited(20):
                    got = executed(workflow, inputs, inline, home)
            except (Exception, TooLong) as error:
                return Verdict(f"engine {type(error).__name__}", traceback.format_exc(), inputs)
            wrong = compared(plain, got)
            if wrong == "lost":
                return Verdict("skipped", "an error in an expression that nothing uses")
            if wrong:
                how = f"{'inline' if inline else 'pooled'} {plain.kind} {got.kind}".rstrip()
                return Verdict(f"{wrong} {how}", f"expected {plain}\n     got {got}", inputs)
    return Verdict("same")


@pytest.mark.parametrize("part", range(8))
def test_programs_mean_what_they_say(part: int, tmp_path: Path) -> None:
    refused = 0
    for seed in range(part * 25, part * 25 + 25):
        program = generate(seed, largest=10)
        program = program._replace(inputs=program.inputs[:2])
        found = judge(program, str(tmp_path), f"program-{seed}", pooled=seed % 4 == 0)
        assert not found.wrong, f"seed {seed}: {found.kind}\n{program.source}\n{found.inputs}\n{found.detail}"
        refused += found.kind == "refused"
    assert refused <= 6


# ------------------------------------------------------------------------------------------------------- the long run


def signature(found: Verdict) -> str:
    """What makes two failures probably the same bug."""
    detail = found.detail.strip().splitlines()
    last = ""
    if detail and found.kind.startswith(("crash", "engine", "not allowed", "definition")):
        told = [line for line in detail if not line.startswith(" ")]
        last = re.sub(r"<[\w-]+>:\d+: ", "", told[-1])
    hidden = r"\d+" if re.search("NameError|AttributeError|TypeError", last) else r"\d+|'[^']*'"
    return found.kind + " " + re.sub(hidden, "…", last)[:140]


def minimal(program: Program, found: Verdict, home: str) -> tuple[Program, Verdict]:
    """The smallest program that fails in the same way, with the one input that shows it."""
    wanted = signature(found)
    inputs = (found.inputs,) if found.inputs is not None else program.inputs
    count = 0

    def again(source: str) -> Verdict:
        nonlocal count
        count += 1
        return judge(
            Program(source, inputs),
            home,
            f"smaller-{count}-{abs(hash(source))}",
            pooled="pooled" in found.kind,
        )

    def fails(source: str) -> bool:
        return signature(again(source)) == wanted

    if not fails(program.source):
        return program, found
    source = shrink(program.source, fails)
    return Program(source, inputs), again(source)


def run_range(seeds: Iterable[int], folder: str, largest: int = 22) -> Counter[str]:
    """Judges programs; writes those that fail to a folder, shrunk, one for each signature."""
    counts: Counter[str] = Counter()
    seen: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as home:
        for number, seed in enumerate(seeds):
            program = generate(seed, largest)
            found = judge(program, home, f"program-{seed}", pooled=seed % 3 == 0)
            counts[found.kind] += 1
            if found.kind in ("refused", "skipped"):
                counts[f"{found.kind}: {found.detail}"[:100]] += 1
            if found.wrong:
                key = signature(found)
                seen[key] += 1
                if seen[key] == 1:
                    small, verdict = minimal(program, found, home)
                    text = f"# seed {seed}: {verdict.kind}\n# inputs {verdict.inputs or small.inputs}\n{small.source}\n"
                    detail = "\n".join("# " + line for line in verdict.detail.splitlines())
                    Path(folder, f"{seed}.py").write_text(text + detail + "\n")
                    print(f"--- {seed} {key}\n{text}{detail[-1500:]}\n", flush=True)
            if number % 100 == 99:
                print(f"... {seed}: {dict(counts)}", flush=True)
                linecache.clearcache()
                for path in Path(home).glob("executions.db*"):
                    path.unlink()
    return counts


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--programs", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--failures", default=str(Path(tempfile.gettempdir(), "language-failures")))
    parser.add_argument(
        "--largest", type=int, default=22, help="about how many statements a program has at most"
    )
    parser.add_argument("--show", type=int, help="print a program and what is wrong with it, shrunk")
    given = parser.parse_args()
    if given.show is not None:
        program = generate(given.show, given.largest)
        print(program.source)
        with tempfile.TemporaryDirectory() as home:
            found = judge(program, home, f"program-{given.show}")
            if found.wrong:
                program, found = minimal(program, found, home)
                print(program.source)
        print(found.kind, found.inputs or program.inputs, found.detail, sep="\n")
        return
    Path(given.failures).mkdir(parents=True, exist_ok=True)
    began = time.time()
    seeds = range(given.seed, given.seed + given.programs)
    if given.workers == 1:
        counts = run_range(seeds, given.failures, given.largest)
    else:
        counts = Counter()
        with ProcessPoolExecutor(given.workers) as pool:
            parts = [seeds[i :: given.workers] for i in range(given.workers)]
            for part in pool.map(
                run_range, parts, [given.failures] * len(parts), [given.largest] * len(parts)
            ):
                counts += part
    print(f"{given.programs} programs from seed {given.seed} in {time.time() - began:.0f} s")
    for kind, count in counts.most_common():
        print(f"{count:7} {kind}")


if __name__ == "__main__":
    main()
