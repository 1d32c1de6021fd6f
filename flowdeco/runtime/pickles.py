"""What only (cloud)pickle can carry.

Two things are done differently than cloudpickle does them. Classes and functions of the script that runs as
`__main__` travel by name, so that the same class comes back and not a copy of it. And what cloudpickle would
silently turn into something else is refused: open files (it reads them), memory views (it copies them).
"""

from __future__ import annotations

import io
import pickle
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

from flowdeco.runtime.names import MAIN, Names
from flowdeco.runtime.refusal import Refusal, key_part, type_text

_DEPTH = 8
_HINTS = {
    "_io": "return its path, and open the file in the step that reads it",
    "_socket": "open the connection in the step that uses it",
    "socket": "open the connection in the step that uses it",
    "sqlite3": "open the connection in the step that uses it",
    "ssl": "open the connection in the step that uses it",
    "_thread": "create locks and threads in the step that uses them",
    "threading": "create locks and threads in the step that uses them",
    "generator": "return list(...) of it",
    "coroutine": "await it in the step",
    "memoryview": "return bytes(...) of it",
}


def resolve(name: str) -> object:
    """Stands in pickles for "what has this name"; `load` replaces it by the resolver of the process it runs in."""
    return Names().resolve(name)


def dump(value: object, names: Names) -> bytes:
    """The value as a pickle; `Refusal` with the path to the part that cannot be pickled."""
    try:
        return _dump(value, names)
    except Exception as error:
        parts, culprit, reason = _culprit(value, names, error)
        refusal = Refusal(
            f"a {type_text(type(culprit))} cannot be pickled: {_sentence(reason)}", _hint(culprit)
        )
        for part in reversed(parts):
            refusal.at(part)
        raise refusal from error


def load(data: bytes, names: Names) -> object:
    """The value of a pickle that is known to be ours."""
    return _Unpickler(data, names).load()


class _Unpickler(pickle.Unpickler):
    def __init__(self, data: bytes, names: Names) -> None:
        super().__init__(io.BytesIO(data))
        self._names = names

    def find_class(self, module: str, name: str) -> Any:
        if module == __name__ and name == resolve.__name__:
            return self._names.resolve
        return super().find_class(module, name)


def _dump(value: object, names: Names) -> bytes:
    file = io.BytesIO()
    _pickler()(file, names).dump(value)
    return file.getvalue()


@cache
def _pickler() -> Callable[[io.BytesIO, Names], Any]:
    try:
        import cloudpickle

        base: Any = cloudpickle.Pickler
    except ImportError:
        base = pickle.Pickler

    class Pickler(base):  # type: ignore[misc]
        def __init__(self, file: io.BytesIO, names: Names) -> None:
            super().__init__(file, protocol=5)
            self._names = names

        def reducer_override(self, item: Any) -> Any:
            if isinstance(item, memoryview):
                raise pickle.PicklingError("memory views cannot be pickled")
            if isinstance(item, io.IOBase) and not isinstance(item, (io.BytesIO, io.StringIO)):
                raise pickle.PicklingError("open files cannot be pickled")
            if self._names.main_module is not None and getattr(item, "__module__", None) == MAIN:
                name = self._names.of(item)
                if name is not None:
                    return resolve, (name,)
            inherited = getattr(super(), "reducer_override", None)
            return NotImplemented if inherited is None else inherited(item)

    return Pickler


def _culprit(value: object, names: Names, error: Exception) -> tuple[list[str], object, Exception]:
    """Follows the parts that fail on their own down to the innermost."""
    parts: list[str] = []
    while len(parts) < _DEPTH:
        for part, child in _parts(value):
            try:
                _dump(child, names)
            except Exception as inner:
                parts.append(part)
                value, error = child, inner
                break
        else:
            break
    return parts, value, error


def _parts(value: object) -> Iterator[tuple[str, object]]:
    if isinstance(value, dict):
        yield from ((key_part(key), item) for key, item in value.items())
    elif isinstance(value, (list, tuple)):
        yield from ((f"[{position}]", item) for position, item in enumerate(value))
    attributes = getattr(value, "__dict__", None)
    if isinstance(attributes, dict) and not isinstance(value, type):
        yield from ((f".{name}", item) for name, item in attributes.items())
    closure = getattr(value, "__closure__", None)
    code = getattr(value, "__code__", None)
    if closure and code is not None:
        for name, cell in zip(code.co_freevars, closure):
            try:
                yield f".{name}", cell.cell_contents
            except ValueError:  # a cell that was never filled
                continue


def _sentence(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__


def _hint(culprit: object) -> str:
    kind = type(culprit)
    return (
        _HINTS.get(kind.__module__.partition(".")[0])
        or _HINTS.get(kind.__name__)
        or "return the data it holds, or register a codec for it (flowdeco.register_codec)"
    )
