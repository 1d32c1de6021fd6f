"""Amazon States Language: the state machine as data, its text, and its checks."""

from flowdeco.asl.emit import emit, emit_text
from flowdeco.asl.parse import parse

__all__ = ["emit", "emit_text", "parse"]
