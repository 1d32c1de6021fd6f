"""Where in the user's source we are, and which source is the user's."""

from __future__ import annotations

import os
import sys
import sysconfig
from functools import lru_cache
from types import CodeType, FrameType

from flowdeco.errors import Location

_HERE = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep
_LIBRARIES = tuple(
    {
        os.path.abspath(path) + os.sep
        for name, path in sysconfig.get_paths().items()
        if name in ("stdlib", "platstdlib", "purelib", "platlib")
    }
)


def user_location() -> Location | None:
    """The innermost line on the stack that is the user's own."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        if is_user_file(frame.f_code.co_filename):
            return Location.of_frame(frame)
        frame = frame.f_back
    return None


def is_ours(filename: str) -> bool:
    """Whether a file is flowdeco's own."""
    return filename.startswith(_HERE)


@lru_cache(maxsize=4096)
def is_user_file(filename: str) -> bool:
    """Whether source is the user's: not the standard library's, not an installed package's, not flowdeco's."""
    if is_ours(filename) or filename.startswith("<frozen"):
        return False
    return not os.path.abspath(filename).startswith(_LIBRARIES)


def is_user_code(code: CodeType) -> bool:
    """Whether a function is the user's."""
    return is_user_file(code.co_filename)
