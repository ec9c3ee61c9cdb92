"""Delivering over real HTTP: signed, in order, again and again, and nobody waits for somebody else's receiver."""

import threading
from datetime import timedelta

import pytest
from django.db import transaction
from standardwebhooks import Webhook

from partners import webhooks
from partners.models import WebhookAttempt, WebhookEndpoint
from partners.webhooks import endpoints, letters
from partners.webhooks.delivery import deliver_due
from partners.webhooks.outcomes import FAILURES_BEFORE_REST
from tests.waiting import PATIENCE, wait_for
from tests.webhooks.conftest import BY, announce, deliver, rows, states, working
from tests.webhooks.receiver import accepts, answers, in_turn, sleeps, trickles
from texture_portal import clock
from texture_portal.ids import new_id
from texture_portal.refusals import Refusal


def again(row):
    return type(row).objects.get(pk=row.pk)


def test_it_is_signed_and_says_what_was_announced(receiver, endpoint_at):
    there = receiver()
    endpoint = endpoint_at(there.url)
    key = announce(endpoint, number=7)
    deliver()
    [got] = there.received
    assert Webhook(endpoint.shown_secret).verify(got.body, got.headers) == got.document
    assert (got.headers["webhook-id"], got.document["key"], got.number) == (str(key), str(key), 7)
    assert (got.headers["content-type"], got.path) == ("application/json", "/in")
    [row] = rows(endpoint)
    assert (row.state, row.outcome, row.attempts) == ("delivered", "delivered", 1)
    [attempt] = WebhookAttempt.objects.filter(delivery=row)
    assert (attempt.number, attempt.status, attempt.answer) == (1, 200, "thanks")


def test_a_retry_is_the_same_message_under_a_new_signature(receiver, endpoint_at):
    there = receiver(in_turn(answers(500, b"later"), accepts))
    endpoint = endpoint_at(there.url)
    announce(endpoint)
    deliver()
    assert states(endpoint) == ["pending"]
    deliver()  # it is not due yet
    assert len(there.received) == 1
    deliver(after=timedelta(seconds=6))
    first, second = there.received
    assert states(endpoint) == ["delivered"]
    assert (first.body, first.headers["webhook-id"]) == (second.body, second.headers["webhook-id"])
    assert first.headers["webhook-signature"] != second.headers["webhook-signature"]
    log = WebhookAttempt.objects.order_by("number").values_list("number", "status", "outcome", "answer")
    assert list(log) == [(1, 500, "http_500", "later"), (2, 200, "delivered", "thanks")]


def test_bad_receivers_harm_no_other_partner(receiver, endpoint_at, settings):
    settings.WEBHOOK_SECONDS = 12.0  # the bad ones take it all; the good one is done with everything by then
    inner = receiver()
    bad = {
        "silent": receiver(sleeps(30)),
        "trickling": receiver(trickles(30)),
        "failing": receiver(answers(500)),
        "gone": receiver(answers(410)),
        "redirecting": receiver(answers(302, Location=inner.url)),
        "flooding": receiver(answers(200, b"x" * 5_000_000)),
    }
    endpoint_of = {name: endpoint_at(there.url) for name, there in bad.items()}
    endpoint_of["dead"] = endpoint_at("http://127.0.0.1:1/in")
    endpoint_of["private"] = endpoint_at("http://localhost:1/in")  # a name that leads inside, and is not allowed
    good = receiver()
    mine = endpoint_at(good.url)
    for number in range(20):
        for each in endpoint_of.values():
            announce(each, number)
    for number in range(50):
        announce(mine, number)
    deliver()
    assert len(good.received) == 50
    assert set(states(mine)) == {"delivered"}
    given_up_first = WebhookAttempt.objects.filter(delivery__endpoint=endpoint_of["silent"]).earliest("pk")
    assert WebhookAttempt.objects.filter(delivery__endpoint=mine).latest("pk").pk < given_up_first.pk
    outcomes = {name: {row.outcome for row in rows(each)} for name, each in endpoint_of.items()}
    assert outcomes == {
        "silent": {"timed_out"},
        "trickling": {"timed_out"},
        "failing": {"http_500"},
        "gone": {"http_410"},
        "redirecting": {"http_302"},
        "flooding": {"delivered"},
        "dead": {"not_reached"},
        "private": {"address_refused"},
    }
    assert inner.received == []


@pytest.mark.parametrize("retry_after", ["Mon, 04 May 99999999999 14:00:00 GMT", "soon", "9" * 5000])
def test_no_header_of_an_answer_stops_the_deliveries_to_others(retry_after, receiver, endpoint_at):
    babbling, good = receiver(answers(503, Retry_After=retry_after)), receiver()
    theirs, mine = endpoint_at(babbling.url), endpoint_at(good.url)
    announce(theirs)
    announce(mine)
    deliver()
    assert (states(theirs), rows(theirs)[0].outcome, states(mine)) == (["pending"], "http_503", ["delivered"])


