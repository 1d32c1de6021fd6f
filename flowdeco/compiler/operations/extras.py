"""Functions of the standard library in JSONata."""

from __future__ import annotations

from flowdeco.compiler.operations.arguments import Spellings, call, strict

SPELLINGS: Spellings = {
    "hash": call("hash"),
    "uuid": call("uuid"),
    "random": call("random"),
    "seconds": strict()(lambda a: "$millis() / 1000"),
    "json.loads": call("parse"),
    "json.dumps_bool": call("string"),
    "math.floor": call("floor"),
    "math.ceil": call("ceil"),
    "math.sqrt": call("sqrt"),
    "math.fabs": call("abs"),
}
