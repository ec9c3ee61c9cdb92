"""No trace of a person stays: a mark in every field is searched for in the whole dump after the erasure."""

import logging
import time
from datetime import timedelta

import pytest
from django.apps import apps

from enrollments.deletion import asking, waiting, work
from enrollments.deletion.traces import SEARCHES, TRACES
from enrollments.models import DeletionRequest, Enrollment
from partners.models import Customer
from tests.deletion import searching
from tests.deletion.test_carrying_out import RITA, verify
from tests.deletion.world import BY, MARK, a_person, plant
from texture_portal import clock

OTHER = "ZQother"


@pytest.mark.django_db(transaction=True)
def test_a_mark_in_every_field_is_nowhere_in_the_dump_after_the_erasure(told_readings, caplog):
    caplog.set_level(logging.DEBUG)
    logging.getLogger("factory").setLevel(logging.INFO)
    began = time.time()
    enrollment = a_person()
    other = a_person(partner=enrollment.partner, mark=OTHER)
    told_readings(enrollment.device)
    planted = plant(enrollment.customer)
    assert {label for label, _ in planted} == {trace.model for trace in TRACES if trace.columns}
    before = searching.tables_with(MARK)
    wanted = {apps.get_model(trace.model)._meta.db_table for trace in TRACES}
    searched = {apps.get_model(label)._meta.db_table for search in SEARCHES for label in search.columns_of}
    assert (wanted | searched | {"partners_customer"}) - before <= {
        "devices_portfoliodevice", "enrollments_contact", "enrollments_filerow", "partners_signedrequest",
        "territories_knownplace", "enrollments_signinlink", "devices_grantrequest",
        "partners_webhookanswer",
    }, "a mark that is not found before proves nothing"  # fmt: skip
    assert {
        "words", "evidence", "EvidenceRecord", "FileRow", "Contact", "partners.SignedRequest.sealed_message",
        "devices.GrantRequest.sealed_verifier", "enrollments.SignInLink.sealed_email",
        "devices.Connection.sealed_access_token", "enrollments.LinkSession.sealed_notes",
    } <= searching.sealed_with(MARK)  # fmt: skip
    others = searching.tables_with(OTHER)
    erased(enrollment.customer)
    assert searching.tables_with(MARK) == set()
    assert searching.sealed_with(MARK) == set()
    assert searching.tables_with(OTHER) == others
    assert searching.files_with(MARK, since=began) == []
    assert MARK.casefold() not in caplog.text.casefold()
    assert Enrollment.objects.get(pk=other.pk).state == "active"
    assert "The audit trail is whole" in verify()


def erased(customer):
    now = clock.now()
    [request] = asking.ask([customer], via="mail", now=now, by=BY)
    asking.begin(request, telemetry="erase", now=now, by=RITA)
    asking.wait_no_more(request, now=now, by=RITA)
    work.work_off(now=now + waiting.UNDER_WAY + timedelta(seconds=1))
    assert DeletionRequest.objects.get().done_at is not None
    assert Customer.objects.get(pk=customer.pk).erased_at is not None
