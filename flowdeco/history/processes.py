"""Whether the process that began an execution is still there."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable


def process_birth(pid: int) -> str:
    """When a process began, as text that no other process of this number has. Empty when the system does not tell.

    Also empty for a process that has ended and was not collected by its parent yet.
    """
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            fields = file.read().rpartition(b")")[2].split()
        with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as file:
            boot = file.read().strip()
    except OSError:
        return ""
    return "" if fields[0] == b"Z" else f"{boot}:{int(fields[19])}"


def is_running(pid: int, birth: str, *, kill: Callable[[int, int], None] = os.kill) -> bool:
    """Whether process `pid` of this computer is the one that had this `process_birth`. With an empty one: exists.

    >>> is_running(os.getpid(), process_birth(os.getpid()))
    True
    """
    return process_birth(pid) == birth if birth else _exists(pid, kill)


def _exists(pid: int, kill: Callable[[int, int], None]) -> bool:
    if sys.platform == "win32":  # pragma: no cover - os.kill would end the process there
        import ctypes

        query_limited_information = 0x1000
        handle = ctypes.windll.kernel32.OpenProcess(query_limited_information, 0, pid)
        if handle:
            ctypes.windll.kernel32.CloseHandle(handle)
        return bool(handle)
    if pid <= 0:
        return False
    try:
        kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # it exists, and belongs to somebody else
        return True
    return True
