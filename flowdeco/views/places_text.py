"""Places in source files, as short as they can be while editors and terminals still find them."""

from __future__ import annotations

import os

from flowdeco.errors import Location


def place_text(place: Location | str | None) -> str:
    """A place: files below the current folder are named from there.

    >>> place_text(Location("/srv/pipeline.py", 12)), place_text("States.Train"), place_text(None)
    ('/srv/pipeline.py:12', 'States.Train', '')
    """
    if isinstance(place, Location):
        return f"{file_text(place.file)}:{place.line}"
    if place is None:
        return ""
    return file_text(place) if os.path.isabs(place) else place


def file_text(file: str) -> str:
    """The name of a file, from the current folder when it is below that."""
    try:
        relative = os.path.relpath(file)
    except (ValueError, OSError):  # another drive, or no current folder
        return file
    return file if relative.startswith("..") else relative
