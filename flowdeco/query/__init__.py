"""The query languages of Amazon States Language. Pure: knows nothing of the rest of flowdeco.

    compile_expression("$model.auc > 0.9").evaluate({"model": {...}})          one expression
    compile_template({"rows": "{% $rows %}"}, "Output").evaluate(variables)    JSON with expressions in it
    variables_used(source), states_paths(source), references(source)           what an expression reads
    quote_name("a b"), literal({"k": 1})                                       writing expressions

    Payload({"n.$": "States.MathAdd($.n, 1)"}).evaluate(data, variables)       JSONPath: a payload template
    compile_jsonpath("$.rows[?(@.n > 1)]").find(data, variables)                one path
    Rule({"Variable": "$.n", "NumericLessThan": 3}).holds(data, variables)     a rule of a Choice
    ReferencePath("$.result").put(data, value)                                 where a result goes

JSONata is evaluated as Step Functions speaks it: version 2.0.6 with the service's additions. The engine
behind it is imported at the first expression that is more than a variable path. JSONPath is this room's own:
`jsonpath_syntax.py` reads paths, `jsonpath.py` follows them, `calls.py` and `intrinsics.py` are the functions.
"""

from __future__ import annotations

from flowdeco.query.analysis import References, references, states_paths, variables_used
from flowdeco.query.calls import IntrinsicCall
from flowdeco.query.comparisons import Rule
from flowdeco.query.errors import Kind, PathError, QueryError
from flowdeco.query.expressions import Expression, compile_expression, inner, is_expression
from flowdeco.query.functions import FUNCTIONS
from flowdeco.query.jsonpath import JsonPath, compile_jsonpath
from flowdeco.query.payloads import Payload, compile_source, find_source
from flowdeco.query.reference_paths import ReferencePath
from flowdeco.query.spelling import literal, quote_name
from flowdeco.query.templates import Template, compile_template
from flowdeco.query.timestamps import parse_timestamp
from flowdeco.query.values import JSON, UNDEFINED, Ambient, Undefined, type_name

__all__ = [
    "FUNCTIONS",
    "JSON",
    "UNDEFINED",
    "Ambient",
    "Expression",
    "IntrinsicCall",
    "JsonPath",
    "Kind",
    "PathError",
    "Payload",
    "QueryError",
    "ReferencePath",
    "References",
    "Rule",
    "Template",
    "Undefined",
    "compile_expression",
    "compile_jsonpath",
    "compile_source",
    "compile_template",
    "find_source",
    "inner",
    "is_expression",
    "literal",
    "parse_timestamp",
    "quote_name",
    "references",
    "states_paths",
    "type_name",
    "variables_used",
]
