"""The query languages of Amazon States Language. Pure: knows nothing of the rest of flowdeco.

    compile_expression("$model.auc > 0.9").evaluate({"model": {...}})          one expression
    compile_template({"rows": "{% $rows %}"}, "Output").evaluate(variables)    JSON with expressions in it
    variables_used(source), states_paths(source), references(source)           what an expression reads
    quote_name("a b"), literal({"k": 1})                                       writing expressions

JSONata is evaluated as Step Functions speaks it: version 2.0.6 with the service's additions. The engine
behind it is imported at the first expression that is more than a variable path.
"""

from __future__ import annotations

from flowdeco.query.analysis import References, references, states_paths, variables_used
from flowdeco.query.errors import Kind, QueryError
from flowdeco.query.expressions import Expression, compile_expression, inner, is_expression
from flowdeco.query.functions import FUNCTIONS
from flowdeco.query.spelling import literal, quote_name
from flowdeco.query.templates import Template, compile_template
from flowdeco.query.values import JSON, UNDEFINED, Ambient, Undefined, type_name

__all__ = [
    "FUNCTIONS",
    "JSON",
    "UNDEFINED",
    "Ambient",
    "Expression",
    "Kind",
    "QueryError",
    "References",
    "Template",
    "Undefined",
    "compile_expression",
    "compile_template",
    "inner",
    "is_expression",
    "literal",
    "quote_name",
    "references",
    "states_paths",
    "type_name",
    "variables_used",
]
