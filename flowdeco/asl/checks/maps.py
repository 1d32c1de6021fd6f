"""Map states: what only a distributed one has, labels, readers, batches and writers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from flowdeco.asl.codes import doubtful, refused
from flowdeco.asl.model import JSON
from flowdeco.asl.scopes import Scope, Site
from flowdeco.errors import Finding, did_you_mean
from flowdeco.query import is_expression

_S3_FIELDS: Final = ("ItemReader", "ItemBatcher", "ResultWriter")
_UNUSED_INLINE: Final = (
    "Label",
    "ToleratedFailureCount",
    "ToleratedFailureCountPath",
    "ToleratedFailurePercentage",
    "ToleratedFailurePercentagePath",
)
LONGEST_LABEL: Final = 40
_NOT_IN_LABELS: Final = frozenset('?*<>{}[]"#%\\^|~`$&,;:/')

_READERS: Final = ("s3:getObject", "s3:listObjectsV2")
_WRITERS: Final = ("s3:putObject",)
_READER_FIELDS: Final = ("Resource", "ReaderConfig", "Parameters", "Arguments", "Comment")
_WRITER_FIELDS: Final = ("Resource", "WriterConfig", "Parameters", "Arguments", "Comment")
_BATCH_FIELDS: Final = (
    "MaxItemsPerBatch",
    "MaxItemsPerBatchPath",
    "MaxInputBytesPerBatch",
    "MaxInputBytesPerBatchPath",
    "BatchInput",
)
_READER_CONFIG: Final[Mapping[str, tuple[str, ...]]] = {
    "InputType": ("CSV", "JSON", "JSONL", "PARQUET", "MANIFEST"),
    "Transformation": ("NONE", "LOAD_AND_FLATTEN"),
    "ManifestType": ("ATHENA_DATA", "S3_INVENTORY"),
    "CSVDelimiter": ("COMMA", "PIPE", "SEMICOLON", "SPACE", "TAB"),
    "CSVHeaderLocation": ("FIRST_ROW", "GIVEN"),
    "CSVHeaders": (),
    "ItemsPointer": (),
    "MaxItems": (),
    "MaxItemsPath": (),
}
_WRITER_CONFIG: Final[Mapping[str, tuple[str, ...]]] = {
    "OutputType": ("JSON", "JSONL"),
    "Transformation": ("NONE", "COMPACT", "FLATTEN"),
}


def map_state(site: Site) -> Iterator[Finding]:
    """The fields of a Map against its mode."""
    if site.type != "Map":
        return
    if site.is_distributed:
        yield from _distributed(site)
    else:
        yield from _inline(site)
    yield from _reader(site.body.get("ItemReader"), f"{site.where}.ItemReader")
    yield from _batcher(site.body.get("ItemBatcher"), f"{site.where}.ItemBatcher")
    yield from _writer(site.body.get("ResultWriter"), f"{site.where}.ResultWriter")


def _inline(site: Site) -> Iterator[Finding]:
    hint = 'set ProcessorConfig to {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}'
    for name in _S3_FIELDS:
        if name in site.body:
            yield refused(
                f"{site.where}.{name}", f"{name} is for distributed Maps, and this one is inline", hint
            )
    for name in _UNUSED_INLINE:
        if name in site.body:
            text = f"{name} has no effect: it is for distributed Maps, and this one is inline"
            yield doubtful(f"{site.where}.{name}", text, hint, "DISTRIBUTED_ONLY")


def _distributed(site: Site) -> Iterator[Finding]:
    assert site.processor is not None
    where = f"{site.where}.{site.processor[0]}.ProcessorConfig"
    if "ExecutionType" not in site.config:
        yield refused(where, "These fields are required: [ExecutionType]", "it is STANDARD or EXPRESS")
    if site.scope.express:
        text = "Express state machine does not support distributed Maps"
        yield refused(f"{where}.Mode", text, "it needs a Standard state machine, or Mode: INLINE")
    if "ItemReader" in site.body and "ResultWriter" not in site.body:
        text = "the results of all items are the state's output, which can have 256 KiB"
        hint = "write them to S3 with a ResultWriter"
        yield doubtful(site.where, text, hint, "PAYLOAD_RISK")


def labels(scopes: Sequence[Scope]) -> Iterator[Finding]:
    """Labels are short, plain, and unique in the whole machine."""
    first: dict[str, str] = {}
    for scope in scopes:
        for site in scope.sites():
            label = site.body.get("Label")
            if site.type != "Map" or not isinstance(label, str):
                continue
            where = f"{site.where}.Label"
            if label in first:
                yield refused(where, f"Label {label!r} is not unique", f"the other one is {first[label]}")
            first.setdefault(label, where)
            if not label or len(label) > LONGEST_LABEL:
                yield refused(where, f"Label has {len(label)} characters, and can have 1 to {LONGEST_LABEL}")
            wrong = sorted({c for c in label if c in _NOT_IN_LABELS or c.isspace() or not c.isprintable()})
            if wrong:
                shown = " ".join(map(repr, wrong))
                yield refused(where, f"Label {label!r} has characters in it that it cannot have: {shown}")


def _reader(part: JSON, where: str) -> Iterator[Finding]:
    if not isinstance(part, dict):
        return
    yield from _known(part, where, _READER_FIELDS)
    yield from _resource(part, where, _READERS)
    config = part.get("ReaderConfig")
    if isinstance(config, dict):
        where = f"{where}.ReaderConfig"
        yield from _choices(config, where, _READER_CONFIG)
        yield from _headers(config, where)


def _headers(config: Mapping[str, JSON], where: str) -> Iterator[Finding]:
    given = config.get("CSVHeaderLocation")
    headers = config.get("CSVHeaders")
    if config.get("InputType") == "CSV" and "CSVHeaderLocation" not in config:
        yield refused(where, "These fields are required: [CSVHeaderLocation]", "it is FIRST_ROW or GIVEN")
    if given == "GIVEN" and headers is None:
        yield refused(where, "These fields are required: [CSVHeaders]", "they are the names of the columns")
    if headers is not None and not (isinstance(headers, list) and all(isinstance(h, str) for h in headers)):
        yield refused(f"{where}.CSVHeaders", "CSVHeaders is an array of strings")


def _batcher(part: JSON, where: str) -> Iterator[Finding]:
    if isinstance(part, dict):
        yield from _known(part, where, _BATCH_FIELDS)
        if not part.keys() & set(_BATCH_FIELDS[:-1]):
            text = (
                "an ItemBatcher has MaxItemsPerBatch, MaxInputBytesPerBatch or both, and this one has neither"
            )
            yield refused(where, text)


def _writer(part: JSON, where: str) -> Iterator[Finding]:
    if not isinstance(part, dict):
        return
    yield from _known(part, where, _WRITER_FIELDS)
    config = part.get("WriterConfig")
    if isinstance(config, dict):
        yield from _choices(config, f"{where}.WriterConfig", _WRITER_CONFIG)
    if config is None or "Resource" in part:
        yield from _resource(part, where, _WRITERS)


def _resource(part: Mapping[str, JSON], where: str, known: tuple[str, ...]) -> Iterator[Finding]:
    resource = part.get("Resource")
    if "Resource" not in part:
        yield refused(where, "These fields are required: [Resource]", f"it is {_arns(known)}")
    elif not isinstance(resource, str) or not any(_is(resource, action) for action in known):
        text = f"The resource provided {resource} is not recognized."
        yield refused(f"{where}.Resource", text, f"it is {_arns(known)}")


def _is(resource: str, action: str) -> bool:
    head, states, tail = resource.partition(":states:::")
    return bool(states) and head.startswith("arn:aws") and tail == action


def _arns(actions: tuple[str, ...]) -> str:
    return " or ".join(f"arn:aws:states:::{action}" for action in actions)


def _known(part: Mapping[str, JSON], where: str, known: Sequence[str]) -> Iterator[Finding]:
    for name in part:
        if name not in known:
            text = f"field {name!r} is not known here"
            yield refused(
                f"{where}.{name}", text, did_you_mean(name, known) or f"there are {', '.join(known)}"
            )


def _choices(
    config: Mapping[str, JSON], where: str, known: Mapping[str, tuple[str, ...]]
) -> Iterator[Finding]:
    yield from _known(config, where, list(known))
    for name, values in known.items():
        value = config.get(name)
        if not values or value is None or value in values:
            continue
        if not isinstance(value, str) or not is_expression(value):
            yield refused(f"{where}.{name}", f"{name} is one of {', '.join(values)}")
