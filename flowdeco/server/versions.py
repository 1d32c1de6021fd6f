"""Versions of state machines, and the aliases that lead to them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from random import Random
from typing import Any, Final

from flowdeco.asl.model import JSON
from flowdeco.server.arns import read_arn
from flowdeco.server.book import Alias, Machine, MachineBook, Target, Version
from flowdeco.server.faults import Fault, conflict, no_machine, no_resource, validation
from flowdeco.server.paging import page

_ROUTING: Final = "INVALID_ROUTING_CONFIGURATION"
_MOST_VERSIONS: Final = 1000
_MOST_ALIASES: Final = 100


class Versions:
    """The operations on versions and aliases. `random` chooses between the versions of an alias."""

    def __init__(self, book: MachineBook, now: Callable[[], float], random: Random) -> None:
        self._book = book
        self._now = now
        self._random = random

    # --- versions -----------------------------------------------------------------------------------------

    def publish(self, request: Mapping[str, Any]) -> dict[str, JSON]:
        machine = self._book.bare(request["stateMachineArn"])
        revision = self._book.revisions[machine.revision]
        wanted = request.get("revisionId")
        if wanted is not None and wanted != ("INITIAL" if revision.first else revision.id):
            raise conflict(
                f"Failed to publish the State Machine version for revision {wanted}. The current State Machine"
                f" revision is {'INITIAL' if revision.first else revision.id}."
            )
        version = self.make(machine, request.get("description"))
        return {"stateMachineVersionArn": version.arn, "creationDate": version.created}

    def make(self, machine: Machine, description: str | None) -> Version:
        """Publishes the machine as it is now; the version that it is already published as, if there is one."""
        existing = self._book.versions_of(machine.arn)
        if existing and existing[0].revision == machine.revision:
            return existing[0]
        if len(existing) >= _MOST_VERSIONS:
            raise Fault(
                "ServiceQuotaExceededException", f"A state machine has {_MOST_VERSIONS} versions at most"
            )
        number = machine.published + 1
        version = Version(
            f"{machine.arn}:{number}", machine.arn, number, machine.revision, self._now(), description or ""
        )
        self._book.put(version)
        self._book.put(replace(machine, published=number))
        return version

    def list(self, request: Mapping[str, Any]) -> dict[str, JSON]:
        arn = request["stateMachineArn"]
        if read_arn(arn, "stateMachine").qualifier is not None:
            raise validation("The action does not take the ARN of a version or an alias")
        return page(
            request,
            "stateMachineVersions",
            self._book.versions_of(arn),
            lambda version: {"stateMachineVersionArn": version.arn, "creationDate": version.created},
            arn,
        )

    def delete(self, request: Mapping[str, Any]) -> dict[str, JSON]:
        arn = request["stateMachineVersionArn"]
        read = read_arn(arn, "stateMachine")
        if read.qualifier is None or not read.qualifier.isdecimal():
            raise validation("The ARN is not that of a version of a state machine")
        used = [alias.arn for alias in self._book.aliases_of(read.bare) if arn in dict(alias.routing)]
        if used:
            raise conflict(
                f"Version to be deleted must not be referenced by an alias. Current list of aliases: {used}"
            )
        version = self._book.versions.get(arn)
        if version is not None:
            self._book.drop(version)
        return {}

    # --- aliases ------------------------------------------------------------------------------------------

    def create_alias(self, request: Mapping[str, Any]) -> dict[str, JSON]:
        routing = self._routing(request["routingConfiguration"])
        machine = read_arn(routing[0][0], "stateMachine").bare
        name = request["name"]
        alias = Alias(
            f"{machine}:{name}",
            machine,
            name,
            routing,
            self._now(),
            self._now(),
            request.get("description") or "",
        )
        existing = self._book.aliases.get(alias.arn)
        if existing is None:
            if len(self._book.aliases_of(machine)) >= _MOST_ALIASES:
                raise Fault(
                    "ServiceQuotaExceededException", f"A state machine has {_MOST_ALIASES} aliases at most"
                )
            self._book.put(alias)
            existing = alias
        elif (existing.routing, existing.description) != (routing, alias.description):
            raise conflict(
                "Failed to create alias because an alias with the same name and a different routing exists"
            )
        return {"stateMachineAliasArn": existing.arn, "creationDate": existing.created}

    def describe_alias(self, request: Mapping[str, Any]) -> dict[str, JSON]:
        alias = self._alias(request)
        return {
            "stateMachineAliasArn": alias.arn,
            "name": alias.name,
            "description": alias.description,
            "routingConfiguration": [
                {"stateMachineVersionArn": version, "weight": weight} for version, weight in alias.routing
            ],
            "creationDate": alias.created,
            "updateDate": alias.updated,
        }

    def update_alias(self, request: Mapping[str, Any]) -> dict[str, JSON]:
        alias = self._alias(request)
        if request.get("description") is None and request.get("routingConfiguration") is None:
            raise validation(
                "Either the description or the RoutingConfiguration must be specified",
                "MISSING_REQUIRED_PARAMETER",
            )
        routing = alias.routing
        if request.get("routingConfiguration") is not None:
            routing = self._routing(request["routingConfiguration"], alias.machine)
        description = request.get("description")
        changed = replace(
            alias,
            routing=routing,
            description=alias.description if description is None else description,
            updated=self._now(),
        )
        self._book.put(changed)
        return {"updateDate": changed.updated}

    def delete_alias(self, request: Mapping[str, Any]) -> dict[str, JSON]:
        self._book.drop(self._alias(request))
        return {}

    def list_aliases(self, request: Mapping[str, Any]) -> dict[str, JSON]:
        """Those of a machine, or those that lead to one version of it."""
        arn = request["stateMachineArn"]
        read = read_arn(arn, "stateMachine")
        self._book.machine(read.bare)
        if read.qualifier is not None and arn not in self._book.versions:
            raise no_resource(arn)
        found = [
            alias
            for alias in self._book.aliases_of(read.bare)
            if read.qualifier is None or arn in dict(alias.routing)
        ]
        return page(
            request,
            "stateMachineAliases",
            found,
            lambda alias: {"stateMachineAliasArn": alias.arn, "creationDate": alias.created},
            arn,
        )

    def _alias(self, request: Mapping[str, Any]) -> Alias:
        arn = request["stateMachineAliasArn"]
        if read_arn(arn, "stateMachine").qualifier is None:
            raise validation("The ARN is not that of an alias of a state machine")
        found = self._book.aliases.get(arn)
        if found is None:
            raise no_resource(arn)
        return found

    def _routing(
        self, rules: Sequence[Mapping[str, Any]], machine: str | None = None
    ) -> tuple[tuple[str, int], ...]:
        routing = tuple(
            (rule["stateMachineVersionArn"], rule["weight"]) for rule in rules if rule is not None
        )
        if sum(weight for _, weight in routing) != 100:
            raise validation("Sum of routing configuration weights must be equal to 100", _ROUTING)
        machines = {read_arn(version, "stateMachine").bare for version, _ in routing}
        if len(dict(routing)) < len(routing) or len(machines | ({machine} if machine else set())) > 1:
            raise validation(
                "Routing configuration must name different versions of one state machine", _ROUTING
            )
        for version, _ in routing:
            if version not in self._book.versions:
                raise no_resource(version)
        return routing

    # --- what is started ----------------------------------------------------------------------------------

    def target(self, arn: str) -> Target:
        """What an ARN means to StartExecution: a machine, one of its versions, or what an alias leads to."""
        read = read_arn(arn, "stateMachine")
        machine = self._book.machines.get(read.bare)
        if machine is None or "/" in arn:
            raise no_machine(arn)
        if read.qualifier is None:
            return Target(machine, self._book.revisions[machine.revision])
        alias = self._book.aliases.get(arn)
        if alias is not None:
            names, weights = zip(*alias.routing, strict=True)
            arn = self._random.choices(names, weights)[0]
        version = self._book.versions.get(arn)
        if version is None:
            raise no_machine(arn)
        revision = self._book.revisions[version.revision]
        return Target(machine, revision, version.arn, None if alias is None else alias.arn)
