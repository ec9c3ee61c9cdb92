"""Every page of the admin opens, and none asks more of the database the more there is in it."""

from datetime import timedelta

import pytest
from django.contrib import admin
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from devices.models import Device, Portfolio
from enrollments.evidence.access import by_user, note_access
from enrollments.evidence.checkpoints import sign_if_due
from enrollments.evidence.records import RecordClaim, ask_for_records, file_record
from enrollments.imports import keeping
from enrollments.models import Consent, Enrollment, ReviewCase, RevocationDuty
from enrollments.terms import add_terms
from partners.models import IdempotencyRecord, Partner, RefusedRequest
from partners.webhooks.outbox import announce_to
from programs.models import Participation, Program
from territories.models import DataSet, ServiceTerritory, Site, Utility
from tests.browser.specimens import an_end, deletions, of_certification, of_events, polled, visit
from tests.factories import (
    NOW,
    ProgramFactory,
    ServiceTerritoryFactory,
    SigningKeyFactory,
    WebhookEndpointFactory,
    active,
    ambiguous,
    commanded,
    enrolled,
    event,
    matched_to,
)
from texture_portal.ids import new_id
from texture_portal.key_rings import Ring
from texture_portal.models import Heartbeat, Key, Look

SHOWN = sorted(admin.site._registry, key=lambda model: model._meta.label)
FEW, MANY = 5, 50


def changelist(model):
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")


def page_of(row):
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=(row.pk,))


def one_of_everything(user):
    active()
    ambiguous()
    enrolled(consent=None)
    ServiceTerritoryFactory()
    SigningKeyFactory(partner=Partner.objects.first())
    RefusedRequest.objects.create(
        id=new_id(), partner=Partner.objects.first(), at=NOW, method="POST", path="/v1/enrollments", status=422,
        code="consent_stale", faults=[{"pointer": "/consent/grantedAt", "code": "consent_stale"}], subject="PW3-1",
    )  # fmt: skip
    IdempotencyRecord.objects.create(
        partner=Partner.objects.first(), key="a-key-of-theirs", fingerprint=bytes(32), status=201, expires_at=NOW,
        headers={"Location": f"/v1/enrollments/{Enrollment.objects.first().pk}"}, body=b"a customer's data",
    )  # fmt: skip
    Heartbeat.objects.create(name="forge", beat_at=NOW)
    Key.objects.create(ring=Ring.DATA_KEYS, fingerprint="0" * 12, first_seen_at=NOW, seen_at=NOW)
    Look.objects.create(at=NOW, user_id=user.pk, username="root", what="listed", table="devices.device", rows=["1"])
    announce_to(WebhookEndpointFactory(partner=Partner.objects.first()), type="test", data={}, now=NOW)
    keeping.upload([b"a,b"], name="may.csv", partner=Partner.objects.first(), now=NOW, user=user)
    add_terms(version="2026-01", text="You agree.", partner=Partner.objects.first(), program=None, now=NOW, user=user)
    sign_if_due(now=NOW)
    ask_for_records(Consent.objects.first(), message="x", due_at=NOW + timedelta(days=1), now=NOW, user=user)
    file_record(Consent.objects.first(), RecordClaim("log", {}), now=NOW, user=user)
    note_access(Enrollment.objects.first(), what="consent", now=NOW, by=by_user(user))
    event(Enrollment.objects.first())
    polled(Partner.objects.first(), now=NOW)
    commanded(active().device_id)
    Portfolio.objects.create(name="Summer savings", kind="program")
    of_events()
    of_certification(Partner.objects.first())
    an_end()
    deletions()
    visit(Partner.objects.first())
    RevocationDuty.objects.create(
        enrollment=Enrollment.objects.first(), kind="partner_told", revoked_at=NOW, opened_at=NOW, due_at=NOW,
        attempt_at=NOW,
    )  # fmt: skip


@pytest.mark.parametrize("model", SHOWN, ids=lambda model: model._meta.label_lower)
def test_the_list_and_each_page_open(model, administrator):
    one_of_everything(administrator.user)
    if model._meta.label == "auth.Group":
        model.objects.create(name="Reviewers")
    assert administrator.get(changelist(model)).status_code == 200
    rows = list(model._default_manager.all())
    assert rows
    for row in rows:
        assert administrator.get(page_of(row)).status_code == 200


@pytest.mark.parametrize("model", SHOWN, ids=lambda model: model._meta.label_lower)
def test_staff_without_permission_see_nothing(model, reviewer):
    allowed = (ReviewCase, Enrollment, Utility)
    assert reviewer.get(changelist(model)).status_code == (200 if model in allowed else 403)


def test_the_front_page_names_the_queue_for_those_who_may_see_it(reviewer):
    page = reviewer.get(reverse("admin:index")).content.decode()
    assert changelist(ReviewCase) in page
    assert changelist(Partner) not in page


