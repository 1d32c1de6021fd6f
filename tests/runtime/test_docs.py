"""The examples in the docstrings are true."""

from __future__ import annotations

import doctest
import importlib
import pkgutil

import pytest

import flowdeco.runtime

MODULES = [flowdeco.runtime.__name__] + [
    f"{flowdeco.runtime.__name__}.{module.name}" for module in pkgutil.iter_modules(flowdeco.runtime.__path__)
]


@pytest.mark.parametrize("name", MODULES)
def test_docstrings(name: str) -> None:
    assert doctest.testmod(importlib.import_module(name)).failed == 0
