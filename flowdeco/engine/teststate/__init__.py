"""One state at a time: the service's TestState. `request.py` reads the request, `shapes.py` checks mocked results
against service models, `trial.py` runs the state and `inspection.py` tells what its fields made of the data."""

from __future__ import annotations

from flowdeco.engine.teststate.request import RejectedRequest
from flowdeco.engine.teststate.shapes import Shape, Shapes
from flowdeco.engine.teststate.trial import try_state as test_state

__all__ = ["RejectedRequest", "Shape", "Shapes", "test_state"]
