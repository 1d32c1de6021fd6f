# seed 908: error inline
# inputs {'a': 3, 's': 'b a', 'xs': [2]}
@workflow
def program(a: int, s: str, xs: list[int]):
    x = word(2)
    assert x in "a", "b"
    assert 0, 0


# expected Outcome(kind='AssertionError', text='b', effects=(), calls=('word(2,)',), own=False)
#      got Outcome(kind='AssertionError', text='0', effects=(), calls=('word(2,)',), own=False)
