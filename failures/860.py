# seed 860: not allowed to refuse what works
# inputs ({'a': 7, 'b': 4, 's': 'b a', 'xs': [], 'ws': []}, {'a': 7, 'b': 2, 's': '', 'xs': [2, 1, 3], 'ws': []}, {'a': 3, 'b': 3, 's': '', 'xs': [], 'ws': []})
@workflow
def program(a: int, b: int, s: str, xs: list[int], ws: list[str]):
    try:
        check(0, 0)
    except KeyError:
        k = any((0 for i5, i4 in {"a": a}.items() if i4))


# <smaller-274-9121261997843553482>:6: the filter of a generator of an expression, which is known only when the workflow runs
#   hint: write a list comprehension: [x for x in xs if …]
