"""A distributed Map that reads its items from objects and writes its results to objects."""

from __future__ import annotations

import gzip
import json

import pytest

from flowdeco.asl.parse import parse
from flowdeco.engine import Execution, MemoryObjects, SkippingClock, TaskFailure, run
from flowdeco.errors import DefinitionError

GET, LIST, PUT = (f"arn:aws:states:::s3:{action}" for action in ("getObject", "listObjectsV2", "putObject"))
WHERE = {"Bucket": "b", "Key": "k"}


@pytest.fixture
def mapped(scope):
    """A distributed Map; its items are what the Pass in it is given, unless there are other states."""

    def mapped(states=None, **fields):
        config = {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}
        return {
            "Type": "Map",
            "ItemProcessor": scope(states or {"P": {"Type": "Pass"}}, ProcessorConfig=config),
            **fields,
        }

    return mapped


@pytest.fixture
def read(play, mapped):
    """The record of a Map that reads: `read(objects, ReaderConfig fields)`."""

    def read(contents, *, resource=GET, arguments=WHERE, workers=0, input=None, **config):
        reader = {"Resource": resource, "Arguments": arguments, "ReaderConfig": config}
        objects = MemoryObjects({"b": contents}, modified=1.5)
        return play({"M": mapped(ItemReader=reader)}, input, objects=objects, workers=workers)

    return read


def findings(states, **options):
    with pytest.raises(DefinitionError) as caught:
        run(parse({"QueryLanguage": "JSONata", "StartAt": "M", "States": states}), {}, handlers={}, **options)
    return {finding.where: finding.message for finding in caught.value.findings}


# --- reading --------------------------------------------------------------------------------------------------


def test_the_history_of_a_map_that_reads(read):
    record = read({"k": "[3, 4]"}, InputType="JSON")
    assert record.output == [3, 4]
    assert [(e.type, e.previous_event_id) for e in record.events] == [
        ("ExecutionStarted", 0),
        ("MapStateEntered", 0),
        ("MapStateStarted", 2),
        ("MapRunStarted", 3),
        ("MapRunSucceeded", 4),
        ("MapStateSucceeded", 5),
        ("MapStateExited", 5),
        ("ExecutionSucceeded", 7),
    ]
    assert record.events[2].details == {"length": 0}
    assert (record.map_runs[0].total, record.map_runs[0].succeeded) == (2, 2)


@pytest.mark.parametrize("workers", [0, 2])
@pytest.mark.parametrize(
    ("contents", "config", "expected"),
    [
        ('{"a": [1, [2]]}', {"InputType": "JSON", "ItemsPointer": "/a/1"}, [2]),
        ('{"~/": [5]}', {"InputType": "JSON", "ItemsPointer": "/~0~1"}, [5]),
        ("1\n{}\n", {"InputType": "JSONL"}, [1, {}]),
        ("h\n1\n2\n", {"InputType": "CSV", "CSVHeaderLocation": "FIRST_ROW"}, [{"h": "1"}, {"h": "2"}]),
        (
            "1\t2\n",
            {
                "InputType": "CSV",
                "CSVHeaderLocation": "GIVEN",
                "CSVHeaders": ["x", "y"],
                "CSVDelimiter": "TAB",
            },
            [{"x": "1", "y": "2"}],
        ),
        ("[1, 2, 3]", {"InputType": "JSON", "MaxItems": 2}, [1, 2]),
        ("[1, 2, 3]", {"InputType": "JSON", "MaxItems": 0}, [1, 2, 3]),
        ("[1, 2, 3]", {"InputType": "JSON", "MaxItems": "{% $states.input.most %}"}, [1]),
        ("[]", {"InputType": "JSON"}, []),
    ],
)
def test_what_is_read(read, workers, contents, config, expected):
    assert read({"k": contents}, workers=workers, input={"most": 1}, **config).output == expected


def test_parquet_is_read(read):
    arrow = pytest.importorskip("pyarrow")
    import io

    from pyarrow import parquet

    file = io.BytesIO()
    parquet.write_table(arrow.table({"n": [1, 2]}), file)
    assert read({"k": file.getvalue()}, InputType="PARQUET").output == [{"n": 1}, {"n": 2}]


def test_objects_are_listed(read):
    contents = {"in/b": "22", "in/a": "1", "out/a": ""}
    record = read(contents, resource=LIST, arguments={"Bucket": "b", "Prefix": "in/"})
    assert [(item["Key"], item["Size"]) for item in record.output] == [("in/a", 1), ("in/b", 2)]
    assert record.output[0] == {
        "Etag": '"c4ca4238a0b923820dcc509a6f75849b"',
        "Key": "in/a",
        "LastModified": 1.0,
        "Size": 1,
        "StorageClass": "STANDARD",
    }
    assert len(read(contents, resource=LIST, arguments={"Bucket": "b"}, MaxItems=2).output) == 2


