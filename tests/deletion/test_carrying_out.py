"""A deletion request from the asking to the certificate: who is told, what waits, what is gone, what stays proved."""

import io
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db import DatabaseError, transaction

from devices.models import Device, Reading
from enrollments import lifecycle
from enrollments.deletion import answers, asking, certificate, erasing, waiting, work
from enrollments.evidence import checkpoints
from enrollments.models import Contact, DeletionRequest, Enrollment
from enrollments.timeline import timeline
from partners.models import Customer, IdempotencyRecord, WebhookMessage
from territories.models import Site
from tests.factories import NOW, active, consent_claim, device_claim, enrolled, listening_partner, matched_to
from texture_portal import actors
from texture_portal.refusals import Refusal

END_USER = actors.Actor(actors.Role.CUSTOMER, "end user", actors.Channel.WEB)
RITA = actors.staff(user_id=7, name="rita")
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
HOUR_LATER = NOW + timedelta(hours=1)


def ask(customer, *, now=HOUR_LATER, via="account", by=END_USER):
    [request] = asking.ask([customer], via=via, now=now, by=by)
    return request


def carried_out(customer, *, now=HOUR_LATER, telemetry="erase"):
    """Asked for, begun and done, with nobody to be waited for."""
    request = asking.begin(ask(customer, now=now), telemetry=telemetry, now=now, by=RITA)
    asking.wait_no_more(request, now=now, by=RITA)
    work.work_off(now=now + waiting.UNDER_WAY)
    request.refresh_from_db()
    assert request.done_at is not None, request.waits_for
    return request


def verify():
    said = io.StringIO()
    call_command("verify_audit_trail", stdout=said)  # it exits where anything does not hold
    return said.getvalue()


@pytest.fixture
def enrollment(transactional_db):
    return active()


def test_asking_ends_every_consent_at_once_and_sets_a_due_date(enrollment):
    request = ask(enrollment.customer)
    assert request.due_at - request.asked_at == 30 * DAY
    enrollment = Enrollment.objects.get()
    assert (enrollment.state, enrollment.device.may_read) == ("opted_out", False)
    assert ask(enrollment.customer).pk == request.pk, "asked twice, it is one case"


def test_a_letter_counts_from_the_day_it_was_written(enrollment):
    [request] = asking.ask([enrollment.customer], via="mail", asked_at=NOW - 3 * DAY, now=NOW, by=RITA)
    assert request.due_at == NOW + 27 * DAY
    with pytest.raises(Refusal):
        asking.ask([enrollment.customer], via="mail", asked_at=NOW + DAY, now=NOW, by=RITA)


def test_it_waits_until_the_others_have_been_told(enrollment):
    request = asking.begin(ask(enrollment.customer), telemetry="erase", now=HOUR_LATER, by=RITA)
    assert Enrollment.objects.get().state == "revoked"
    work.work_off(now=HOUR_LATER)
    request.refresh_from_db()
    assert (request.waits_for, request.done_at) == ("what_is_under_way", None)
    work.work_off(now=HOUR_LATER + 3 * MINUTE)
    request.refresh_from_db()
    assert request.done_at is not None, "nobody is left to be told"


def test_a_partner_that_does_not_answer_is_waited_for_as_long_as_webhooks_are_tried(transactional_db):
    enrollment = active(partner=listening_partner(url="https://silent.example/in"))
    request = asking.begin(ask(enrollment.customer), telemetry="erase", now=HOUR_LATER, by=RITA)
    work.work_off(now=HOUR_LATER + 3 * MINUTE)
    request.refresh_from_db()
    assert (request.waits_for, request.done_at) == ("partner_being_told", None)
    work.work_off(now=HOUR_LATER + 72 * timedelta(hours=1))
    request.refresh_from_db()
    told = request.certificate["sections"]["told"]
    assert [each["outcome"] for each in told] == ["unreached"]
    assert not WebhookMessage.objects.exclude(body="").exists()


