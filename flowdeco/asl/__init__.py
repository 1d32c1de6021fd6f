"""Amazon States Language: the state machine as data, its text, and its checks."""

from flowdeco.asl.check import check, check_text, variable_references
from flowdeco.asl.codes import REFUSED
from flowdeco.asl.emit import emit, emit_text
from flowdeco.asl.parse import parse

__all__ = ["REFUSED", "check", "check_text", "emit", "emit_text", "parse", "variable_references"]