def test_objects_are_listed_and_read(read):
    contents = {"in/": "", "in/a": "[1, 2]", "in/b": "[3]", "x": "["}
    record = read(
        contents,
        resource=LIST,
        arguments={"Bucket": "b", "Prefix": "in/"},
        InputType="JSON",
        Transformation="LOAD_AND_FLATTEN",
    )
    assert record.output == [1, 2, 3]


@pytest.mark.parametrize("config", [{"InputType": "MANIFEST"}, {"ManifestType": "S3_INVENTORY"}])
def test_an_inventory_is_read(read, config):
    manifest = {
        "destinationBucket": "arn:aws:s3:::b",
        "fileFormat": "CSV",
        "fileSchema": "Bucket, Key, Size",
        "files": [{"key": "1.csv.gz"}, {"key": "2.csv"}],
    }
    contents = {
        "k": json.dumps(manifest),
        "1.csv.gz": gzip.compress(b'"b","a%20b","1"\n'),
        "2.csv": '"b","c","2"\n',
    }
    assert read(contents, **config).output == [
        {"Bucket": "b", "Key": "a%20b", "Size": "1"},
        {"Bucket": "b", "Key": "c", "Size": "2"},
    ]


def test_an_inventory_in_parquet_is_read(read):
    arrow = pytest.importorskip("pyarrow")
    import io

    from pyarrow import parquet

    file = io.BytesIO()
    parquet.write_table(arrow.table({"key": ["a"]}), file)
    manifest = {
        "destinationBucket": "arn:aws:s3:::b",
        "fileFormat": "Parquet",
        "fileSchema": "message s3.inventory {}",
        "files": [{"key": "1"}],
    }
    contents = {"k": json.dumps(manifest), "1": file.getvalue()}
    assert read(contents, InputType="MANIFEST").output == [{"key": "a"}]


def test_the_files_of_an_athena_manifest_are_read(read):
    contents = {"k": "s3://b/1\n\n s3://b/2\n", "1": "1\n2", "2": "3"}
    assert read(contents, InputType="JSONL", ManifestType="ATHENA_DATA").output == [1, 2, 3]


@pytest.mark.parametrize(
    ("contents", "arguments", "config", "cause"),
    [
        ({}, WHERE, {}, "The specified key does not exist. (Service: S3; Error Code: NoSuchKey)"),
        (
            {},
            {"Bucket": "c", "Key": "k"},
            {},
            "The specified bucket does not exist. (Service: S3; Error Code: NoSuchBucket)",
        ),
        ({"k": "{}"}, WHERE, {}, "Attempting to map over non-iterable node."),
        ({}, {"Bucket": "b"}, {}, "The field 'Key' is required but was missing"),
        ({}, "{% 'b' %}", {}, "The field 'Bucket' is required but was missing"),
        ({"k": "[]"}, WHERE, {"InputType": "MANIFEST"}, "The manifest is not one of an S3 inventory."),
    ],
)
def test_what_cannot_be_read_fails_the_map_run(read, contents, arguments, config, cause):
    record = read(contents, arguments=arguments, **{"InputType": "JSON", **config})
    assert (record.error, record.cause) == ("States.ItemReaderFailed", cause)
    assert [e.type for e in record.events][-4:] == [
        "MapRunStarted",
        "MapRunFailed",
        "MapStateFailed",
        "ExecutionFailed",
    ]
    assert record.events[-3].details == {"error": "States.ItemReaderFailed", "cause": cause}
    assert (record.map_runs[0].status, record.map_runs[0].total) == ("FAILED", 0)


def test_a_failed_reader_is_caught_and_retried(play, mapped):
    catch = [{"ErrorEquals": ["States.ItemReaderFailed"], "Next": "C"}]
    retry = [{"ErrorEquals": ["States.ItemReaderFailed"], "MaxAttempts": 1}]
    reader = {"Resource": GET, "Arguments": WHERE, "ReaderConfig": {"InputType": "JSON"}}
    states = {"M": mapped(ItemReader=reader, Catch=catch, Retry=retry), "C": {"Type": "Succeed", "Output": 1}}
    record = play(states, objects=MemoryObjects({}))
    assert record.output == 1
    assert len(record.map_runs) == 2


class Broken:
    def __init__(self, error):
        self.error = error

    def get(self, bucket, key):
        raise self.error

    list = put = get


