"""How often a partner may call (contract §8): never under 100 a second with 500 at once, shared by all processes."""

import re
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from devices.portfolios import sizes
from partners import onboarding, throttling
from partners.limits import Category, Limit, limit_of
from partners.models import Bucket, Customer, Partner
from partners.scopes import CATEGORY_OF, SCOPES
from partners.throttling import HELD_SECONDS, Throttle
from tests.factories import NOW, DeviceFactory, PartnerFactory
from texture_portal import actors
from texture_portal.refusals import Refusal

BY = actors.system("tests")
SMALL = Limit(Category.ENROLLMENT, 4)  # so slow that nothing comes back while a test runs


def granted(throttle: Throttle, partner: Partner, limit: Limit, times: int) -> int:
    return sum(throttle.take(partner.pk, limit).granted for _ in range(times))


class Meanwhile:
    """At most so many are granted of a bucket that was full when it was made: some come back while a machine asks."""

    def __init__(self, limit: Limit) -> None:
        self.limit, self.began = limit, time.monotonic()

    @property
    def most(self) -> float:
        return self.limit.burst * throttling.SPARE + 1 + self.limit.a_second * (time.monotonic() - self.began)


@pytest.mark.parametrize(("devices", "raised", "a_second"), [
    (0, {}, 100), (30_000, {}, 100), (90_000, {}, 300), (90_001, {}, 301),
    (0, {"enrollment": 250}, 250), (0, {"telemetry": 250}, 100), (90_000, {"enrollment": 250}, 300),
])  # fmt: skip
def test_a_limit_grows_with_the_portfolio_and_is_raised_by_staff_and_never_less(devices, raised, a_second):
    limit = limit_of(Category.ENROLLMENT, devices=devices, raised=raised)
    assert (limit.a_second, limit.burst) == (a_second, 5 * a_second)


def test_every_scope_has_its_category():
    assert CATEGORY_OF.keys() == SCOPES.keys()
    assert set(CATEGORY_OF.values()) == set(Category)


def test_the_fields_are_those_of_the_ietf_draft():
    limit = Limit(Category.CONTROL, 100)
    assert limit.policy == '"control";q=500;w=5'
    assert (limit.state(499.7), limit.state(0), limit.state(-3)) == (
        '"control";r=499;t=1', '"control";r=0;t=5', '"control";r=0;t=5',
    )  # fmt: skip


@pytest.mark.django_db
def test_the_burst_is_taken_and_no_more_than_what_is_spare_besides():
    partner, meanwhile = PartnerFactory(), Meanwhile(SMALL)
    assert SMALL.burst <= granted(Throttle(), partner, SMALL, 100) <= meanwhile.most


@pytest.mark.django_db
def test_categories_and_partners_have_buckets_of_their_own():
    throttle, partner = Throttle(), PartnerFactory()
    granted(throttle, partner, SMALL, 100)
    assert granted(throttle, partner, Limit(Category.CONTROL, 4), 1) == 1
    assert granted(throttle, PartnerFactory(), SMALL, 1) == 1


@pytest.mark.django_db
def test_processes_share_a_bucket_and_none_is_starved_of_the_burst_by_what_another_holds():
    partner, limit = PartnerFactory(), Limit(Category.ENROLLMENT, 100)
    meanwhile = Meanwhile(limit)
    holders = [Throttle() for _ in range(5)]
    for each in holders:
        assert each.take(partner.pk, limit).granted
    assert limit.burst - 5 <= granted(holders[0], partner, limit, 2_000) <= meanwhile.most


@pytest.mark.django_db
def test_what_is_used_comes_back_and_a_bucket_holds_no_more_than_it_is_large():
    throttle, partner = Throttle(), PartnerFactory()
    granted(throttle, partner, SMALL, 100)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE partners_bucket SET filled_at = filled_at - interval '1 second'")
    assert granted(throttle, partner, SMALL, 10) >= SMALL.a_second - 1
    meanwhile = Meanwhile(SMALL)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE partners_bucket SET filled_at = filled_at - interval '1 day'")
    assert granted(throttle, partner, SMALL, 100) <= meanwhile.most


