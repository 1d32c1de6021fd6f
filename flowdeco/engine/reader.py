"""Reading the items of a distributed Map: an object, all objects below a prefix, or what a manifest lists."""

from __future__ import annotations

import csv
import gzip
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any, assert_never

from flowdeco.asl.model import JSON
from flowdeco.engine.code import ReaderRule
from flowdeco.engine.datasets import DatasetError, Format, items
from flowdeco.engine.objects import Objects
from flowdeco.engine.strand import Visit
from flowdeco.engine.transfer import transfer

ITEM_READER_FAILED = "States.ItemReaderFailed"


@dataclass(frozen=True, slots=True)
class Reading:
    """What a reader is to do, its fields evaluated. `most` 0: all items."""

    objects: Objects
    rule: ReaderRule
    arguments: Any
    most: int

    def read(self) -> list[JSON]:
        """The items. Raises ObjectError, DatasetError, and what the objects raise."""
        return list(islice(self._items(), self.most or None))

    def _items(self) -> Iterator[JSON]:
        rule = self.rule
        bucket = self._name("Bucket")
        if rule.listing:
            return self._listed(bucket, self.arguments.get("Prefix") or "")
        data = self.objects.get(bucket, self._name("Key"))
        match rule.manifest:
            case "S3_INVENTORY":
                return self._inventory(data)
            case "ATHENA_DATA":
                return self._athena(data)
            case None:
                assert rule.format is not None
                return items(data, rule.format)
            case _:
                assert_never(rule.manifest)

    def _name(self, field: str) -> str:
        name = self.arguments.get(field) if isinstance(self.arguments, dict) else None
        if not isinstance(name, str):
            raise DatasetError(f"The field '{field}' is required but was missing")
        return name

    def _listed(self, bucket: str, prefix: str) -> Iterator[JSON]:
        """Objects as items, or the items in them. Names that end in a slash are directories in S3's console."""
        format = self.rule.format
        for info in self.objects.list(bucket, prefix):
            if format is None:
                yield {
                    "Etag": info.etag,
                    "Key": info.key,
                    "LastModified": float(int(info.modified)),
                    "Size": info.size,
                    "StorageClass": info.storage_class,
                }
            elif not info.key.endswith("/"):
                yield from items(self.objects.get(bucket, info.key), format)

    def _inventory(self, data: bytes) -> Iterator[JSON]:
        """The rows of an S3 inventory, whose manifest names its files and their columns."""
        try:
            manifest = json.loads(data)
            bucket = manifest["destinationBucket"].rpartition(":")[2]
            headers = tuple(name.strip() for name in manifest["fileSchema"].split(","))
            keys = [file["key"] for file in manifest["files"]]
        except (ValueError, LookupError, TypeError, AttributeError):
            raise DatasetError("The manifest is not one of an S3 inventory.") from None
        parquet = manifest.get("fileFormat") == "Parquet"
        format = Format(kind="PARQUET") if parquet else Format(kind="CSV", headers=headers)
        for key in keys:
            part = self.objects.get(bucket, key)
            yield from items(gzip.decompress(part) if key.endswith(".gz") else part, format)

    def _athena(self, data: bytes) -> Iterator[JSON]:
        """The items in the files whose addresses an Athena manifest lists, one a line."""
        assert self.rule.format is not None
        for row in csv.reader(io.StringIO(data.decode("utf-8-sig"))):
            if row:
                bucket, _, key = row[0].strip().removeprefix("s3://").partition("/")
                yield from items(self.objects.get(bucket, key), self.rule.format)


def prepare_reading(rule: ReaderRule, visit: Visit) -> Reading:
    """Evaluates the fields of a reader. Raises StateError."""
    most = 0 if rule.most is None else int(rule.most.read(visit))
    if most < 0:
        raise visit.runtime_error("MaxItems must be a non-negative integer.")
    objects = visit.strand.run.world.objects
    assert objects is not None
    return Reading(objects, rule, rule.arguments.read(visit), most)


async def read_items(reading: Reading) -> list[JSON]:
    """The items. Raises StateError."""
    found: list[JSON] = await transfer(reading.read, ITEM_READER_FAILED)
    return found
