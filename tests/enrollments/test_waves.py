"""Items of a batch share a transaction where they meet nothing of each other's (contract §3, batch)."""

from hypothesis import given
from hypothesis import strategies as st

from enrollments.waves import waves

NAMES = st.lists(st.text("abcdefgh", min_size=1, max_size=3), max_size=12)


def named(*names):
    return list(enumerate(names))


def test_those_with_nothing_in_common_go_together():
    assert waves(named("a", "b", "c")) == [[0, 1, 2]]


def test_of_two_with_a_name_in_common_the_first_goes_first():
    assert waves(named("ab", "bc", "d", "c")) == [[0, 2], [1], [3]]


def test_a_wave_has_its_limit():
    assert waves(named("a", "b", "c", "d", "e"), most=2) == [[0, 1], [2, 3], [4]]


@given(names=NAMES, most=st.integers(1, 5))
def test_every_place_is_in_one_wave_and_no_wave_has_a_name_twice(names, most):
    made = waves(named(*names), most=most)
    assert sorted(place for wave in made for place in wave) == list(range(len(names)))
    for wave in made:
        held = [name for place in wave for name in set(names[place])]
        assert len(held) == len(set(held))
        assert 0 < len(wave) <= most
    when = {place: number for number, wave in enumerate(made) for place in wave}
    for later in range(len(names)):
        for earlier in range(later):
            assert not set(names[earlier]) & set(names[later]) or when[earlier] < when[later]