def test_what_names_the_person_is_gone_and_what_was_agreed_stays_proved(enrollment):
    checkpoints.sign_if_due(now=NOW + timedelta(minutes=30))
    reference, street = enrollment.customer.reference_id, enrollment.site.street_one
    before = list(timeline(enrollment))
    request = carried_out(enrollment.customer)
    customer, site, device = Customer.objects.get(), Site.objects.get(), Device.objects.get()
    assert reference not in customer.reference_id
    assert street not in (site.street_one, site.address_key)
    assert (device.serial_number, site.latitude, site.postal_code) == ("", None, "")
    assert [each.after for each in timeline(Enrollment.objects.get())][: len(before)] == [each.after for each in before]
    assert "The audit trail is whole" in verify()
    checkpoints.sign_if_due(now=NOW + 2 * DAY)
    assert "The audit trail is whole" in verify()
    assert request.facts_kept_until > request.done_at + 2556 * DAY


def test_the_certificate_proves_itself_and_no_byte_of_it_can_be_changed(enrollment):
    names = (enrollment.customer.reference_id, enrollment.device.serial_number, "Civic")
    request = carried_out(enrollment.customer)
    document = request.certificate
    assert certificate.faults(document) == []
    assert document["sections"]["kept"]["chains"][0]["enrollmentId"] == str(enrollment.pk)
    document["sections"]["about"]["doneAt"] = "2020-01-01T00:00:00.000000+00:00"
    assert certificate.faults(document) == ["The section about was changed after it was signed."]
    assert certificate.faults({"format": "texture-deletion/1"}) != []
    assert [each for each in names if each in str(request.certificate)] == []


def answered(enrollment, *words, at, key):
    body = " ".join(["answered about", *words]).encode()
    return IdempotencyRecord.objects.create(
        partner=enrollment.partner, key=key, fingerprint=b"", status=201, body=body, created_at=at, expires_at=NOW + DAY
    )


def test_old_answers_are_looked_through_in_batches_before_and_those_of_now_with_the_rest(enrollment, monkeypatch):
    monkeypatch.setattr(answers, "WORDS_AT_ONCE", 10)
    others = [answered(enrollment, "somebody else", at=NOW, key=f"other-{number}") for number in range(5)]
    theirs = [answered(enrollment, str(enrollment.pk), at=NOW, key=f"theirs-{number}") for number in range(3)]
    answered(enrollment, str(enrollment.pk), at=HOUR_LATER - MINUTE, key="just now")
    request = asking.begin(ask(enrollment.customer), telemetry="detach", now=HOUR_LATER, by=RITA)

    monkeypatch.setattr(answers, "SECONDS", 0.0)
    assert not answers.forget_older(request, now=HOUR_LATER)
    monkeypatch.setattr(answers, "SECONDS", 20.0)
    assert answers.forget_older(request, now=HOUR_LATER)
    request.refresh_from_db()
    assert (request.answers_forgotten, request.answers_searched_to) == (3, theirs[-1].pk)
    assert set(IdempotencyRecord.objects.values_list("key", flat=True)) == {*(each.key for each in others), "just now"}

    asking.wait_no_more(request, now=HOUR_LATER, by=RITA)
    work.work_off(now=HOUR_LATER + waiting.UNDER_WAY)
    request.refresh_from_db()
    assert {"what": "answers to requests", "rows": 4} in request.certificate["sections"]["erased"]
    assert request.answers_searched_for == ""
    assert IdempotencyRecord.objects.count() == len(others)


def test_an_answer_that_was_written_before_older_ones_is_not_passed_over(enrollment):
    request = asking.begin(ask(enrollment.customer), telemetry="detach", now=HOUR_LATER, by=RITA)
    answered(enrollment, "somebody else", at=NOW, key="first")
    young = answered(enrollment, str(enrollment.pk), at=HOUR_LATER, key="young")
    answered(enrollment, "a batch that was asked for before", at=NOW, key="old")
    assert answers.forget_older(request, now=HOUR_LATER)
    request.refresh_from_db()
    assert request.answers_searched_to < young.pk
    asking.wait_no_more(request, now=HOUR_LATER, by=RITA)
    work.work_off(now=HOUR_LATER + waiting.UNDER_WAY)
    assert not IdempotencyRecord.objects.filter(pk=young.pk).exists()


