"""Mock files in the server: which answers an execution gets, by its state machine and the test case it asks for."""

from __future__ import annotations

from flowdeco.asl.model import JSON
from flowdeco.engine.mocks import Mocks, read_mocks
from flowdeco.errors import InputError
from flowdeco.server.faults import validation

_NONE = Mocks({}, {})


class MockBook:
    """The mocks of a mock file, None for none. Raises InputError when all of it is wrong.

    With AWS's format an execution asks for a test case: its stateMachineArn ends with `#` and the name of the case.
    """

    def __init__(self, document: JSON) -> None:
        self._document = document
        by_case = isinstance(document, dict) and (
            "StateMachines" in document or "MockedResponses" in document
        )
        self._all = _NONE if document is None or by_case else read_mocks(document)
        self._by_case = by_case

    def of(self, machine: str, case: str | None) -> Mocks:
        """The mocks of an execution. Raises the Fault ValidationException for a test case that is not there."""
        if case is None:
            return self._all
        if not self._by_case:
            raise validation(f"there is no test case {case!r}: the server has no mock file with test cases")
        try:
            return read_mocks(self._document, f"{machine}/{case}")
        except InputError as error:
            raise validation(str(error)) from error
