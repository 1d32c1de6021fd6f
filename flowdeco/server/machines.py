"""State machines: created, described, listed, updated, deleted. Their versions and aliases are in `versions.py`."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final

from flowdeco.asl import variable_references
from flowdeco.asl.model import JSON
from flowdeco.server.arns import Account, Arn, check_name, read_arn
from flowdeco.server.book import Machine, MachineBook, Revision, Version
from flowdeco.server.definitions import processor_definition, refuse_invalid
from flowdeco.server.faults import Fault, invalid_arn, no_machine, validation
from flowdeco.server.paging import page
from flowdeco.server.tags import Tags

_LOG_OFF: Final[Mapping[str, JSON]] = {"level": "OFF", "includeExecutionData": False}
_OWNED_KEY: Final[Mapping[str, JSON]] = {"type": "AWS_OWNED_KEY"}


class Machines:
    """The operations on state machines. `publish` makes a version of a machine and returns it."""

    def __init__(
        self,
        book: MachineBook,
        account: Account,
        tags: Tags,
        now: Callable[[], float],
        new_id: Callable[[], str],
        publish: Callable[[Machine, str | None], Version],
    ) -> None:
        self._book = book
        self._account = account
        self._tags = tags
        self._now = now
        self._new_id = new_id
        self._publish = publish

    def create(self, request: Mapping[str, Any]) -> dict[str, JSON]:
        name = check_name(request["name"])
        type = request.get("type", "STANDARD")
        _check_version_description(request)
        refuse_invalid(request["definition"], type)
        self._tags.check(request.get("tags", ()))
        arn = self._account.arn("stateMachine", name)
        revision = Revision(
            self._new_id(),
            request["definition"],
            _role(request["roleArn"]),
            _logging(request.get("loggingConfiguration")),
            request.get("tracingConfiguration") or {"enabled": False},
            check_encryption(request.get("encryptionConfiguration")),
            self._now(),
        )
        machine = self._book.machines.get(arn)
        if machine is None:
            machine = Machine(arn, name, type, revision.updated, revision.id)
            self._book.put(revision)
            self._book.put(machine)
            self._tags.put(arn, request.get("tags", ()))
        elif machine.type != type or not self._book.revisions[machine.revision].same(revision):
            raise Fault("StateMachineAlreadyExists", f"State Machine Already Exists: '{arn}'")
        found = {"stateMachineArn": arn, "creationDate": machine.created}
        if request.get("publish"):
            found["stateMachineVersionArn"] = self._publish(machine, request.get("versionDescription")).arn
        return found

    def describe(self, request: Mapping[str, Any]) -> dict[str, JSON]:
        text = request["stateMachineArn"]
        read = read_arn(text, "stateMachine")
        machine = self._book.machine(read.bare)
        revision, created, more = self._book.revisions[machine.revision], machine.created, {}
        if read.qualifier is not None:
            version = self._book.versions.get(text)
            if version is None:
                raise no_machine(text)
            revision, created = self._book.revisions[version.revision], version.created
            more = {"description": version.description} if version.description else {}
        if not revision.first:
            more["revisionId"] = revision.id
        found = {
            "stateMachineArn": text,
            "name": machine.name,
            "status": "ACTIVE",
            "type": machine.type,
            "creationDate": created,
            **describe_revision(revision, request.get("includedData")),
            **more,
        }
        return found if read.names[0] == machine.name else {**found, **_labelled(read, revision)}

    def list(self, request: Mapping[str, Any]) -> dict[str, JSON]:
        machines = sorted(self._book.machines.values(), key=lambda machine: machine.name)
        return page(
            request,
            "stateMachines",
            machines,
            lambda machine: {
                "stateMachineArn": machine.arn,
                "name": machine.name,
                "type": machine.type,
                "creationDate": machine.created,
            },
        )

    def update(self, request: Mapping[str, Any]) -> dict[str, JSON]:
        machine = self._book.bare(request["stateMachineArn"])
        old = self._book.revisions[machine.revision]
        _check_version_description(request)
        changes: dict[str, Any] = {}
        if "definition" in request:
            refuse_invalid(request["definition"], machine.type)
            changes["definition"] = request["definition"]
        if "roleArn" in request:
            changes["role"] = _role(request["roleArn"])
        if "loggingConfiguration" in request:
            changes["logging"] = _logging(request["loggingConfiguration"])
        if "tracingConfiguration" in request:
            changes["tracing"] = request["tracingConfiguration"]
        if "encryptionConfiguration" in request:
            changes["encryption"] = check_encryption(request["encryptionConfiguration"])
        if not changes and not request.get("publish"):
            raise Fault(
                "MissingRequiredParameter",
                "Either the definition, the role ARN, the LoggingConfiguration, the TracingConfiguration or the"
                " EncryptionConfiguration must be specified",
            )
        new = replace(old, id=self._new_id(), updated=self._now(), first=False, **changes)
        if changes:
            machine = replace(machine, revision=new.id)
            self._book.put(new)
            self._book.put(machine)
        found = {"updateDate": new.updated, "revisionId": machine.revision}
        if request.get("publish"):
            found["stateMachineVersionArn"] = self._publish(machine, request.get("versionDescription")).arn
        return found

    def delete(self, request: Mapping[str, Any]) -> dict[str, JSON]:
        """Executions that run go on, and can be described as before."""
        arn = request["stateMachineArn"]
        if read_arn(arn, "stateMachine").qualifier is not None:
            raise validation("The action does not take the ARN of a version or an alias")
        machine = self._book.machines.get(arn)
        if machine is not None:
            for alias in self._book.aliases_of(arn):
                self._book.drop(alias)
            for version in self._book.versions_of(arn):
                self._book.drop(version)
            self._book.drop(machine)
            self._tags.forget(arn)
        return {}


def describe_revision(revision: Revision, included: str | None) -> dict[str, JSON]:
    """What DescribeStateMachine and DescribeStateMachineForExecution tell of a revision."""
    found: dict[str, JSON] = {
        "definition": revision.definition,
        "roleArn": revision.role,
        "loggingConfiguration": revision.logging,
        "tracingConfiguration": revision.tracing,
        "encryptionConfiguration": revision.encryption,
    }
    if included == "METADATA_ONLY":
        return {**found, "definition": "{}"}
    references = variable_references(json.loads(revision.definition))
    return {**found, "variableReferences": references} if references else found


def _labelled(read: Arn, revision: Revision) -> dict[str, JSON]:
    """The ARN is that of the machine which a distributed Map runs."""
    label = read.names[0].partition("/")[2]
    definition = processor_definition(revision.definition, label)
    if definition is None:
        raise no_machine(read.text)
    return {"label": label, "definition": definition}


def _check_version_description(request: Mapping[str, Any]) -> None:
    if request.get("versionDescription") is not None and not request.get("publish"):
        raise validation("Version description can only be set when publish is true")


def _role(arn: str) -> str:
    parts = arn.split(":")
    if len(parts) < 6 or parts[0] != "arn" or parts[2] != "iam" or not parts[5].startswith("role/"):
        raise invalid_arn(f"Invalid Role Arn: {arn}")
    return arn


def _logging(configuration: Any) -> JSON:
    if configuration is None:
        return dict(_LOG_OFF)
    found = {**_LOG_OFF, **configuration}
    if found["level"] != "OFF" and len(found.get("destinations") or ()) != 1:
        raise Fault(
            "InvalidLoggingConfiguration",
            "Invalid Logging Configuration: Must specify exactly one Log Destination.",
        )
    return found


def check_encryption(configuration: Any) -> JSON:
    """Returns an encryption configuration, which changes nothing here. Raises the Fault InvalidEncryptionConfiguration."""
    found = configuration or dict(_OWNED_KEY)
    if (found.get("kmsKeyId") is None) is (found["type"] == "CUSTOMER_MANAGED_KMS_KEY"):
        raise Fault(
            "InvalidEncryptionConfiguration",
            "Invalid Encryption Configuration: a kmsKeyId belongs to the type CUSTOMER_MANAGED_KMS_KEY, and only to it.",
        )
    return found