def test_objects_that_break_fail_the_map_run(play, mapped):
    reader = {"Resource": GET, "Arguments": WHERE, "ReaderConfig": {"InputType": "JSON"}}
    record = play({"M": mapped(ItemReader=reader)}, objects=Broken(OSError()))
    assert (record.error, record.cause) == ("States.ItemReaderFailed", "OSError")


def test_an_interrupt_while_reading_ends_the_execution(machine, mapped):
    reader = {"Resource": GET, "Arguments": WHERE, "ReaderConfig": {"InputType": "JSON"}}
    definition = machine({"M": mapped(ItemReader=reader)})
    execution = Execution(definition, handlers={}, objects=Broken(KeyboardInterrupt()), clock=SkippingClock())
    with pytest.raises(KeyboardInterrupt):
        execution.run()
    assert execution.record.status == "ABORTED"
    assert execution.record.map_runs[0].status == "ABORTED"


def test_nothing_escapes_from_a_thread():
    from flowdeco.engine.transfer import Transfer

    def stop():
        raise SystemExit

    failure = Transfer(stop, "E").guarded()
    assert isinstance(failure, TaskFailure)
    assert (failure.error, failure.cause) == ("E", "SystemExit")
    assert Transfer(lambda: 1, "E").guarded() == 1


def test_a_negative_limit(read):
    record = read({"k": "[]"}, InputType="JSON", MaxItems="{% -1 %}")
    assert record.error == "States.Runtime"
    assert record.cause.endswith(" MaxItems must be a non-negative integer.")


def test_jsonpath_readers(scope):
    config = {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}
    reader = {
        "Resource": GET,
        "Parameters": {"Bucket": "b", "Key.$": "$.key"},
        "ReaderConfig": {"InputType": "JSON", "MaxItemsPath": "$.most"},
    }
    state = {
        "Type": "Map",
        "ItemProcessor": scope({"P": {"Type": "Pass"}}, ProcessorConfig=config),
        "ItemReader": reader,
        "ItemsPath": "$.not.there",
        "ItemSelector": {"i.$": "$$.Map.Item.Index", "v.$": "$$.Map.Item.Value"},
        "End": True,
    }
    record = run(
        parse({"StartAt": "M", "States": {"M": state}}),
        {"key": "k", "most": "1"},
        handlers={},
        objects=MemoryObjects({"b": {"k": "[7, 8]"}}),
    )
    assert record.output == [{"i": 0, "v": 7}]


def test_what_is_read_can_be_batched(play, mapped):
    reader = {"Resource": GET, "Arguments": WHERE, "ReaderConfig": {"InputType": "JSON"}}
    state = mapped(ItemReader=reader, ItemBatcher={"MaxItemsPerBatch": 2})
    record = play({"M": state}, objects=MemoryObjects({"b": {"k": "[1, 2, 3]"}}))
    assert record.output == [{"Items": [1, 2]}, {"Items": [3]}]


# --- writing --------------------------------------------------------------------------------------------------

WRITER = {"Resource": PUT, "Arguments": {"Bucket": "b", "Prefix": "results"}}
RUN = "00000000-0000-4000-8000-000000000001"


def files(objects):
    return {info.key: objects.get("b", info.key).decode() for info in objects.list("b", "")}


def test_results_are_written(play, mapped):
    objects = MemoryObjects({"b": {}})
    record = play({"M": mapped(ResultWriter=WRITER, Label="L")}, [1, "é"], objects=objects)
    arn = record.map_runs[0].arn
    assert arn.endswith(f":mapRun:machine/L:{RUN}")
    manifest = f"results/{RUN}/manifest.json"
    assert record.output == {"MapRunArn": arn, "ResultWriterDetails": {"Bucket": "b", "Key": manifest}}
    written = files(objects)
    results = f"results/{RUN}/SUCCEEDED_0.json"
    assert json.loads(written.pop(manifest)) == {
        "DestinationBucket": "b",
        "MapRunArn": arn,
        "ResultFiles": {
            "FAILED": [],
            "PENDING": [],
            "SUCCEEDED": [{"Key": results, "Size": len(written[results].encode())}],
        },
    }
    documents = json.loads(written.pop(results))
    assert not written
    assert documents[1] == {
        "ExecutionArn": "arn:aws:states:us-east-1:123456789012:execution:machine/L:execution-1-1",
        "Input": '"é"',
        "InputDetails": {"Included": True},
        "Name": "execution-1-1",
        "Output": '"é"',
        "OutputDetails": {"Included": True},
        "RedriveCount": 0,
        "RedriveStatus": "NOT_REDRIVABLE",
        "RedriveStatusReason": "Execution is SUCCEEDED and cannot be redriven",
        "StartDate": "2026-01-01T00:00:00.000Z",
        "StateMachineArn": "arn:aws:states:us-east-1:123456789012:stateMachine:machine/L",
        "Status": "SUCCEEDED",
        "StopDate": "2026-01-01T00:00:00.000Z",
    }


