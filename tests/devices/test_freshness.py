from datetime import UTC, datetime, timedelta

import pytest

from devices.freshness import freshness

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("age", "word"),
    [
        (timedelta(minutes=-5), "fresh"),
        (timedelta(0), "fresh"),
        (timedelta(minutes=15, microseconds=-1), "fresh"),
        (timedelta(minutes=15), "stale"),
        (timedelta(hours=72), "stale"),
        (timedelta(hours=72, microseconds=1), "offline"),
    ],
)
def test_freshness_goes_by_age(age, word):
    assert freshness(NOW - age, now=NOW) == word


def test_a_device_that_never_reported_was_never_seen():
    assert freshness(None, now=NOW) == "never"
