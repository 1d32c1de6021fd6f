"""Executing state machines on this computer, given handlers for their resources.

    record = run(machine, {"day": "2026-01-01"}, handlers={"train": train})
    record.status, record.output, record.events

The way in is `running.py`, one call, or `execution.py`. `program.py` compiles a machine to `code.py`; `interpret.py` (with `tasks.py`, `maps.py`,
`maprun.py`) are coroutines that walk through it and await the effects of `effects.py`; `scheduler.py` (with `fibers.py` and
`timers.py`) performs these with a `pool.py` of threads or on the calling thread, and only `clock.py` knows what time it is. `journal.py` writes history.
What depends on the query language is behind `fields.py`: `jsonata.py`, and `jsonpath.py` with the values of its fields in
`jsonpath_fields.py`.

Tasks that wait for somebody else are in `callbacks.py`, who answers them in `tokens.py` and `activities.py`; executions that
a Task starts are in `nested.py`. `position.py` reads from events where an execution is: a redriven one goes on from there, and
so does one that `stored.py` finds in a store after its process was killed. `teststate/` runs one state.

A distributed Map's items may come from objects and its results go there (`objects.py`): `storage.py` compiles its
ItemReader and ResultWriter, `reader.py` and `writer.py` perform them, `datasets.py` knows the formats of files.
"""

from __future__ import annotations

from flowdeco.engine.activities import Activities, Activity, ActivityTask
from flowdeco.engine.clock import Clock, RealClock, SkippingClock
from flowdeco.engine.execution import Execution
from flowdeco.engine.failure import TaskFailure
from flowdeco.engine.objects import DirectoryObjects, MemoryObjects, ObjectError, ObjectInfo, Objects
from flowdeco.engine.resources import Handler
from flowdeco.engine.running import run
from flowdeco.engine.stored import redrive, resume, run_stored
from flowdeco.engine.strand import Identity, Machines
from flowdeco.engine.teststate import RejectedRequest, Shape, Shapes, test_state
from flowdeco.engine.tokens import Tokens

__all__ = [
    "Activities",
    "Activity",
    "ActivityTask",
    "Clock",
    "DirectoryObjects",
    "Execution",
    "Handler",
    "Identity",
    "Machines",
    "MemoryObjects",
    "ObjectError",
    "ObjectInfo",
    "Objects",
    "RealClock",
    "RejectedRequest",
    "Shape",
    "Shapes",
    "SkippingClock",
    "TaskFailure",
    "Tokens",
    "redrive",
    "resume",
    "run",
    "run_stored",
    "test_state",
]