@pytest.mark.parametrize("workers", [0, 2])
@pytest.mark.parametrize(
    ("config", "name", "text"),
    [
        ({"Transformation": "COMPACT", "OutputType": "JSON"}, "SUCCEEDED_0.json", '[1,[2,3],{"a":[4]}]'),
        ({"Transformation": "FLATTEN", "OutputType": "JSON"}, "SUCCEEDED_0.json", '[1,2,3,{"a":[4]}]'),
        ({"Transformation": "FLATTEN", "OutputType": "JSONL"}, "SUCCEEDED_0.jsonl", '1\n2\n3\n{"a":[4]}\n'),
    ],
)
def test_results_are_transformed(play, mapped, workers, config, name, text):
    objects = MemoryObjects({"b": {}})
    writer = {"Resource": PUT, "Arguments": {"Bucket": "b"}, "WriterConfig": config}
    record = play(
        {"M": mapped(ResultWriter=writer)}, [1, [2, 3], {"a": [4]}], objects=objects, workers=workers
    )
    assert record.status == "SUCCEEDED"
    assert files(objects)[f"{RUN}/{name}"] == text


def test_results_are_transformed_for_the_next_state(play, mapped):
    def output(**config):
        return play({"M": mapped(ResultWriter={"WriterConfig": config})}, [1, [2, 3]]).output

    assert output(Transformation="COMPACT", OutputType="JSON") == [1, [2, 3]]
    assert output(Transformation="FLATTEN", OutputType="JSON") == [1, 2, 3]
    assert [doc["Output"] for doc in output(Transformation="NONE", OutputType="JSON")] == ["1", "[2,3]"]


def test_what_failed_and_what_was_not_started_is_written_too(play, mapped, task):
    def handler(payload):
        if payload == 1:
            raise TaskFailure("E", "because")
        if payload == 2:
            raise TaskFailure("F", None)
        return payload

    objects = MemoryObjects({"b": {}})
    writer = {**WRITER, "WriterConfig": {"Transformation": "COMPACT", "OutputType": "JSON"}}
    state = mapped({"T": task()}, ResultWriter=writer, MaxConcurrency=1, ToleratedFailureCount=1)
    record = play({"M": state}, {"a": 0, "b": 1, "c": 2, "d": 3}, f=handler, objects=objects)
    assert record.error == "States.ExceedToleratedFailureThreshold"
    written = {key.rpartition("/")[2]: json.loads(text) for key, text in files(objects).items()}
    assert set(written) == {"FAILED_0.json", "PENDING_0.json", "SUCCEEDED_0.json", "manifest.json"}
    assert written["SUCCEEDED_0.json"] == [0]
    failed = written["FAILED_0.json"]
    assert [(d["Error"], d.get("Cause"), d["Status"]) for d in failed] == [
        ("E", "because", "FAILED"),
        ("F", None, "FAILED"),
    ]
    assert "Output" not in failed[0]
    assert failed[0]["RedriveStatus"] == "REDRIVABLE_BY_MAP_RUN"
    assert [(d["Input"], d["Status"]) for d in written["PENDING_0.json"]] == [("3", "PENDING")]
    assert "StartDate" not in written["PENDING_0.json"][0]


def test_what_was_under_way_is_written_as_aborted(play, mapped):
    inner = {
        "C": {
            "Type": "Choice",
            "Choices": [{"Condition": "{% $states.input = 1 %}", "Next": "F"}],
            "Default": "W",
        },
        "F": {"Type": "Fail", "Error": "E"},
        "W": {"Type": "Wait", "Seconds": 5},
    }
    objects = MemoryObjects({"b": {}})
    record = play({"M": mapped(inner, ResultWriter=WRITER)}, [0, 1], objects=objects)
    assert record.status == "FAILED"
    failed = json.loads(files(objects)[f"results/{RUN}/FAILED_0.json"])
    assert [d["Status"] for d in failed] == ["ABORTED", "FAILED"]


