"""When something is asked next."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from devices.polling.spreading import EPOCH, next_slot, next_turn

MINUTE = timedelta(minutes=1)


@given(st.text(max_size=8), st.integers(5, 15), st.integers(0, 10**9))
def test_what_was_asked_out_of_turn_is_not_asked_again_at_once_and_soon_has_its_own_moment(key, minutes, seconds):
    every, now = minutes * MINUTE, EPOCH + timedelta(seconds=seconds)
    for _ in range(3):
        after = next_turn(key, every=every, after=now)
        assert every / 2 <= after - now <= every
        now = after
    assert next_slot(key, every=every, after=now - timedelta(microseconds=1)) == now
