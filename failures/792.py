# seed 792: not allowed to refuse
# inputs ({'a': 2, 'b': 4, 'xs': [0, 2, 3], 'ws': ['a'], 'flag': True}, {'a': 7, 'b': 1, 'xs': [1], 'ws': ['a'], 'flag': False}, {'a': 2, 'b': 7, 'xs': [1, 0, 0], 'ws': ['é'], 'flag': False})
@workflow
def program(a: int, b: int, xs: list[int], ws: list[str], flag: bool):
    p = risky(0, 1)
    p = []
    p //= 2


# <smaller-98-1372371025560623018>:5: the body of 'program' raised TypeError while it was traced: unsupported operand type(s) for //=: 'list' and 'int'
#   hint: the body runs once with stand-ins for run-time values; what needs the real ones belongs into a step