def test_what_is_told_of_one_enrollment_comes_in_order_whatever_fails(receiver, endpoint_at):
    failing = iter([True, False, True, True])

    def moody(handler, received):
        handler.say(500 if next(failing, False) else 200)

    there = receiver(moody)
    endpoint = endpoint_at(there.url)
    subject, other = new_id(), new_id()
    for number in range(1, 5):
        announce(endpoint, number, subject=subject)
    announce(endpoint, 9, subject=other)
    for after in range(0, 120, 20):
        deliver(after=timedelta(seconds=after))
    got = [received.number for received in there.received if received.number != 9]
    assert sorted(set(got)) == [1, 2, 3, 4]
    assert got == sorted(got)  # each again and again until it is taken, and none before it
    assert set(states(endpoint)) == {"delivered"}


def test_a_message_that_is_never_taken_holds_up_its_own_enrollment_alone(receiver, endpoint_at):
    there = receiver(lambda handler, received: handler.say(500 if received.number < 2 else 200))
    endpoint = endpoint_at(there.url)
    subject = new_id()
    announce(endpoint, 1, subject=subject)
    announce(endpoint, 2, subject=subject)
    announce(endpoint, 3)
    announce(endpoint, 4, subject=None)
    deliver()
    assert states(endpoint) == ["pending", "pending", "delivered", "delivered"]


def test_after_72_hours_it_is_a_dead_letter_and_can_be_sent_again(receiver, endpoint_at):
    there = receiver(in_turn(answers(503), answers(503), accepts))
    endpoint = endpoint_at(there.url)
    key = announce(endpoint)
    deliver()
    deliver(after=timedelta(hours=72))  # the last attempt
    [row] = rows(endpoint)
    assert (row.state, row.outcome, row.attempts) == ("dead", "http_503", 2)
    letters.send_again(row, reason="Their database is back.", now=clock.now(), by=BY)
    deliver()
    assert states(endpoint) == ["delivered"]
    assert {received.headers["webhook-id"] for received in there.received} == {str(key)}
    with pytest.raises(Refusal, match="no dead letter"):
        letters.send_again(row, reason="Once more.", now=clock.now(), by=BY)
    assert "sent again: Their database is back." in endpoint.partner.history.first().history_change_reason


def test_an_endpoint_that_answers_410_is_disabled_and_what_waits_can_be_sent_again_once_it_is_enabled(
    receiver, endpoint_at
):
    there = receiver(in_turn(answers(410), accepts))
    endpoint = endpoint_at(there.url)
    subject = new_id()
    announce(endpoint, 1, subject=subject)
    announce(endpoint, 2, subject=subject)
    deliver()
    held = again(endpoint)
    assert (held.disabled_by, held.is_live) == ("gone", False)
    assert [(row.state, row.outcome) for row in rows(endpoint)] == [("dead", "http_410"), ("dead", "endpoint_disabled")]
    assert announce(endpoint, 3) is None
    with pytest.raises(Refusal, match="disabled"):
        letters.send_all_again(held, reason="Too soon.", now=clock.now(), by=BY)
    endpoints.enable(held, now=clock.now(), by=BY, reason="They mended it.")
    assert letters.send_all_again(held, reason="They mended it.", now=clock.now(), by=BY) == 2
    deliver()
    assert [received.number for received in there.received] == [1, 1, 2]


def test_a_receiver_that_wants_to_be_left_alone_is(receiver, endpoint_at):
    there = receiver(in_turn(answers(429, Retry_After="600"), accepts))
    endpoint = endpoint_at(there.url)
    announce(endpoint, 1)
    deliver()
    announce(endpoint, 2)
    deliver(after=timedelta(seconds=500))
    assert len(there.received) == 1
    deliver(after=timedelta(seconds=601))
    assert sorted(received.number for received in there.received[1:]) == [1, 2]


def test_a_receiver_that_fails_again_and_again_gets_one_knock_at_a_time(receiver, endpoint_at):
    failing = [True]
    there = receiver(lambda handler, received: handler.say(500 if failing[0] else 200))
    endpoint = endpoint_at(there.url)
    for _ in range(10):
        announce(endpoint)
    deliver()
    for after in (10, 30):
        deliver(after=timedelta(seconds=after))
    assert again(endpoint).failures == FAILURES_BEFORE_REST
    before = len(there.received)
    deliver(after=timedelta(minutes=10))
    assert len(there.received) == before + 1
    failing[0] = False
    deliver(after=timedelta(minutes=20))
    assert (again(endpoint).failures, set(states(endpoint))) == (0, {"delivered"})


