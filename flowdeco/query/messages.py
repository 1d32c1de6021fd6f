"""JSONata's error texts, word for word: they are part of the causes the service writes.

The engine's own wording differs, and it seldom says which function or which characters were at fault. What is
missing is read off the traceback (the function that raised) and the source (the token at the position).
"""

from __future__ import annotations

import linecache
import re
from types import TracebackType
from typing import Final

from flowdeco.query.functions import FUNCTIONS
from flowdeco.query.values import compact

TIMEOUT: Final = "Expression evaluation timeout: Check for infinite loop"
STACK_OVERFLOW: Final = (
    "Stack overflow error: Check for non-terminating recursive function. Consider rewriting as tail-recursive"
)

_SUB_PICTURE: Final = "The sub-picture must not contain"
_MANY: Final = "more than one instance of the"
_SINGLE: Final = "The $single() function expected exactly 1 matching result.  Instead it matched"

# `{token}`, `{name}` and `{index}` are filled in; a text with a part that cannot be known is left out here,
# and the engine's wording stands.
TEXTS: Final[dict[str, str]] = {
    "S0101": "String literal must be terminated by a matching quote",
    "S0104": "The escape sequence \\u must be followed by 4 hex digits",
    "S0105": "Quoted property name must be terminated with a backquote (`)",
    "S0106": "Comment has no closing tag",
    "S0201": "Syntax error: {token}",
    "S0202": "Expected {expected}, got {token}",
    "S0203": "Expected {expected} before end of expression",
    "S0204": "Unknown operator: {token}",
    "S0207": "Unexpected end of expression",
    "S0209": "A predicate cannot follow a grouping expression in a step",
    "S0210": "Each step can only have one grouping expression",
    "S0211": "The symbol {token} cannot be used as a unary operator",
    "S0212": "The left side of := must be a variable name (start with $)",
    "S0214": "The right side of {token} must be a variable name (start with $)",
    "S0215": "A context variable binding must precede any predicates on a step",
    "S0216": "A context variable binding must precede the 'order-by' clause on a step",
    "S0217": "The object representing the 'parent' cannot be derived from this expression",
    "S0301": "Empty regular expressions are not allowed",
    "S0302": "No terminating / in regular expression",
    "S0401": "Type parameters can only be applied to functions and arrays",
    "S0402": "Choice groups containing parameterized types are not supported",
    "T0410": 'Argument {index} of function "{name}" does not match function signature',
    "T0411": 'Context value is not a compatible type with argument {index} of function "{name}"',
    "T0412": 'Argument {index} of function "{name}" must be an array of "{of}"',
    "D1004": "Regular expression matches zero length string",
    "T1005": "Attempted to invoke a non-function. Did you mean ${name}?",
    "T1006": "Attempted to invoke a non-function",
    "T1007": "Attempted to partially apply a non-function. Did you mean ${name}?",
    "T1008": "Attempted to partially apply a non-function",
    "T1010": 'The matcher function argument passed to function "{name}" does not return the correct object '
    "structure",
    "T2001": 'The left side of the "{operator}" operator must evaluate to a number',
    "T2002": 'The right side of the "{operator}" operator must evaluate to a number',
    "T2003": "The left side of the range operator (..) must evaluate to an integer",
    "T2004": "The right side of the range operator (..) must evaluate to an integer",
    "T2006": "The right side of the function application operator ~> must be a function",
    "T2008": "The expressions within an order-by clause must evaluate to numeric or string values",
    "D3001": "Attempting to invoke string function on Infinity or NaN",
    "D3010": "Second argument of replace function cannot be an empty string",
    "D3011": "Fourth argument of replace function must evaluate to a positive number",
    "D3012": "Attempted to replace a matched string with a non-string value",
    "D3020": "Third argument of split function must evaluate to a positive number",
    "D3030": "Unable to cast value to a number: {value}",
    "D3040": "Third argument of match function must evaluate to a positive number",
    "D3050": "The second argument of reduce function must be a function with at least two arguments",
    "D3070": "The single argument form of the sort function can only be applied to an array of strings or an "
    "array of numbers.  Use the second argument to specify a comparison function",
    "D3080": "The picture string must only contain a maximum of two sub-pictures",
    "D3081": f"{_SUB_PICTURE} {_MANY} 'decimal-separator' character",
    "D3082": f"{_SUB_PICTURE} {_MANY} 'percent' character",
    "D3083": f"{_SUB_PICTURE} {_MANY} 'per-mille' character",
    "D3084": f"{_SUB_PICTURE} both a 'percent' and a 'per-mille' character",
    "D3085": "The mantissa part of a sub-picture must contain at least one character that is either an "
    "'optional digit character' or a member of the 'decimal digit family'",
    "D3086": f"{_SUB_PICTURE} a passive character that is preceded by an active character and that is "
    "followed by another active character",
    "D3087": f"{_SUB_PICTURE} a 'grouping-separator' character that appears adjacent to a "
    "'decimal-separator' character",
    "D3088": f"{_SUB_PICTURE} a 'grouping-separator' at the end of the integer part",
    "D3089": f"{_SUB_PICTURE} two adjacent instances of the 'grouping-separator' character",
    "D3090": "The integer part of the sub-picture must not contain a member of the 'decimal digit family' that "
    "is followed by an instance of the 'optional digit character'",
    "D3091": "The fractional part of the sub-picture must not contain an instance of the 'optional digit "
    "character' that is followed by a member of the 'decimal digit family'",
    "D3092": "A sub-picture that contains a 'percent' or 'per-mille' character must not contain a character "
    "treated as an 'exponent-separator'",
    "D3093": "The exponent part of the sub-picture must comprise only of one or more characters that are "
    "members of the 'decimal digit family'",
    "D3110": "The argument of the toMillis function must be an ISO 8601 formatted timestamp. Given {value}",
    "D3131": "In a decimal digit pattern, all digits must be from the same decimal group",
    "D3134": "The timezone integer format specifier cannot have more than four digits",
    "D3135": "No matching closing bracket ']' in date/time picture string",
    "D3136": "The date/time picture string is missing specifiers required to parse the timestamp",
    "D3138": f"{_SINGLE} more.",
    "D3139": f"{_SINGLE} 0.",
}

