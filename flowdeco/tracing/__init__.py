"""Running a workflow's body with Values: what it calls becomes a graph."""

from flowdeco.tracing.trace import Trace, trace

__all__ = ["Trace", "trace"]
