# seed 831: crash AssertionError
# inputs ({'a': 1, 'b': 0, 's': '', 'xs': [2, 3, -1, 1], 'd': {'b': 1}, 'flag': True}, {'a': -3, 'b': -3, 's': 'a', 'xs': [3, 2], 'd': {}, 'flag': False}, {'a': 7, 'b': 7, 's': '12', 'xs': [], 'd': {}, 'flag': False})
@workflow
def program(a: int, b: int, s: str, xs: list[int], d: dict[str, int], flag: bool):
    d = table_any(0)
    d["d"] = 0
    return d


# Traceback (most recent call last):
#   File "/work/main/tests/test_language.py", line 143, in judge
#     definition = toolchain.definition(workflow)
#                  ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
#   File "/work/main/flowdeco/toolchain.py", line 76, in definition
#     return emit(machine(workflow))
#                 ^^^^^^^^^^^^^^^^^
#   File "/work/main/flowdeco/toolchain.py", line 71, in machine
#     return compile_graph(trace(workflow))
#            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
#   File "/work/main/flowdeco/compiler/compile.py", line 46, in compile_graph
#     return lower(run_passes(graph), functions or function_names(graph), state_machines)
#            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
#   File "/work/main/flowdeco/compiler/lower.py", line 85, in lower
#     start, states = lowering.scope(graph.block, known=inputs)
#                     ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
#   File "/work/main/flowdeco/compiler/lower.py", line 132, in scope
#     self._frame(scope, scope.layout.body)
#   File "/work/main/flowdeco/compiler/lower.py", line 164, in _frame
#     scope.add(node.id, node.name, self._state(scope, frame, index, node), first=True)
#                                   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
#   File "/work/main/flowdeco/compiler/lower.py", line 203, in _state
#     left = scope.leave(scope.layout.way(frame, index + 1, {}), own, entry, key=node.id, frame=frame)
#            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
#   File "/work/main/flowdeco/compiler/scope.py", line 181, in leave
#     return Leaving(None, output=template(value, names))
#                                 ^^^^^^^^^^^^^^^^^^^^^^
#   File "/work/main/flowdeco/compiler/jsonata.py", line 54, in template
#     return "{% " + source(expression, names) + " %}"
#                    ^^^^^^^^^^^^^^^^^^^^^^^^^
#   File "/work/main/flowdeco/compiler/jsonata.py", line 60, in source
#     text = _spell(expression, scope, False)
#            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
#   File "/work/main/flowdeco/compiler/jsonata.py", line 141, in _spell
#     return args.finished(spelling.write(args))
#                          ^^^^^^^^^^^^^^^^^^^^
#   File "/work/main/flowdeco/compiler/operations/mutations.py", line 133, in <lambda>
#     "setitem.any": swallowing(lambda a: _changed_any("set", a)),
#                                         ^^^^^^^^^^^^^^^^^^^^^^
#   File "/work/main/flowdeco/compiler/operations/mutations.py", line 81, in _changed_any
#     on_list = replaced(a, x, "any")
#               ^^^^^^^^^^^^^^^^^^^^^
#   File "/work/main/flowdeco/compiler/operations/mutations.py", line 73, in replaced
#     new = f"{i} = {_at(a, 1, f'$count({xs})')} ? {a.let(2, 'value')} : {v}"
#                    ^^^^^^^^^^^^^^^^^^^^^^^^^^
#   File "/work/main/flowdeco/compiler/operations/mutations.py", line 33, in _at
#     assert isinstance(value, int)
# AssertionError
