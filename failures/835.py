# seed 835: not allowed to refuse what works
# inputs ({'a': -3, 'b': 5, 'ws': []}, {'a': 7, 'b': 0, 'ws': ['ab', 'b', 'ab']}, {'a': 3, 'b': 7, 'ws': ['a', 'b', 'ab']})
@workflow
def program(a: int, b: int, ws: list[str]):
    count10 = 0


# <smaller-17-4875177790992083135>:1: workflow 'program' calls no step: there is nothing to run
#   hint: decorate the functions it calls with @step