def test_results_that_cannot_be_written_fail_the_map(play, mapped):
    record = play({"M": mapped(ResultWriter=WRITER)}, [1], objects=MemoryObjects({}))
    cause = "The specified bucket does not exist. (Service: S3; Error Code: NoSuchBucket)"
    assert (record.error, record.cause) == ("States.ResultWriterFailed", cause)
    assert record.events[-3].type == "MapRunFailed"
    record = play(
        {"M": mapped(ResultWriter={**WRITER, "Arguments": {"Prefix": "p"}})}, [1], objects=MemoryObjects({})
    )
    assert record.error == "States.ResultWriterFailed"
    record = play(
        {"M": mapped(ResultWriter={**WRITER, "Arguments": "{% 1 %}"})}, [1], objects=MemoryObjects({})
    )
    assert record.error == "States.ResultWriterFailed"


def test_the_failure_of_the_children_is_what_is_reported(play, mapped):
    state = mapped({"F": {"Type": "Fail", "Error": "E"}}, ResultWriter=WRITER)
    record = play({"M": state}, [1], objects=MemoryObjects({}))
    assert record.error == "States.ExceedToleratedFailureThreshold"


# --- what is refused ------------------------------------------------------------------------------------------


def test_without_objects_nothing_starts(mapped):
    reader = {"Resource": GET, "Arguments": WHERE, "ReaderConfig": {"InputType": "JSON"}}
    state = {**mapped(ItemReader=reader, ResultWriter=WRITER), "End": True}
    assert findings({"M": state}) == {
        "States.M.ItemReader": "there are no objects to read from",
        "States.M.ResultWriter": "there are no objects to write to",
    }


@pytest.mark.parametrize(
    ("field", "value", "where", "text"),
    [
        ("ItemReader", {"Arguments": WHERE}, "/Resource", "Resource is missing, and must be "),
        ("ItemReader", {"Resource": "r", "Arguments": WHERE}, "/Resource", "Resource is 'r', and must be "),
        (
            "ItemReader",
            {"Resource": LIST, "Parameters": WHERE},
            "",
            "ItemReader needs Arguments that name a Bucket",
        ),
        (
            "ItemReader",
            {"Resource": GET, "Arguments": WHERE},
            "/ReaderConfig/InputType",
            "InputType is missing, and must be CSV or JSON or JSONL or PARQUET",
        ),
        (
            "ItemReader",
            {"Resource": GET, "Arguments": WHERE, "ReaderConfig": {"ManifestType": "X"}},
            "/ReaderConfig/ManifestType",
            "ManifestType is 'X', and must be ATHENA_DATA or S3_INVENTORY",
        ),
        (
            "ItemReader",
            {
                "Resource": GET,
                "Arguments": WHERE,
                "ReaderConfig": {"InputType": "CSV", "CSVHeaderLocation": "GIVEN"},
            },
            "/ReaderConfig",
            "CSVHeaderLocation GIVEN needs CSVHeaders",
        ),
        (
            "ItemReader",
            {
                "Resource": GET,
                "Arguments": WHERE,
                "ReaderConfig": {
                    "InputType": "CSV",
                    "CSVHeaderLocation": "FIRST_ROW",
                    "CSVDelimiter": ",",
                },
            },
            "/ReaderConfig/CSVDelimiter",
            "CSVDelimiter is ',', and must be COMMA or PIPE or SEMICOLON or SPACE or TAB",
        ),
        (
            "ItemReader",
            {
                "Resource": GET,
                "Arguments": WHERE,
                "ReaderConfig": {"InputType": "JSON", "ItemsPointer": "a"},
            },
            "/ReaderConfig/ItemsPointer",
            "'a' is not a JSON pointer like /a/items",
        ),
        ("ResultWriter", {}, "/Resource", "Resource is missing, and must be arn:aws:states:::s3:putObject"),
        (
            "ResultWriter",
            {"WriterConfig": {"Transformation": "X"}},
            "/WriterConfig/Transformation",
            "Transformation is 'X', and must be NONE or COMPACT or FLATTEN",
        ),
        (
            "ResultWriter",
            {"WriterConfig": {"OutputType": "CSV"}},
            "/WriterConfig/OutputType",
            "OutputType is 'CSV', and must be JSON or JSONL",
        ),
    ],
)
def test_what_cannot_be_performed_is_refused(mapped, field, value, where, text):
    state = {**mapped(**{field: value}), "End": True}
    found = findings({"M": state}, objects=MemoryObjects({}))
    assert found[f"States.M.{field}{where}"].startswith(text)


def test_parquet_without_pyarrow_is_refused(mapped, monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "pyarrow", None)
    reader = {"Resource": GET, "Arguments": WHERE, "ReaderConfig": {"InputType": "PARQUET"}}
    found = findings({"M": {**mapped(ItemReader=reader), "End": True}}, objects=MemoryObjects({}))
    text = "PARQUET files are read with pyarrow, which is not installed"
    assert found == {"States.M.ItemReader/ReaderConfig/InputType": text}
