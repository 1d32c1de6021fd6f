"""What must be there before anything runs: handlers for all resources, objects for what reads or writes them, an input."""

from __future__ import annotations

from collections.abc import Mapping

from flowdeco.asl.model import JSON
from flowdeco.engine.code import Program
from flowdeco.engine.limits import json_text
from flowdeco.engine.objects import Objects
from flowdeco.engine.resources import Handler, missing_handler
from flowdeco.engine.strand import World
from flowdeco.errors import DefinitionError, Finding


def check_world(program: Program, world: World) -> None:
    """Raises DefinitionError when something that the program calls, reads or writes is not there."""
    activities, machines = world.activities is not None, world.machines is not None
    check_handlers(program, world.handlers, activities=activities, machines=machines)
    check_objects(program, world.objects)


def check_handlers(
    program: Program, handlers: Mapping[str, Handler], *, activities: bool, machines: bool
) -> None:
    """Raises DefinitionError when a resource has no handler. With `activities` and `machines` their tasks need none."""
    others = frozenset(kind for kind, there in (("activity", activities), ("execution", machines)) if there)
    found = (
        missing_handler(site.where, site.resource, site.function, handlers, others) for site in program.tasks
    )
    findings = [finding for finding in found if finding is not None]
    if findings:
        raise DefinitionError("some resources have no handler", findings)


def check_objects(program: Program, objects: Objects | None) -> None:
    """Raises DefinitionError when a distributed Map needs objects and there are none."""
    if objects is not None or not program.stored:
        return
    hint = "pass objects=, for example DirectoryObjects of a directory whose subdirectories are the buckets"
    findings = [
        Finding("error", f"there are no objects to {_use(where)}", where, hint, "NO_OBJECTS")
        for where in program.stored
    ]
    raise DefinitionError("a distributed Map needs objects", findings)


def _use(where: str) -> str:
    return "read from" if where.endswith("ItemReader") else "write to"


def check_input(input: JSON) -> JSON:
    """The input. Raises InputError when it is not JSON, or too large."""
    json_text("input", input)
    return input
