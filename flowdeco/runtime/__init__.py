"""What runs where a step runs, in Lambda and here: values, the store, and the invocation of a step.

Importing this imports nothing but the standard library's lighter half: numpy, pandas, pyarrow, pydantic and
cloudpickle are met only when a value needs them, asyncio only when a step is async.
"""

from __future__ import annotations

from flowdeco.runtime.codecs import register_codec
from flowdeco.runtime.failures import RAISED, StepError
from flowdeco.runtime.invocation import invoke
from flowdeco.runtime.names import Names
from flowdeco.runtime.spill import INLINE_BYTES, SPILL_BYTES
from flowdeco.runtime.store import DirectoryStore, MemoryStore, Store
from flowdeco.runtime.values import ValueCodec, encode_tree

__all__ = [
    "INLINE_BYTES",
    "RAISED",
    "SPILL_BYTES",
    "DirectoryStore",
    "MemoryStore",
    "Names",
    "StepError",
    "Store",
    "ValueCodec",
    "encode_tree",
    "invoke",
    "register_codec",
]
