"""Names of classes in encoded values: `module:qualname`."""

from __future__ import annotations

import sys
from importlib import import_module

from flowdeco.runtime.refusal import Refusal

MAIN = "__main__"


class Names:
    """Turns classes and functions into names and back.

    `main_module` is the real module name of the script that runs as `__main__` in this process (None when
    none does). Its classes get that name, so that a process that imports the script finds them too, and the
    name leads back to the very same class here.
    """

    __slots__ = ("main_module",)

    def __init__(self, main_module: str | None = None) -> None:
        self.main_module = main_module

    def of(self, item: type) -> str | None:
        """`module:qualname` if that leads back to `item`, else None (local, deleted or replaced classes).

        >>> from fractions import Fraction
        >>> Names().of(Fraction)
        'fractions:Fraction'
        """
        module, qualname = getattr(item, "__module__", None), getattr(item, "__qualname__", None)
        if type(module) is not str or type(qualname) is not str:
            return None
        if _walk(sys.modules.get(module), qualname) is not item:
            return None
        if module == MAIN and self.main_module is not None:
            module = self.main_module
        return f"{module}:{qualname}"

    def resolve(self, name: str) -> object:
        """What `name` names. Only attributes of modules and of classes are followed."""
        module, _, qualname = name.partition(":")
        if module == self.main_module:
            found = _walk(sys.modules.get(MAIN), qualname)
            if found is not None:
                return found
        loaded = sys.modules.get(module)
        if loaded is None:
            try:
                loaded = import_module(module)
            except Exception as error:
                raise Refusal(
                    f"{name!r} needs the module {module!r}, which cannot be imported: {error}",
                    "is it among the step's files and requirements?",
                ) from error
        found = _walk(loaded, qualname)
        if found is None:
            raise Refusal(
                f"the module {module!r} has no {qualname!r}", "has the class been renamed or moved?"
            )
        return found


def _walk(found: object, qualname: str) -> object | None:
    """Follows dots from a module through classes; None when a part is missing or belongs to an instance."""
    parts = qualname.split(".")
    for position, part in enumerate(parts):
        if position and not isinstance(found, type):
            return None
        found = getattr(found, part, None)
    return found
