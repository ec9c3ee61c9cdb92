"""The steps of a rotation, as values."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from texture_portal.key_rings import FALLBACKS, PENDING, Keys, Ring, RotationError, keys_of, with_keys

EVERY_RING = pytest.mark.parametrize("ring", list(Ring))
KEPT = {"SECRET_KEY": "s1", "DATA_KEYS": "d1,d2", "CHECKPOINT_KEY": "c1", "EMAIL_URL": "smtp://mail"}


@EVERY_RING
def test_a_new_key_is_known_before_it_is_used_and_the_old_one_stays_until_it_is_dropped(ring):
    first = keys_of(KEPT, ring)
    announced = first.announce("new")
    assert announced.keys == (*first.keys, "new")
    promoted = announced.promote()
    assert promoted.keys == ("new", *first.keys)
    assert promoted.drop(first.keys[-1]).keys == ("new", *first.keys[:-1])


@pytest.mark.parametrize(
    ("held", "step"),
    [
        (Keys(("a", "b"), is_pending=True), lambda keys: keys.announce("c")),
        (Keys(("a", "b"), is_pending=True), lambda keys: keys.drop("b")),
        (Keys(("a", "b")), lambda keys: keys.promote()),
        (Keys(("a", "b")), lambda keys: keys.drop("a")),
        (Keys(("a", "b")), lambda keys: keys.drop("c")),
    ],
)
def test_a_step_out_of_turn_is_refused(held, step):
    with pytest.raises(RotationError):
        step(held)


@given(
    ring=st.sampled_from(list(Ring)),
    keys=st.lists(st.text("abc123", min_size=1), min_size=1, unique=True),
    is_pending=st.booleans(),
)
def test_what_is_written_is_read_again_and_nothing_else_is_touched(ring, keys, is_pending):
    wanted = Keys(tuple(keys), is_pending=is_pending)
    written = with_keys(KEPT, ring, wanted)
    assert keys_of(written, ring) == wanted
    for other in set(Ring) - {ring}:
        assert keys_of(written, other) == keys_of(KEPT, other)
    assert written["EMAIL_URL"] == "smtp://mail"
    assert set(written) <= {*KEPT, FALLBACKS, PENDING}


def test_a_secret_key_may_have_a_comma_and_is_one_key_all_the_same():
    assert keys_of({"SECRET_KEY": "one,whole"}, Ring.SECRET_KEY).keys == ("one,whole",)