def test_what_stands_for_the_person_since_the_search_has_it_begin_anew(enrollment):
    request = asking.begin(ask(enrollment.customer), telemetry="detach", now=HOUR_LATER, by=RITA)
    asking.wait_no_more(request, now=HOUR_LATER, by=RITA)
    erasing.let_go(request, now=HOUR_LATER)
    assert answers.forget_older(request, now=HOUR_LATER)
    reference = enrollment.customer.reference_id
    other = enrolled(partner=enrollment.partner, customer_reference=reference)  # and ended, meanwhile
    missed = answered(enrollment, str(other.pk), at=NOW, key="missed")
    asking.end_enrollments(enrollment.customer, now=HOUR_LATER, by=RITA)
    assert erasing._erase(request, now=HOUR_LATER).is_open
    assert not erasing.erase(request, now=HOUR_LATER).is_open
    assert not IdempotencyRecord.objects.filter(pk=missed.pk).exists()


def test_readings_go_or_are_nobodys(transactional_db, told_readings):
    first, second = active(), active()
    told_readings(first.device), told_readings(second.device)
    carried_out(first.customer, telemetry="erase")
    assert Reading.objects.count() == 3
    carried_out(second.customer, telemetry="detach")
    assert Reading.objects.count() == 3
    assert not hasattr(Device.objects.get(pk=second.device_id), "latest")


def test_an_old_consent_does_not_bring_the_person_back_and_a_new_one_makes_another(enrollment):
    partner, finding = enrollment.partner, matched_to(enrollment.site.utility)
    device = device_claim(
        manufacturer_device_id=enrollment.device.manufacturer_device_id, serial_number=enrollment.device.serial_number
    )
    carried_out(enrollment.customer)
    again = {"partner": partner, "finding": finding, "device": device, "now": NOW + 2 * DAY}
    with pytest.raises(Refusal) as refused:
        enrolled(consent=consent_claim(granted_at=NOW - DAY), **again)
    assert refused.value.code == "consent_revoked"
    anew = enrolled(consent=consent_claim(granted_at=NOW + DAY), **again)
    assert anew.customer_id != enrollment.customer_id
    assert anew.device_id != enrollment.device_id


def anew(enrollment, *, now):
    """The same customer enrolls another device, and consents to it."""
    return enrolled(
        partner=enrollment.partner, customer_reference=enrollment.customer.reference_id, now=now,
        finding=matched_to(enrollment.site.utility), consent=consent_claim(granted_at=now - MINUTE),
    )  # fmt: skip


def test_what_is_enrolled_while_a_deletion_waits_ends_and_its_partner_is_told(transactional_db):
    enrollment = active(partner=listening_partner(url="https://silent.example/in"))
    request = asking.begin(ask(enrollment.customer), telemetry="erase", now=HOUR_LATER, by=RITA)
    second = anew(enrollment, now=HOUR_LATER + 3 * MINUTE)
    assert second.customer_id == enrollment.customer_id
    work.work_off(now=HOUR_LATER + 5 * MINUTE)
    request.refresh_from_db()
    assert request.waits_for == "partner_being_told"
    second = Enrollment.objects.get(pk=second.pk)
    assert (second.state, second.state_reason, second.standing().status) == ("revoked", "data_deleted", "revoked")
    told = WebhookMessage.objects.filter(subject=second.pk, type="enrollment.status_changed")
    assert [each for each in told if '"data_deleted"' in each.body]
    work.work_off(now=HOUR_LATER + 72 * timedelta(hours=1))
    request.refresh_from_db()
    assert {each["enrollmentId"] for each in request.certificate["sections"]["kept"]["chains"]} == {
        str(enrollment.pk), str(second.pk),
    }  # fmt: skip
    assert not WebhookMessage.objects.exclude(body="").exists()
    assert "The audit trail is whole" in verify()


def test_nobody_is_erased_with_an_enrollment_that_is_open(enrollment):
    request = asking.begin(ask(enrollment.customer), telemetry="erase", now=HOUR_LATER, by=RITA)
    second = anew(enrollment, now=HOUR_LATER + 3 * MINUTE)
    assert erasing.erase(request, now=HOUR_LATER + 3 * MINUTE).done_at is None
    assert Customer.objects.get().erased_at is None
    work.work_off(now=HOUR_LATER + 4 * MINUTE)
    assert Customer.objects.get().erased_at is not None
    assert Enrollment.objects.get(pk=second.pk).state == "revoked"