def test_a_command_that_nobody_took_in_time_is_sent_no_more(receiver, endpoint_at):
    there = receiver(answers(500))
    endpoint = endpoint_at(there.url)
    announce(endpoint, 1, subject=None, expires_at=clock.now() + timedelta(seconds=60))
    announce(endpoint, 2, subject=None, expires_at=clock.now() - timedelta(seconds=1))
    deliver()
    assert [received.number for received in there.received] == [1]
    deliver(after=timedelta(seconds=61))
    assert [(row.state, row.attempts) for row in rows(endpoint)] == [("expired", 1), ("expired", 0)]
    assert len(there.received) == 1


def test_after_a_rotation_both_secrets_sign_for_a_day(receiver, endpoint_at):
    there = receiver()
    endpoint = endpoint_at(there.url)
    new = endpoints.rotate_secret(endpoint, now=clock.now() - timedelta(hours=23), by=BY)
    announce(endpoint)
    deliver()
    got = there.received[-1]
    for secret in (endpoint.shown_secret, new.secret):
        Webhook(secret).verify(got.body, got.headers)
    announce(endpoint, now=clock.now() + timedelta(hours=1, seconds=1))
    deliver(after=timedelta(hours=1, seconds=2))
    assert [len(each.headers["webhook-signature"].split()) for each in there.received] == [2, 1]


def test_an_endpoint_that_is_removed_gets_nothing_more(receiver, endpoint_at):
    there = receiver()
    endpoint = endpoint_at(there.url)
    announce(endpoint)
    endpoints.remove(endpoint, now=clock.now(), by=BY)
    deliver()
    assert (states(endpoint), there.received) == (["cancelled"], [])
    assert endpoint.secrets.count() == 0


def test_what_was_written_while_its_endpoint_ended_does_not_wait_for_ever(receiver, endpoint_at):
    endpoint = endpoint_at(receiver().url)
    announce(endpoint)
    WebhookEndpoint.objects.filter(pk=endpoint.pk).update(removed_at=clock.now())
    deliver()
    assert states(endpoint) == ["cancelled"]


def test_each_of_several_endpoints_has_it_and_the_first_2xx_acknowledges(receiver, endpoint_at):
    slow, quick = receiver(answers(500)), receiver()
    first = endpoint_at(slow.url)
    second = endpoint_at(quick.url, partner=first.partner)
    subject = new_id()
    key = announce(first, subject=subject, type="consent.revoked")
    deliver()
    assert (states(first), states(second)) == (["pending"], ["delivered"])
    [telling] = webhooks.tellings(subject)
    assert (telling.key, telling.outcome, telling.acknowledged_at) == (key, "delivered", rows(second)[0].settled_at)


def test_answers_are_kept_in_short_and_without_secrets(receiver, endpoint_at):
    there = receiver(answers(500, b"no: whsec_c2VjcmV0 \x00\x1b[2J Bearer abc.def " + b"x" * 10_000))
    endpoint = endpoint_at(there.url)
    announce(endpoint)
    deliver()
    answer = WebhookAttempt.objects.get().answer
    assert answer.startswith("no: whsec_(withheld)")
    assert "Bearer (withheld) x" in answer
    assert len(answer) <= 2000
    assert answer.replace("\n", "").isprintable()


def test_it_is_never_sent_inside_a_transaction(endpoint_at):
    announce(endpoint_at("http://127.0.0.1:1/in"))
    with transaction.atomic(), pytest.raises(RuntimeError, match="inside a transaction"):
        deliver_due(now=clock.now())


def test_a_worker_that_is_killed_in_the_middle_loses_nothing(receiver, endpoint_at):
    is_killed = threading.Event()

    def last_ones_late(handler, received):
        if received.number == 2:
            is_killed.wait(PATIENCE)
        handler.say(200)

    there = receiver(last_ones_late)
    endpoint = endpoint_at(there.url)
    subjects = [new_id() for _ in range(40)]
    for number in range(3):
        for subject in subjects:
            announce(endpoint, number, subject=subject, data=lambda n=number, s=subject: {"number": n, "of": str(s)})
    worker = working()
    wait_for(lambda: len(there.received) > 40)
    worker.kill()
    worker.wait()
    is_killed.set()
    assert "pending" in states(endpoint)
    deliver(after=timedelta(minutes=1))  # once its claims are lost
    assert set(states(endpoint)) == {"delivered"}
    first_seen = dict.fromkeys((each.document["data"]["of"], each.number) for each in there.received)
    assert len(first_seen) == 120
    for subject in subjects:
        assert [number for of, number in first_seen if of == str(subject)] == [0, 1, 2]


def test_two_workers_at_once_send_nothing_twice(receiver, endpoint_at):
    there = receiver(sleeps(0.01))
    others = [endpoint_at(receiver().url) for _ in range(3)]
    endpoint = endpoint_at(there.url)
    for number in range(60):
        announce(endpoint, number)
        announce(others[number % 3], number)
    workers = [working(), working()]
    assert [worker.wait(timeout=PATIENCE) for worker in workers] == [0, 0]
    assert sorted(received.number for received in there.received) == list(range(60))
    assert {state for each in (endpoint, *others) for state in states(each)} == {"delivered"}