def test_tokens_secrets_and_queued_pickles_have_no_page():
    labels = {model._meta.label for model in SHOWN}
    assert not {label for label in labels if label.startswith(("oauth2_provider.", "django_q."))}
    assert not labels & {"partners.Application", "partners.SigningKey", "partners.SignedRequest"}


def _queries(client, url):
    client.get(url)  # sessions and permissions are read anew each time; this warms what is cached per process
    with CaptureQueriesContext(
        connection,
    ) as captured:
        assert client.get(url).status_code == 200
    return len(captured)


def _make(model, count):
    program = ProgramFactory()
    other = ProgramFactory()
    for _ in range(count):
        if model is ReviewCase:
            ambiguous(program.owner, other.owner)
        else:
            active(finding=matched_to(program.owner))


@pytest.mark.parametrize(("model", "pinned"), [(Enrollment, 13), (ReviewCase, 11), (Consent, 12)])
def test_a_list_of_fifty_asks_as_much_as_a_list_of_five(model, pinned, administrator):
    _make(model, FEW)
    few = _queries(administrator, changelist(model))
    _make(model, MANY - FEW)
    assert _queries(administrator, changelist(model)) == few
    assert few <= pinned


def test_a_data_set_is_listed_without_its_boundaries(administrator):
    ServiceTerritoryFactory(boundary=b"raw boundary bytes")
    for model in (ServiceTerritory, DataSet):
        assert b"raw boundary" not in administrator.get(changelist(model)).content
    assert b"raw boundary" not in administrator.get(page_of(ServiceTerritory.objects.get())).content


def test_enrollments_are_found_by_what_people_have_at_hand(administrator):
    wanted, other = enrolled(customer_reference="cust-81"), enrolled(customer_reference="cust-99")
    for term in (wanted.device.serial_number, wanted.device.manufacturer_device_id, "cust-81", str(wanted.pk)):
        page = administrator.get(changelist(Enrollment), {"q": term}).content.decode()
        assert wanted.device.serial_number in page
        assert other.device.serial_number not in page


def test_enrollments_are_filtered_by_state_and_utility(administrator):
    running, waiting = active(), ambiguous()
    page = administrator.get(changelist(Enrollment), {"state__exact": "active"}).content.decode()
    assert running.device.serial_number in page
    assert waiting.device.serial_number not in page
    chosen = {"site__utility__id__exact": str(running.site.utility_id)}
    page = administrator.get(changelist(Enrollment), chosen).content.decode()
    assert running.device.serial_number in page
    assert waiting.device.serial_number not in page


def test_the_page_of_an_enrollment_tells_its_story(administrator):
    enrollment = active()
    page = administrator.get(page_of(enrollment)).content.decode()
    program = Participation.objects.get(device=enrollment.device).program
    for told in (enrollment.device.serial_number, program.name, "Participation began", "3501 Civic Center Dr"):
        assert told in page


def test_the_page_of_an_enrollment_says_what_is_missing(administrator):
    page = administrator.get(page_of(enrolled(consent=None))).content.decode()
    assert "Provide consent" in page


def test_a_program_is_edited_with_its_history(administrator):
    program = ProgramFactory(name="Peak Saver")
    edited = {
        "name": "Peak Saver Plus", "slug": program.slug, "owner": str(program.owner_id), "type": program.type,
        "status": "active", "device_types": ["battery", "charger"], "required_commands": [],
        "starts_on": "", "ends_on": "", "max_enrollments": "10", "exclusive_group": "",
    }  # fmt: skip
    assert administrator.post(page_of(program), edited).status_code == 302
    program.refresh_from_db()
    assert (program.name, program.device_types, program.max_enrollments) == (
        "Peak Saver Plus", ["battery", "charger"], 10,
    )  # fmt: skip
    newest = Program.history.filter(id=program.pk).first()
    assert (newest.name, newest.history_user_id) == ("Peak Saver Plus", administrator.user.pk)


BIG = (
    Enrollment,
    ReviewCase,
    Consent,
    Consent.history.model,
    Device,
    Site,
    Participation,
    RefusedRequest,
    IdempotencyRecord,
)


@pytest.mark.parametrize("model", BIG, ids=lambda model: model._meta.label_lower)
@pytest.mark.parametrize("asked", [{}, {"q": "serial number"}, {"p": "2"}], ids=["all", "search", "page 2"])
def test_a_big_list_neither_counts_nor_searches_by_pattern(model, asked, administrator):
    one_of_everything(administrator.user)
    if "q" in asked:
        asked = {"q": Enrollment.objects.first().device.serial_number}
    with CaptureQueriesContext(connection) as captured:
        assert administrator.get(changelist(model), asked).status_code == 200
    statements = [each["sql"] for each in captured if f'FROM "{model._meta.db_table}"' in each["sql"]]
    assert statements
    counts = [each for each in statements if "COUNT(" in each and " LIMIT " not in each]
    assert not counts + [each for each in statements if " LIKE " in each]
