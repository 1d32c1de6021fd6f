"""Writing the results of a distributed Map: one file per outcome, and a manifest that lists them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias, assert_never

from flowdeco.asl.model import JSON
from flowdeco.engine.code import WriterRule
from flowdeco.engine.failure import StateError
from flowdeco.engine.limits import encode
from flowdeco.engine.objects import Objects
from flowdeco.engine.strand import Visit, instant
from flowdeco.engine.transfer import transfer

RESULT_WRITER_FAILED = "States.ResultWriterFailed"
ChildStatus: TypeAlias = Literal["SUCCEEDED", "FAILED", "ABORTED", "PENDING"]


@dataclass(frozen=True, slots=True)
class ChildResult:
    """What became of a child execution. PENDING: it was never started, and has no times."""

    execution: str
    state_machine: str
    status: ChildStatus
    input: JSON
    output: JSON = None
    error: str | None = None
    cause: str | None = None
    started: float = 0.0
    stopped: float = 0.0

    def document(self) -> dict[str, JSON]:
        """The execution as the service describes it."""
        name = self.execution.rpartition(":")[2]
        described: dict[str, JSON] = {
            "ExecutionArn": self.execution,
            "Input": encode(self.input),
            "InputDetails": {"Included": True},
            "Name": name,
            "RedriveCount": 0,
            "RedriveStatus": "REDRIVABLE_BY_MAP_RUN",
            "StateMachineArn": self.state_machine,
            "Status": self.status,
        }
        if self.status == "PENDING":
            return described
        described["StartDate"] = instant(self.started)
        described["StopDate"] = instant(self.stopped)
        if self.status == "SUCCEEDED":
            described["Output"] = encode(self.output)
            described["OutputDetails"] = {"Included": True}
            described["RedriveStatus"] = "NOT_REDRIVABLE"
            described["RedriveStatusReason"] = "Execution is SUCCEEDED and cannot be redriven"
        if self.error is not None:
            described["Error"] = self.error
        if self.cause is not None:
            described["Cause"] = self.cause
        return dict(sorted(described.items()))


def transformed(rule: WriterRule, children: Iterable[ChildResult]) -> list[JSON]:
    """What a writer makes of children that succeeded."""
    match rule.transformation:
        case "NONE":
            return [child.document() for child in children]
        case "COMPACT":
            return [child.output for child in children]
        case "FLATTEN":
            flat: list[JSON] = []
            for child in children:
                flat.extend(child.output if isinstance(child.output, list) else [child.output])
            return flat
        case _:
            assert_never(rule.transformation)


@dataclass(frozen=True, slots=True)
class Writing:
    """What a writer is to do, its fields evaluated. `write` returns the output of the state."""

    objects: Objects
    rule: WriterRule
    bucket: str
    prefix: str
    map_run: str
    children: Sequence[ChildResult]

    def write(self) -> JSON:
        """Writes all files. Raises ObjectError, and what the objects raise."""
        run = self.map_run.rpartition(":")[2]
        folder = f"{self.prefix.removesuffix('/')}/{run}" if self.prefix else run
        succeeded = transformed(self.rule, self._of("SUCCEEDED"))
        contents = {
            "FAILED": [child.document() for child in self._of("FAILED", "ABORTED")],
            "PENDING": [child.document() for child in self._of("PENDING")],
            "SUCCEEDED": succeeded,
        }
        files: dict[str, list[JSON]] = {status: [] for status in contents}
        for status, results in contents.items():
            if results:
                key = f"{folder}/{status}_0.{'jsonl' if self.rule.lines else 'json'}"
                data = _text(results, self.rule.lines).encode()
                self.objects.put(self.bucket, key, data)
                files[status].append({"Key": key, "Size": len(data)})
        manifest = {"DestinationBucket": self.bucket, "MapRunArn": self.map_run, "ResultFiles": files}
        key = f"{folder}/manifest.json"
        self.objects.put(self.bucket, key, encode(manifest).encode())
        return {"MapRunArn": self.map_run, "ResultWriterDetails": {"Bucket": self.bucket, "Key": key}}

    def _of(self, *statuses: ChildStatus) -> list[ChildResult]:
        return [child for child in self.children if child.status in statuses]


def _text(results: list[JSON], lines: bool) -> str:
    return "".join(f"{encode(result)}\n" for result in results) if lines else encode(results)


@dataclass(frozen=True, slots=True)
class Destination:
    """Where the results of a map run go; None for both: only into the output of the state."""

    rule: WriterRule
    objects: Objects | None
    bucket: str
    prefix: str

    async def write(self, map_run: str, children: Sequence[ChildResult]) -> JSON:
        """Writes the results, and returns the output of the state. Raises StateError."""
        if self.objects is None:
            return transformed(self.rule, [child for child in children if child.status == "SUCCEEDED"])
        writing = Writing(self.objects, self.rule, self.bucket, self.prefix, map_run, children)
        return await transfer(writing.write, RESULT_WRITER_FAILED)


def prepare_writing(rule: WriterRule, visit: Visit) -> Destination:
    """Evaluates the fields of a writer. Raises StateError."""
    if rule.arguments is None:
        return Destination(rule, None, "", "")
    arguments = rule.arguments.read(visit)
    given = arguments if isinstance(arguments, dict) else {}
    bucket, prefix = given.get("Bucket"), given.get("Prefix", "")
    if not isinstance(bucket, str) or not isinstance(prefix, str):
        raise StateError(RESULT_WRITER_FAILED, "The field 'Bucket' is required but was missing")
    return Destination(rule, visit.strand.run.world.objects, bucket, prefix)
