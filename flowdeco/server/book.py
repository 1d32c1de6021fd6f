"""What is known of state machines: a machine has revisions, some of them are versions, and aliases lead to versions."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from flowdeco.asl.model import JSON
from flowdeco.server.arns import read_arn
from flowdeco.server.database import Database
from flowdeco.server.faults import no_machine, validation


@dataclass(frozen=True, slots=True)
class Revision:
    """What an update changes. `updated` is in seconds since 1970; `first` until the machine is updated."""

    id: str
    definition: str
    role: str
    logging: JSON
    tracing: JSON
    encryption: JSON
    updated: float
    first: bool = True

    def same(self, other: Revision) -> bool:
        """Whether nothing but the role, the time and the id differ: the role is no part of what must match."""
        mine, others = ((one.definition, one.logging, one.tracing, one.encryption) for one in (self, other))
        return mine == others


@dataclass(frozen=True, slots=True)
class Machine:
    """A state machine. `published` is the number of its latest version, 0 when it has never had one."""

    arn: str
    name: str
    type: str
    created: float
    revision: str
    published: int = 0


@dataclass(frozen=True, slots=True)
class Version:
    """A revision with a number, which stays as it is."""

    arn: str
    machine: str
    number: int
    revision: str
    created: float
    description: str = ""


@dataclass(frozen=True, slots=True)
class Alias:
    """A name for one version, or for two with weights in percent."""

    arn: str
    machine: str
    name: str
    routing: tuple[tuple[str, int], ...]
    created: float
    updated: float
    description: str = ""


@dataclass(frozen=True, slots=True)
class Target:
    """What an execution is started of: a machine in one revision, and through which version and alias."""

    machine: Machine
    revision: Revision
    version: str | None = None
    alias: str | None = None


class MachineBook:
    """All machines, revisions, versions and aliases: in memory, and kept in the database."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.machines = {one["arn"]: Machine(**one) for one in database.load("machine")}
        self.revisions = {one["id"]: Revision(**one) for one in database.load("revision")}
        self.versions = {one["arn"]: Version(**one) for one in database.load("version")}
        self.aliases = {
            one["arn"]: Alias(**{**one, "routing": tuple(map(tuple, one["routing"]))})
            for one in database.load("alias")
        }

    def put(self, thing: Machine | Revision | Version | Alias) -> None:
        match thing:
            case Machine():
                self._database.put("machine", thing.arn, asdict(thing))
                self.machines[thing.arn] = thing
            case Revision():
                self._database.put("revision", thing.id, asdict(thing))
                self.revisions[thing.id] = thing
            case Version():
                self._database.put("version", thing.arn, asdict(thing))
                self.versions[thing.arn] = thing
            case Alias():
                self._database.put("alias", thing.arn, asdict(thing))
                self.aliases[thing.arn] = thing

    def drop(self, thing: Machine | Version | Alias) -> None:
        match thing:
            case Machine():
                self._database.drop("machine", thing.arn)
                del self.machines[thing.arn]
            case Version():
                self._database.drop("version", thing.arn)
                del self.versions[thing.arn]
            case Alias():
                self._database.drop("alias", thing.arn)
                del self.aliases[thing.arn]

    def machine(self, arn: str) -> Machine:
        """The machine with this very ARN. Raises the Fault StateMachineDoesNotExist."""
        found = self.machines.get(arn)
        if found is None:
            raise no_machine(arn)
        return found

    def bare(self, arn: str) -> Machine:
        """The same, for an operation that takes no version and no alias."""
        read = read_arn(arn, "stateMachine")
        if read.qualifier is not None:
            raise validation("The action does not take the ARN of a version or an alias")
        return self.machine(arn)

    def versions_of(self, machine: str) -> list[Version]:
        """The versions of a machine, the latest first."""
        found = [version for version in self.versions.values() if version.machine == machine]
        return sorted(found, key=lambda version: version.number, reverse=True)

    def aliases_of(self, machine: str) -> list[Alias]:
        found = [alias for alias in self.aliases.values() if alias.machine == machine]
        return sorted(found, key=lambda alias: alias.name)
