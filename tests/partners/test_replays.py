"""Idempotency: one effect per key, and the first answer again (contract §2.4)."""

import threading
from datetime import timedelta

import pytest
from django.db import connection

from partners import idempotency
from partners.answers import StoredAnswer
from partners.idempotency import Key, fingerprint_of
from partners.models import Customer, IdempotencyRecord, RefusedRequest
from texture_portal import clock, holding

pytestmark = pytest.mark.urls("door_views")
NOTE = {"referenceId": "cust-81"}


def same(first, again):
    assert again["Idempotent-Replayed"] == "true"
    assert "Idempotent-Replayed" not in first
    assert (again.status_code, again.content) == (first.status_code, first.content)
    assert again["Content-Type"] == first["Content-Type"]
    assert again.get("Location") == first.get("Location")
    assert again["X-Request-ID"] != first["X-Request-ID"]


@pytest.mark.django_db
def test_the_first_answer_comes_again_byte_for_byte(acme):
    first = acme.post("/v1/notes", NOTE, key="key-1")
    assert first.status_code == 201
    same(first, acme.post("/v1/notes", NOTE, key="key-1"))
    same(first, acme.post("/v1/notes", NOTE, key='"key-1"'))
    assert Customer.objects.count() == 1


@pytest.mark.django_db
def test_a_quoted_key_is_unescaped(acme):
    first = acme.post("/v1/notes", NOTE, key='a"b\\c')
    same(first, acme.post("/v1/notes", NOTE, key='"a\\"b\\\\c"'))


@pytest.mark.django_db
@pytest.mark.parametrize("reference", ["stale", "refused inside"])
def test_a_refusal_by_a_rule_is_kept_and_its_effect_undone(acme, problem, reference):
    first = acme.post("/v1/notes", {"referenceId": reference}, key="key-1")
    assert first.status_code in (409, 422)
    assert not Customer.objects.exists()
    same(first, acme.post("/v1/notes", {"referenceId": reference}, key="key-1"))
    assert problem(first)["requestId"] == first["X-Request-ID"]
    assert RefusedRequest.objects.get().code == problem(first)["code"]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("document", "status"),
    [({"referenceId": 1}, 400), ({"referenceId": "missing inside"}, 404), ({"referenceId": "broken inside"}, 500)],
)
def test_any_other_refusal_frees_the_key(acme, document, status):
    assert acme.post("/v1/notes", document, key="key-1").status_code == status
    assert not Customer.objects.exists()
    assert not IdempotencyRecord.objects.exists()
    assert acme.post("/v1/notes", NOTE, key="key-1").status_code == 201


@pytest.mark.django_db
def test_the_key_of_another_request_is_refused_before_the_body_is_parsed(acme, problem):
    acme.post("/v1/notes", NOTE, key="key-1")
    for target, body in (("/v1/notes", b"{"), ("/v1/notes?a=1", b"{}"), ("/v1/anytime", b'{"referenceId": "cust-81"}')):
        answer = acme.post(target, body=body, key="key-1")
        assert (answer.status_code, problem(answer)["code"]) == (422, "idempotency_key_reused")
    assert IdempotencyRecord.objects.count() == 1


@pytest.mark.django_db
def test_partners_do_not_share_keys(acme, onboard, signing_client):
    acme.post("/v1/notes", NOTE, key="key-1")
    other = signing_client(onboard("Another OEM"))
    answer = other.post("/v1/notes", NOTE, key="key-1")
    assert answer.status_code == 201
    assert "Idempotent-Replayed" not in answer


@pytest.mark.django_db
def test_a_key_is_kept_90_days_and_can_then_be_used_anew(acme):
    acme.post("/v1/notes", NOTE, key="key-1")
    record = IdempotencyRecord.objects.get()
    assert record.expires_at - record.created_at == timedelta(days=90)
    IdempotencyRecord.objects.update(expires_at=clock.now())
    answer = acme.post("/v1/notes", {"referenceId": "another"}, key="key-1")
    assert answer.status_code == 201
    assert bytes(IdempotencyRecord.objects.get().body) == answer.content


