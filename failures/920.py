# seed 920: definition
# inputs ({'a': 1, 'b': 4, 'xs': [-1, 3], 'd': {'b': 2, 'd': 0, 'a': 0}, 'flag': False}, {'a': 3, 'b': 5, 'xs': [0, -1], 'd': {'a': 1, 'b': 0}, 'flag': True}, {'a': 4, 'b': 7, 'xs': [], 'd': {'d': 1, 'b': 4, 'c': 4}, 'flag': False})
@workflow
def program(a: int, b: int, xs: list[int], d: dict[str, int], flag: bool):
    if b:
        assert 0
    else:
        for j18 in xs:
            assert d
            note()


# error: States.each j18.ItemProcessor.States.AssertionError: Duplicate State name: AssertionError
#   hint: the other one is States.AssertionError; names are unique in the whole machine