def test_what_a_worker_deleted_before_it_died_is_in_the_certificate(enrollment, told_readings):
    told_readings(enrollment.device)
    request = asking.begin(ask(enrollment.customer), telemetry="erase", now=HOUR_LATER, by=RITA)
    anew(enrollment, now=HOUR_LATER + 3 * MINUTE)
    erasing.erase(request, now=HOUR_LATER + 3 * MINUTE)
    assert (Reading.objects.count(), Customer.objects.get().erased_at) == (0, None), "only the readings went"
    work.work_off(now=HOUR_LATER + 4 * MINUTE)
    request.refresh_from_db()
    assert {"what": "readings", "rows": 3} in request.certificate["sections"]["erased"]


def test_one_that_cannot_begin_keeps_no_other_from_its_begin_or_its_end(transactional_db):
    first = active(partner=listening_partner(url="https://silent.example/in"))
    broken, whole = ask(first.customer), ask(active().customer, now=HOUR_LATER + MINUTE)
    Enrollment.objects.filter(pk=first.pk).update(consent_expiries={"oem": "no time"})  # so nothing can be told of it
    pressing = HOUR_LATER + 25 * DAY + MINUTE
    begun = asking.begin(ask(active().customer), telemetry="erase", now=pressing - DAY, by=RITA)
    with pytest.raises(ExceptionGroup, match="1 of 2 rows"):
        work.work_off(now=pressing)
    for each in (broken, whole, begun):
        each.refresh_from_db()
    assert (broken.begun_at, whole.begun_at, begun.done_at) == (None, pressing, pressing)


def test_the_database_lets_nobody_come_back(enrollment):
    carried_out(enrollment.customer)
    with pytest.raises(DatabaseError), transaction.atomic():
        Customer.objects.update(erased_at=None, sealed_data_key=b"x")


def test_a_device_that_another_person_has_by_now_stays_theirs(transactional_db):
    first = active()
    with transaction.atomic():
        sold = Enrollment.objects.locked().get(pk=first.pk)
        lifecycle.revoke(sold, reason="ownership_transferred", now=HOUR_LATER, by=RITA)
    claim = device_claim(
        manufacturer_device_id=first.device.manufacturer_device_id, serial_number=first.device.serial_number
    )
    second = enrolled(
        partner=first.partner, device=claim, finding=matched_to(first.site.utility), now=NOW + DAY,
        consent=consent_claim(granted_at=NOW + DAY),
    )  # fmt: skip
    assert second.device_id == first.device_id
    carried_out(first.customer, now=NOW + 2 * DAY)
    second = Enrollment.objects.get(pk=second.pk)
    assert (second.state, second.device.serial_number) == ("enrolled", claim.serial_number)


def test_what_was_asked_by_log_in_carries_itself_out_before_it_is_due(enrollment):
    request = ask(enrollment.customer)
    letter = ask(active().customer, via="mail", by=RITA)
    work.work_off(now=HOUR_LATER + 20 * DAY)
    request.refresh_from_db()
    assert request.begun_at is None
    work.work_off(now=HOUR_LATER + 25 * DAY)
    work.work_off(now=HOUR_LATER + 25 * DAY + 3 * MINUTE)
    request.refresh_from_db(), letter.refresh_from_db()
    assert request.done_at < request.due_at
    assert (request.begun_by, letter.begun_at) == ("system deletion", None)


def test_a_refused_request_deletes_nothing_and_may_be_asked_anew(enrollment):
    request = asking.refuse(ask(enrollment.customer), why="unproven", now=HOUR_LATER, by=RITA)
    with pytest.raises(Refusal):
        asking.begin(request, telemetry="erase", now=HOUR_LATER, by=RITA)
    assert Customer.objects.get().erased_at is None
    assert ask(enrollment.customer).pk != request.pk
    assert DeletionRequest.objects.count() == 2


def test_once_begun_it_is_neither_refused_nor_begun_again(enrollment):
    request = asking.begin(ask(enrollment.customer), telemetry="erase", now=HOUR_LATER, by=RITA)
    for verb in (
        lambda: asking.refuse(request, why="withdrawn", now=HOUR_LATER, by=RITA),
        lambda: asking.begin(request, telemetry="erase", now=HOUR_LATER, by=RITA),
    ):
        with pytest.raises(Refusal):
            verb()
    carried_out_at = HOUR_LATER + 3 * MINUTE
    work.work_off(now=carried_out_at)
    with pytest.raises(Refusal):
        ask(Customer.objects.get(), now=carried_out_at)
    assert not Contact.objects.exists()