@pytest.mark.django_db
@pytest.mark.parametrize("reference", ["stale", "refused inside"])
def test_a_refusal_takes_the_place_of_an_answer_that_is_kept_no_longer(acme, problem, reference):
    acme.post("/v1/notes", NOTE, key="key-1")
    IdempotencyRecord.objects.update(expires_at=clock.now())
    answer = acme.post("/v1/notes", {"referenceId": reference}, key="key-1")
    assert problem(answer)["category"] in ("consent", "conflict")
    assert bytes(IdempotencyRecord.objects.get().body) == answer.content
    same(answer, acme.post("/v1/notes", {"referenceId": reference}, key="key-1"))


@pytest.mark.django_db
def test_purging_deletes_what_is_kept_no_longer(acme):
    acme.post("/v1/notes", NOTE, key="key-1")
    acme.post("/v1/notes", {"referenceId": "another"}, key="key-2")
    now = clock.now()
    IdempotencyRecord.objects.filter(key="key-1").update(expires_at=now)
    assert IdempotencyRecord.objects.purge(now=now) == 1
    assert IdempotencyRecord.objects.get().key == "key-2"


def in_threads(count, work):
    start, results = threading.Barrier(count), []

    def run():
        try:
            start.wait()
            results.append(work())
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


@pytest.mark.django_db(transaction=True)
def test_parallel_posts_of_one_key_have_one_effect(acme):
    answers = in_threads(12, lambda: acme.post("/v1/notes", NOTE, key="key-1"))
    assert len(answers) == 12
    assert {(answer.status_code, answer.content) for answer in answers} == {(201, answers[0].content)}
    assert sum("Idempotent-Replayed" not in answer for answer in answers) == 1
    assert Customer.objects.count() == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("reference", ["stale", "refused inside"])
def test_parallel_posts_of_one_key_are_refused_by_one_answer(acme, reference):
    answers = in_threads(12, lambda: acme.post("/v1/notes", {"referenceId": reference}, key="key-1"))
    assert {answer.content for answer in answers} == {bytes(IdempotencyRecord.objects.get().body)}
    assert sum("Idempotent-Replayed" not in answer for answer in answers) == 1


@pytest.mark.django_db(transaction=True)
def test_a_bearer_that_waits_too_long_is_told_to_come_again(acme, problem, monkeypatch):
    monkeypatch.setattr(holding, "LONGEST_WAIT", "50ms")
    key = Key(acme.partner, "key-1", fingerprint_of(method="POST", target="/v1/notes", body=b""))
    waiting = []

    def hold():
        waiting.extend(in_threads(1, lambda: acme.post("/v1/notes", NOTE, key="key-1")))
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        idempotency.once(key, now=clock.now(), effect=hold, refused=lambda refusal: None)
    assert (waiting[0].status_code, problem(waiting[0])["code"]) == (409, "request_in_progress")
    assert int(waiting[0]["Retry-After"]) > 0
    assert acme.post("/v1/notes", NOTE, key="key-1").status_code == 201


@pytest.mark.django_db(transaction=True)
def test_of_two_that_wait_for_each_others_rows_both_are_done(acme, monkeypatch):
    monkeypatch.setattr(holding, "LONGEST_WAIT", "20s")  # so that it is the deadlock that is found
    rows = [acme.post("/v1/notes", {"referenceId": name}).json()["id"] for name in ("a", "b")]
    both_hold_one = threading.Barrier(2)
    tries = []

    def one(order):
        def effect():
            tries.append(order)
            Customer.objects.select_for_update().get(pk=order[0])
            if len(tries) <= 2:
                both_hold_one.wait()
            Customer.objects.select_for_update().get(pk=order[1])
            return StoredAnswer(201, {}, b"{}")

        key = Key(acme.partner, f"key-{order[0]}", bytes(32))
        return idempotency.once(key, now=clock.now(), effect=effect, refused=lambda refusal: None).status

    orders = [rows, rows[::-1]]
    assert in_threads(2, lambda: one(orders.pop())) == [201, 201]
    assert len(tries) >= 3  # the victim again; on a busy machine it may meet the other once more
    assert IdempotencyRecord.objects.filter(key__in=[f"key-{row}" for row in rows]).count() == 2
