"""`ItemReader` and `ResultWriter` of a Map, compiled: which objects it reads its items from and writes results to."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from importlib.util import find_spec
from typing import Any, Literal, cast

from flowdeco.asl.model import JSON, UNSET, Field
from flowdeco.engine.code import ReaderRule, WriterRule
from flowdeco.engine.datasets import Format
from flowdeco.engine.fields import Language, Value

_GET, _LIST, _PUT = (
    f"arn:aws:states:::s3:{action}" for action in ("getObject", "listObjectsV2", "putObject")
)
_KINDS = ("CSV", "JSON", "JSONL", "PARQUET")
_MANIFESTS = ("ATHENA_DATA", "S3_INVENTORY")
_DELIMITERS = {"COMMA": ",", "PIPE": "|", "SEMICOLON": ";", "SPACE": " ", "TAB": "\t"}
_TRANSFORMATIONS = ("NONE", "COMPACT", "FLATTEN")
_WRITTEN = ("JSON", "JSONL")


class StorageCompiler:
    """Compiles the two fields of one state. What is wrong is told to `refuse`, with where in the state it is."""

    def __init__(self, language: Language, refuse: Callable[[str, str], None]) -> None:
        self._language = language
        self._refuse = refuse

    def reader(self, field: Field, distributed: bool) -> ReaderRule | None:
        """None when there is no ItemReader, or one that cannot be performed."""
        if not self._usable(field, "ItemReader", distributed):
            return None
        reader = cast(dict[str, Any], field)
        config = reader.get("ReaderConfig", {})
        listing = self._one_of(reader, "Resource", (_GET, _LIST), "ItemReader") == _LIST
        arguments = self._arguments(reader, "ItemReader")
        manifest = self._manifest(config)
        flattened = listing and config.get("Transformation") == "LOAD_AND_FLATTEN"
        plain = (listing and not flattened) or manifest == "S3_INVENTORY"
        format = None if plain else self._format(config)
        of = "ItemReader/ReaderConfig/"
        path = config.get("MaxItemsPath")
        most = self._language.value(f"{of}MaxItems", config.get("MaxItems", UNSET), "integer", path)
        if arguments is None or (format is None and not plain):
            return None
        return ReaderRule(arguments=arguments, listing=listing, format=format, manifest=manifest, most=most)

    def writer(self, field: Field, distributed: bool) -> WriterRule | None:
        """None when there is no ResultWriter, or one that cannot be performed."""
        if not self._usable(field, "ResultWriter", distributed):
            return None
        writer = cast(dict[str, Any], field)
        arguments = None
        config = {"Transformation": "NONE", "OutputType": "JSON", **writer.get("WriterConfig", {})}
        if "Resource" in writer or "WriterConfig" not in writer:
            self._one_of(writer, "Resource", (_PUT,), "ResultWriter")
            arguments = self._arguments(writer, "ResultWriter")
        of = "ResultWriter/WriterConfig"
        transformation = self._one_of(config, "Transformation", _TRANSFORMATIONS, of)
        lines = self._one_of(config, "OutputType", _WRITTEN, of) == "JSONL"
        return WriterRule(arguments=arguments, transformation=transformation, lines=lines)

    def _usable(self, field: Field, name: str, distributed: bool) -> bool:
        if not isinstance(field, dict):
            return False
        if not distributed:
            self._refuse(name, f"only a Map in mode DISTRIBUTED can have {name}")
        return distributed

    def _arguments(self, part: Mapping[str, Any], of: str) -> Value | None:
        name = self._language.arguments_field
        arguments = self._language.template(f"{of}/{name}", part.get(name, UNSET))
        if arguments is None:
            self._refuse(of, f"{of} needs {name} that name a Bucket")
        return arguments

    def _manifest(self, config: Mapping[str, Any]) -> Literal["ATHENA_DATA", "S3_INVENTORY"] | None:
        if "ManifestType" in config:
            kind: Literal["ATHENA_DATA", "S3_INVENTORY"] | None = self._one_of(
                config, "ManifestType", _MANIFESTS, "ItemReader/ReaderConfig"
            )
            return kind
        return "S3_INVENTORY" if config.get("InputType") == "MANIFEST" else None

    def _format(self, config: Mapping[str, Any]) -> Format | None:
        of = "ItemReader/ReaderConfig"
        kind = self._one_of(config, "InputType", _KINDS, of)
        if kind is None:
            return None
        if kind == "PARQUET" and find_spec("pyarrow") is None:
            self._refuse(f"{of}/InputType", "PARQUET files are read with pyarrow, which is not installed")
        headers = None
        delimiter = "COMMA"
        if kind == "CSV":
            if self._one_of(config, "CSVHeaderLocation", ("FIRST_ROW", "GIVEN"), of) == "GIVEN":
                headers = tuple(config.get("CSVHeaders", ()))
                if not headers:
                    self._refuse(of, "CSVHeaderLocation GIVEN needs CSVHeaders")
            if "CSVDelimiter" in config:
                delimiter = self._one_of(config, "CSVDelimiter", tuple(_DELIMITERS), of) or delimiter
        pointer = self._pointer(config.get("ItemsPointer", ""))
        return Format(kind=kind, delimiter=_DELIMITERS[delimiter], headers=headers, pointer=pointer)

    def _pointer(self, text: str) -> tuple[str, ...]:
        """The parts of a JSON pointer like `/a/0`."""
        if text and not text.startswith("/"):
            self._refuse(
                "ItemReader/ReaderConfig/ItemsPointer", f"{text!r} is not a JSON pointer like /a/items"
            )
        return tuple(part.replace("~1", "/").replace("~0", "~") for part in text.split("/")[1:])

    def _one_of(self, part: Mapping[str, JSON], name: str, choices: Sequence[str], of: str) -> Any:
        """The value of a field when it is one of `choices`; otherwise refuses it and returns None."""
        value = part.get(name)
        if value in choices:
            return value
        problem = "is missing" if value is None else f"is {value!r}"
        self._refuse(f"{of}/{name}", f"{name} {problem}, and must be {' or '.join(choices)}")
        return None
