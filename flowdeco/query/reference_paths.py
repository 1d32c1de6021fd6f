"""Reference paths: names and indices only, so that there is one place a value can be put."""

from __future__ import annotations

from flowdeco.query.errors import PathError
from flowdeco.query.jsonpath_syntax import parse_path
from flowdeco.query.values import JSON, compact


class ReferencePath:
    """Where a value goes (`ResultPath`). Raises PathError when the text is not such a path.

    >>> ReferencePath("$.a.b").put({"a": {"c": 1}}, 2)
    {'a': {'c': 1, 'b': 2}}
    """

    __slots__ = ("_steps", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        path = parse_path(text)
        if path.root != "data" or path.function is not None or path.keys is None:
            raise PathError(f"'{text}' is not a Reference Path")
        self._steps = path.keys

    def put(self, data: JSON, value: JSON) -> JSON:
        """`data` with `value` in it; what is not there is made. `data` itself does not change. Raises PathError."""
        if not self._steps:
            return value
        if not isinstance(data, (dict, list)):
            raise PathError(f"Unable to apply ReferencePath {self.text} to input {compact(data)}")
        return self._put(data, 0, value, data)

    def _put(self, here: JSON, depth: int, value: JSON, data: JSON) -> JSON:
        if depth == len(self._steps):
            return value
        step = self._steps[depth]
        if isinstance(step, str) and isinstance(here, dict):
            return {**here, step: self._put(here.get(step, {}), depth + 1, value, data)}
        if isinstance(step, int) and isinstance(here, list) and -len(here) <= step < len(here):
            copy = list(here)
            copy[step] = self._put(here[step], depth + 1, value, data)
            return copy
        raise PathError(f'Unable to apply step "{step}" to input {compact(data)}')
