"""The states of a definition as checks visit them: one by one, each with its place and what surrounds it.

The document is read as it is, so a definition with a mistake in it can be checked for others. What has the wrong
shape is left out here: `parse` reports it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from flowdeco.asl.model import JSON, QueryLanguage


@dataclass(frozen=True, slots=True)
class Scope:
    """The states of a machine, branch or item processor. `where` is empty for the machine.

    `outer`: the Parallel or Map it is in. `language`: what its states speak unless they say otherwise.
    `distributed`: its executions are their own. `express`: they are Express.
    """

    document: Mapping[str, JSON]
    where: str
    outer: Site | None
    language: QueryLanguage
    distributed: bool
    express: bool

    @property
    def states(self) -> dict[str, dict[str, JSON]]:
        """Its states that are objects."""
        states = self.document.get("States")
        if not isinstance(states, dict):
            return {}
        return {name: body for name, body in states.items() if isinstance(body, dict)}

    @property
    def start(self) -> str | None:
        """The name in StartAt when there is such a state."""
        start = self.document.get("StartAt")
        return start if isinstance(start, str) and start in self.states else None

    def sites(self) -> Iterator[Site]:
        """Its states, in order of writing."""
        prefix = f"{self.where}.States" if self.where else "States"
        for name, body in self.states.items():
            language = _language(body) or self.language
            yield Site(name, body, f"{prefix}.{name}", language, self)


@dataclass(frozen=True, slots=True)
class Site:
    """A state, and where it stands: `States.Train`."""

    name: str
    body: Mapping[str, JSON]
    where: str
    language: QueryLanguage
    scope: Scope

    @property
    def type(self) -> str:
        """Its Type; empty when it has none."""
        kind = self.body.get("Type")
        return kind if isinstance(kind, str) else ""

    @property
    def processor(self) -> tuple[str, Mapping[str, JSON]] | None:
        """The item processor of a Map, and its field: ItemProcessor, or Iterator as it was called once."""
        for field in ("ItemProcessor", "Iterator"):
            if isinstance(self.body.get(field), dict):
                return field, self.body[field]
        return None

    @property
    def config(self) -> Mapping[str, JSON]:
        """ProcessorConfig of a Map, empty when there is none."""
        config = self.processor[1].get("ProcessorConfig") if self.processor else None
        return config if isinstance(config, dict) else {}

    @property
    def is_distributed(self) -> bool:
        """It is a Map that starts executions."""
        return self.config.get("Mode") == "DISTRIBUTED"

    def entries(self, field: str) -> Iterator[tuple[str, Mapping[str, JSON]]]:
        """The objects of a field that holds an array (Retry, Catch, Choices, Branches), each with its place."""
        entries = self.body.get(field)
        for i, entry in enumerate(entries if isinstance(entries, list) else ()):
            if isinstance(entry, dict):
                yield f"{self.where}.{field}[{i}]", entry

    def scopes(self) -> Iterator[Scope]:
        """The scopes inside it."""
        outer = self.scope
        if self.type == "Parallel":
            for where, branch in self.entries("Branches"):
                language = _language(branch) or outer.language
                yield Scope(branch, where, self, language, False, outer.express)
        elif self.type == "Map" and self.processor is not None:
            field, processor = self.processor
            language = _language(processor) or outer.language
            apart = self.is_distributed
            express = self.config.get("ExecutionType") == "EXPRESS" if apart else outer.express
            yield Scope(processor, f"{self.where}.{field}", self, language, apart, express)


def scopes_of(document: Mapping[str, JSON], *, express: bool) -> list[Scope]:
    """Every scope of a machine, the outer before the inner, as they are written."""
    scopes: list[Scope] = []
    waiting = [Scope(document, "", None, _language(document) or "JSONPath", False, express)]
    while waiting:
        scope = waiting.pop()
        scopes.append(scope)
        waiting += reversed([inner for site in scope.sites() for inner in site.scopes()])
    return scopes


def _language(part: Mapping[str, JSON]) -> QueryLanguage | None:
    language = part.get("QueryLanguage")
    return language if language in ("JSONPath", "JSONata") else None
