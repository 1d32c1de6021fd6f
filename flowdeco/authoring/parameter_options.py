"""Command line tokens as options of a workflow's parameters.

`--learning-rate 0.1` and `--learning-rate=0.1` (also with `_`), `--lrs 0.1 --lrs 0.01` for lists, `--publish` and
`--no-publish` for bools, `--config '{"lr": 0.1}'` for structures, `--config @config.json` to read any value from a
file (`@@` for a value that starts with one @). Names are never abbreviated.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from flowdeco.authoring.parameter_kinds import Kind
from flowdeco.authoring.parameter_report import REFUSED, Place, Report, Source, shorten, suggestion


def option_of(name: str, names: Sequence[str]) -> str:
    """How the parameter `name` is spelled on the command line. `lambda_` is `--lambda`.

    >>> option_of("learning_rate", ["learning_rate"])
    '--learning-rate'
    """
    bare = name.rstrip("_")
    return "--" + (bare if bare and (bare == name or bare not in names) else name).replace("_", "-")


class _Given(NamedTuple):
    """One use of an option: as it was typed, and the text it gives. A flag gives true or false."""

    typed: str
    text: str


class OptionReader:
    """Reads tokens for parameters of these kinds, once. `given` collects what was said about each parameter."""

    def __init__(self, kinds: Mapping[str, Kind], report: Report) -> None:
        self.kinds = kinds
        self.report = report
        self.given: dict[str, list[_Given]] = {}
        self.refused: set[str] = set()
        self.strays: list[str] = []

    def read(self, tokens: Sequence[str], known: Iterable[str] = ()) -> dict[str, object]:
        """The values of the parameters that are given; `REFUSED` for those that are wrong, after reporting.

        `known` are the parameters that have a value from elsewhere.
        """
        self._split(list(tokens))
        values: dict[str, object] = dict.fromkeys(self.refused, REFUSED)
        for name, kind in self.kinds.items():
            if name in self.given:
                values[name] = self._value(name, kind, self.given[name])
        for token in self.strays:
            self._stray(token, {*values, *known})
        return values

    def _split(self, tokens: list[str]) -> None:
        """Sorts the tokens to the parameters."""
        by_option = {self.option(name).removeprefix("--").replace("-", "_"): name for name in self.kinds}
        while tokens:
            token = tokens.pop(0)
            if not token.startswith("--") or token == "--":
                self.strays.append(token)
                continue
            option, has_text, text = token.partition("=")
            spelled = option[2:].replace("-", "_")
            name = by_option.get(spelled) or (spelled if spelled in self.kinds else None)
            if name is None and spelled.startswith("no_") and (positive := by_option.get(spelled[3:])):
                self._negated(positive, option, text if has_text else None)
            elif name is None:
                self._unknown(option, text if has_text else _next_text(tokens))
            elif has_text:
                self._add(name, token, text)
            elif self.kinds[name].is_flag and (not tokens or tokens[0].lower() not in ("true", "false")):
                self._add(name, option, "true")
            else:
                self._add_next(name, option, tokens)

    def option(self, name: str) -> str:
        return option_of(name, list(self.kinds))

    def _add(self, name: str, typed: str, text: str) -> None:
        self.given.setdefault(name, []).append(_Given(typed, text))

    def _add_next(self, name: str, option: str, tokens: list[str]) -> None:
        text = _next_text(tokens)
        if text is not None:
            self._add(name, f"{option} {text}", text)
            return
        hint = f"write {option} VALUE"
        if tokens:
            hint += f", or {option}={tokens[0]} if that is the value"
        self._refuse(name, option, f"'{name}' ({self.kinds[name].text}) needs a value", hint)

    def _negated(self, name: str, option: str, text: str | None) -> None:
        positive = self.option(name)
        if not self.kinds[name].is_flag:
            message = f"'{name}' is {self.kinds[name].text}, which cannot be switched off"
            self._refuse(name, option, message, f"write {positive} VALUE")
        elif text is not None:
            message = (
                f"'{name}' (bool) is switched off by {option}, which takes no value, got {shorten(text)}"
            )
            self._refuse(name, option, message, f"write {option}, or {positive}={text}")
        else:
            self._add(name, option, "false")

    def _refuse(self, name: str, option: str, message: str, hint: str, code: str = "wrong-input") -> object:
        self.refused.add(name)
        return self.report.add(message, where=option, hint=hint, code=code)

    def _unknown(self, option: str, text: str | None) -> None:
        known = [spelling for name in self.kinds for spelling in spellings(name, self.kinds)]
        got = "" if text is None else f", got {shorten(text)}"
        owner = self.option(option[2:].partition(".")[0].replace("-", "_"))
        hint = suggestion(option, known)
        if "." in option and owner in known:
            hint = f"give the whole of it: {owner} '{{...}}', or {owner} @file.json"
        self.report.add(f"there is no option {option}{got}", where=option, hint=hint, code="unknown-input")

    def _stray(self, token: str, known: set[str]) -> None:
        free = [name for name in self.kinds if name not in known and not self.kinds[name].is_flag]
        if token.startswith("-") and token.lstrip("-"):
            options = [spelling for name in self.kinds for spelling in spellings(name, self.kinds)]
            hint = suggestion(f"--{token.lstrip('-')}", options)
            message = f"{shorten(token)} is no option: options start with two dashes"
        else:
            hint = f"write {self.option(free[0])} {token}" if free and token != "--" else "remove it"
            message = f"{shorten(token)} has no option before it: every input is given by name"
        self.report.add(message, where=None, hint=hint, code="unknown-input")

    def _value(self, name: str, kind: Kind, given: list[_Given]) -> object:
        option = self.option(name)
        place = Place(self.report, Source(option=option, where=option), name)
        if kind.repeats:
            texts = [self._text(name, one) for one in given]
            readable = [one for one in texts if one is not None]
            if len(readable) < len(texts):
                return REFUSED
            if len(readable) > 1:
                return kind.read_items(readable, place)
        elif len(given) > 1:
            shown = ", ".join(shorten(one.typed) for one in given)
            message = f"'{name}' ({kind.text}) is given {len(given)} times: {shown}"
            hint = "give it once; only lists, tuples and sets are repeated"
            return self._refuse(name, option, message, hint, "duplicate-input")
        read = self._text(name, given[0])
        if read is None:
            return REFUSED
        text, source = read
        return kind.read_text(text, Place(self.report, source, name))

    def _text(self, name: str, given: _Given) -> tuple[str, Source] | None:
        """The text of an option, from its file when it names one. None after reporting that it cannot be read."""
        text, option = given.text, self.option(name)
        if text.startswith("@@") or not text.startswith("@"):
            return text[1:] if text.startswith("@@") else text, Source(option=option, where=option)
        path = text[1:]
        try:
            with open(path, encoding="utf-8-sig") as file:
                content = file.read()
        except (OSError, UnicodeError, ValueError) as error:
            reason = (
                "it is not UTF-8 text"
                if isinstance(error, UnicodeError)
                else getattr(error, "strerror", None)
            )
            message = f"the file {shorten(path)} for '{name}' ({self.kinds[name].text}) cannot be read"
            hint = f"write {option} @{text} for a value that starts with @"
            self._refuse(name, option, f"{message}: {reason or error}", hint, "unreadable-file")
            return None
        return content, Source(option=option, where=f"{option} {text}", file=True)


def spellings(name: str, kinds: Mapping[str, Kind]) -> list[str]:
    """The options of a parameter: `--publish` and `--no-publish` for a flag, else one."""
    names = list(kinds)
    option = option_of(name, names)
    negated = "--no-" + option.removeprefix("--")
    taken = any(option_of(other, names) == negated for other in names)
    return [option, negated] if kinds[name].is_flag and not taken else [option]


def _next_text(tokens: list[str]) -> str | None:
    """Takes the next token when it is a value. What starts with one dash is (`-0.5`); two dashes start an option."""
    if not tokens or (tokens[0].startswith("--") and len(tokens[0]) > 2):
        return None
    return tokens.pop(0)