@pytest.mark.django_db
def test_most_requests_ask_nobody_and_a_handful_is_not_held_for_long(django_assert_max_num_queries):
    seconds = 0.0
    throttle, partner, limit = Throttle(clock=lambda: seconds), PartnerFactory(), Limit(Category.ENROLLMENT, 100)
    with django_assert_max_num_queries(10):
        assert granted(throttle, partner, limit, 100) == 100
    seconds += 2 * HELD_SECONDS
    with django_assert_max_num_queries(1):
        assert throttle.take(partner.pk, limit).granted
    assert Bucket.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_many_threads_take_no_token_twice():
    partner, throttles, meanwhile = PartnerFactory(), [Throttle() for _ in range(4)], Meanwhile(SMALL)

    def use(throttle: Throttle) -> int:
        try:
            return granted(throttle, partner, SMALL, 50)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        assert SMALL.burst <= sum(pool.map(use, throttles)) <= meanwhile.most


@pytest.mark.django_db
def test_staff_raise_a_limit_on_record_and_not_below_the_contracts():
    partner = PartnerFactory()
    onboarding.raise_limit(partner, Category.CONTROL, a_second=900, by=BY, reason="A fleet of chargers.")
    partner.refresh_from_db()
    assert (partner.limit(Category.CONTROL).a_second, partner.limit(Category.TELEMETRY).a_second) == (900, 100)
    assert "A fleet of chargers." in partner.history.latest().history_change_reason
    with pytest.raises(Refusal, match="from 100"):
        onboarding.raise_limit(partner, Category.CONTROL, a_second=99, by=BY, reason="Less.")


@pytest.mark.django_db
def test_a_partners_devices_are_counted_for_it():
    device = DeviceFactory()
    sizes.count(now=NOW)
    assert Partner.objects.get(pk=device.partner_id).device_count == 1


@pytest.mark.django_db
@pytest.mark.urls("door_views")
class TestAtTheDoor:
    @pytest.fixture
    def little(self, monkeypatch):
        """A contract's least of so few that a test reaches it."""
        monkeypatch.setattr("partners.limits.LEAST_A_SECOND", 1)

    def test_every_answer_of_a_known_caller_says_what_is_left(self, acme):
        answers = [acme.get("/v1/notes"), acme.post("/v1/notes", {"nonsense": 1}), acme.get("/v1/notes")]
        for answer in answers:
            assert answer["RateLimit-Policy"] == '"enrollment";q=500;w=5'
            assert re.fullmatch(r'"enrollment";r=\d+;t=\d', answer["RateLimit"])
        assert not acme.get("/v1/notes", headers={"Authorization": "Bearer nobody"}).has_header("RateLimit")

    def test_beyond_it_nothing_is_done_and_the_answer_says_when_to_come_again(self, acme, problem, little, monkeypatch):
        last = {}
        for number in range(2_000):  # some come back while a machine asks, the more the slower it is
            last[number] = answer = acme.post("/v1/notes", {"referenceId": f"note-{number}"}, key=f"key-{number}")
            if answer.status_code == 429:
                break
        told = problem(answer)
        assert (told["code"], told["category"]) == ("rate_limited", "rate_limit")
        assert (answer["Retry-After"], answer["RateLimit"]) == ("1", '"enrollment";r=0;t=5')
        made = [each for each in last.values() if each.status_code == 201]
        assert Customer.objects.filter(reference_id__startswith="note-").count() == len(made) == number
        monkeypatch.undo()
        with connection.cursor() as cursor:
            cursor.execute("UPDATE partners_bucket SET filled_at = filled_at - interval '1 minute'")
        again = acme.post("/v1/notes", {"referenceId": f"note-{number}"}, key=f"key-{number}")
        assert (again.status_code, again.has_header("Idempotent-Replayed")) == (201, False)

    def test_what_is_always_taken_is_taken_beyond_it(self, acme, little):
        statuses = [acme.post("/v1/anytime", {"referenceId": f"n-{n}"}, key=f"k-{n}").status_code for n in range(20)]
        assert set(statuses) == {201}