_SYMBOLS: Final = {
    "LPAREN": "(",
    "RPAREN": ")",
    "LBRACKET": "[",
    "RBRACKET": "]",
    "LBRACE": "{",
    "RBRACE": "}",
    "COLON": ":",
    "PIPE": "|",
}

_TOKEN = re.compile(r"\.\.|:=|!=|>=|<=|\*\*|~>|\$?\w+|\S")
_EXPECTED = re.compile(r"Expected (\w+) ")
_INDEX = re.compile(r"[Aa]rgument (\d+)")
_OPERATOR = re.compile(r"side of the (\S+) operator")
_ELEMENTS = re.compile(r"array of (\w+)")
_VALUE = re.compile(r"(?:cast value to a number|timestamp): (.*)", re.DOTALL)
_DOLLAR_NAME = re.compile(r"(?:\$|function ')(\w+)")
_CALL = re.compile(r"\$(\w+)\s*\(")
_GENERATED_CALL = re.compile(r"fn_(\w+)\(")
_PLACEHOLDER = re.compile(r"\{\w+\}")
_BY_LOWER_CASE: Final = {name.lower(): name for name in FUNCTIONS}


def syntax_text(code: str | None, raw: str, source: str, position: int) -> str:
    """JSONata's text for a syntax error; `raw` is the engine's, `position` where it is in `source` (or -1)."""
    known: dict[str, str] = {}
    token = _TOKEN.match(source, position) if position >= 0 else None
    if token is not None:
        known["token"] = f'"{token[0]}"'
    expected = _EXPECTED.match(raw)
    if expected is not None:
        known["expected"] = f'"{_SYMBOLS.get(expected[1], expected[1].lower())}"'
    name = _DOLLAR_NAME.search(raw)
    if name is not None:
        known["name"] = name[1]
    return _filled(code, raw, known)


def evaluation_text(code: str | None, raw: str, source: str, trace: TracebackType | None) -> str:
    """JSONata's text for an error of evaluation; `trace` is that of the engine's exception."""
    known: dict[str, str] = {}
    for key, pattern in (("index", _INDEX), ("operator", _OPERATOR), ("of", _ELEMENTS)):
        found = pattern.search(raw)
        if found is not None:
            known[key] = found[1]
    value = _VALUE.search(raw)
    if value is not None:
        known["value"] = compact(value[1])
    name = _DOLLAR_NAME.search(raw)
    function = name[1] if name is not None else _failing_function(trace, source)
    if function is not None:
        known["name"] = function
    return _filled(code, raw, known)


def _filled(code: str | None, raw: str, known: dict[str, str]) -> str:
    template = TEXTS.get(code or "")
    if template is None:
        return raw
    missing = False

    def fill(found: re.Match[str]) -> str:
        nonlocal missing
        value = known.get(found[0][1:-1])
        missing = missing or value is None
        return value or ""

    text = _PLACEHOLDER.sub(fill, template)
    return raw if missing else text


def _failing_function(trace: TracebackType | None, source: str) -> str | None:
    """The JSONata function whose code raised, as `sum`; None when it cannot be told.

    Either a Python function named for it (`fn_sum`) is on the stack, or the innermost line of the translated
    expression calls it around the failing part: `fn_sum(check(...))`.
    """
    function: str | None = None
    while trace is not None:
        code = trace.tb_frame.f_code
        if code.co_filename.startswith("<jsonata:"):
            line, column = _place(trace)
            outer = _GENERATED_CALL.findall(line[:column])
            function = _BY_LOWER_CASE.get(outer[-1].lower()) if outer else None
        elif code.co_name.startswith("fn_"):
            function = _BY_LOWER_CASE.get(code.co_name[3:].lower(), function)
        trace = trace.tb_next
    if function is None:
        calls = set(_CALL.findall(source))
        function = calls.pop() if len(calls) == 1 else None
    return function


def _place(trace: TracebackType) -> tuple[str, int]:
    """The line of translated code a traceback entry is at, and the column its failing part starts."""
    positions = list(trace.tb_frame.f_code.co_positions())[trace.tb_lasti // 2]
    # An interpreter started without debug ranges has no columns.
    line, column = positions[0] or 0, positions[2] or 0
    return linecache.getline(trace.tb_frame.f_code.co_filename, line), column
