"""A person of whom the portal holds something in every place that it can, each with a mark that is searched for."""

import hashlib
import json
from datetime import timedelta

from django.apps import apps
from django.contrib.auth.models import User
from django.db import connection, transaction
from django.db.models import BinaryField, JSONField

from devices.connections import reach
from devices.connections.record import save_on_record
from devices.models import (
    CertificationRun,
    CheckResult,
    CommandAttempt,
    CommandReport,
    Connection,
    Device,
    DiscoveredDevice,
    GrantRequest,
    Poll,
    Portfolio,
    PortfolioDevice,
    PortfolioRevocation,
    SignOfLife,
    StreamPosition,
    TelemetryExport,
    Waiver,
    Withdrawal,
)
from enrollments import conflicts, interventions, lifecycle
from enrollments.account import by_email, contacts
from enrollments.deletion.person import person
from enrollments.deletion.traces import TRACES
from enrollments.evidence.access import by_user, note_access
from enrollments.evidence.records import RecordClaim, ask_for_records, file_record
from enrollments.imports import keeping
from enrollments.linking import sessions
from enrollments.models import CaseNote, Consent, Enrollment, FileRow, LinkSession, PartnerEvent
from partners.models import (
    Certificate,
    IdempotencyRecord,
    RefusedRequest,
    SignedRequest,
    WebhookAnswer,
    WebhookAttempt,
)
from partners.webhooks.outbox import WebhookDelivery
from programs.models import DispatchTarget
from territories.addresses import Address
from territories.geocoding import places
from territories.geocoding.base import Location
from territories.geocoding.geocoders import GEOCODERS
from tests.dispatch.conftest import a_program, drafted
from tests.factories import (
    NOW,
    CustomerFactory,
    ProgramFactory,
    active,
    commanded,
    consent_claim,
    device_claim,
    event,
    evidence_from,
    linkable_cloud,
    listening_partner,
    matched_to,
)
from texture_portal import actors, vault
from texture_portal.ids import new_id

MARK = "ZQmark"
BY = actors.system("tests")
ADDRESS = Address(f"1 {MARK} Street", f"Unit {MARK}", f"{MARK} Town", "CA", "94903", "US")
# Rows are found again by what is in these, and what is sealed was sealed with its mark: nothing is planted there.
LINKS = {"email_digest", "device_key"}


def marked(text):
    return f"{MARK}-{text}"


def a_person(*, partner=None, mark=MARK):
    """Whose enrollment went through everything. The names by which traces are found carry the mark already."""
    user = User.objects.get_or_create(username="rita", is_staff=True)[0]
    partner = partner or listening_partner(url="https://silent.example/in")
    claim = device_claim(manufacturer_device_id=f"{mark}-dev", serial_number=f"{mark}-serial")
    evidence = {"method": "digital_form", "ipAddress": "203.0.113.7", "userAgent": f"{mark} agent"}
    finding = matched_to(ProgramFactory().owner, address=ADDRESS if mark == MARK else Address(
        f"2 {mark} Street", "", "San Rafael", "CA", "94903", "US"
    ))  # fmt: skip
    enrollment = active(
        partner=partner, device=claim, customer_reference=f"{mark}-ref", finding=finding,
        consent=consent_claim(evidence=evidence), account_number=f"{mark}-account",
    )  # fmt: skip
    if mark == MARK:
        _at_the_desk(enrollment, user=user)
        _at_the_door(enrollment)
        _at_the_maker(enrollment)
        _on_the_way(enrollment, user=user)
        _in_the_fleet(enrollment)
        _in_certification(enrollment)
    return enrollment


def _at_the_desk(enrollment, *, user):
    interventions.suspend(enrollment, reason=marked("suspended"), now=NOW + timedelta(hours=1), user=user)
    interventions.reinstate(enrollment, reason=marked("reinstated"), now=NOW + timedelta(hours=2), user=user)
    case = conflicts.open_conflict(enrollment, reason=marked("case"), now=NOW, user=user)
    CaseNote.objects.create(case=case, text=marked("note"), written_by=user, written_at=NOW)
    consent = Consent.objects.get(enrollment=enrollment)
    ask_for_records(consent, message=marked("message"), due_at=NOW + timedelta(days=9), now=NOW, user=user)
    file_record(consent, RecordClaim("log", {"note": marked("record")}), now=NOW, user=user)
    note_access(
        Enrollment.objects.get(pk=enrollment.pk), what="bundle", now=NOW, by=by_user(user), reason=marked("why")
    )


def _at_the_door(enrollment):
    partner, device = enrollment.partner, enrollment.device.manufacturer_device_id
    IdempotencyRecord.objects.create(
        partner=partner, key=marked("key"), fingerprint=bytes(32), status=201, expires_at=NOW + timedelta(days=90),
        headers={"Location": f"/v1/enrollments/{enrollment.pk}", "X": MARK},
        body=json.dumps({"id": str(enrollment.pk), "said": MARK}).encode(),
    )  # fmt: skip
    refused = RefusedRequest.objects.create(
        id=new_id(), partner=partner, at=NOW, method="POST", path="/v1/enrollments", status=422,
        code="location_invalid", subject=device, faults=[{"pointer": f"/customer/{MARK}", "code": "unknown_field"}],
    )  # fmt: skip
    IdempotencyRecord.objects.create(
        partner=partner, key=marked("refused"), fingerprint=bytes(32), status=422, expires_at=NOW + timedelta(days=90),
        body=json.dumps({"requestId": str(refused.pk), "suggestions": [MARK]}).encode(),
    )  # fmt: skip
    event(enrollment, took=timedelta(0), type="device.connectivity_lost")
    _before_anybody_knew(partner, device)


def _before_anybody_knew(partner, device):
    kept = evidence_from(partner)(CustomerFactory(partner=partner))
    unknown = SignedRequest(
        id=new_id(), customer=None, request_id=new_id(), received_at=NOW, signature_created_at=NOW,
        signing_key=kept.signing_key, algorithm=kept.algorithm, public_key_pem=kept.public_key_pem, proof="receipt",
    )  # fmt: skip
    unknown.sealed_message = vault.seal(MARK.encode(), place=f"signed-request:{unknown.pk}")
    unknown.digest = unknown.compute_digest()
    unknown.save()
    PartnerEvent.objects.create(
        partner=partner, event_id=marked("evt"), type="consent.revoked", manufacturer_device_id=device,
        occurred_at=NOW - timedelta(days=40), fact_at=NOW - timedelta(days=40), signed_request=unknown,
        request_id=new_id(), received_at=NOW - timedelta(days=40),
    )  # fmt: skip


def _at_the_maker(enrollment):
    """An end user's grant, what the cloud lists of the device, and a fleet's grant that lists it as well."""
    cloud = linkable_cloud(enrollment.partner)
    grant = Connection(
        cloud=cloud, name=marked("grant"), grantor="end_user", way="authorization_code", customer=enrollment.customer,
        granted_at=NOW,
    )  # fmt: skip
    grant.set_secret("sealed_access_token", marked("token"))
    save_on_record(grant, by=BY, reason=marked("granted"))
    asked = GrantRequest(
        cloud=cloud, grantor="end_user", customer=enrollment.customer, state_digest=b"s", browser_digest=b"b",
        redirect_uri=f"https://portal.example/{MARK}", asked_at=NOW, expires_at=NOW, connection=grant,
    )  # fmt: skip
    asked.set_verifier(MARK)
    asked.save()
    StreamPosition.objects.create(connection=grant, last_event_id=marked("event"))
    fleet = Connection(cloud=cloud, name="fleet", grantor="fleet", way="api_key", granted_at=NOW)
    fleet.set_secret("sealed_api_key", "k")
    save_on_record(fleet, by=BY, reason="made")
    for connection_ in (grant, fleet):
        _listed(connection_, enrollment.device)
    reach.attach(grant, [enrollment.device])


def _listed(grant, device):
    poll = Poll.objects.create(
        cloud=grant.cloud, connection=grant, kind="single", key="k", names={"device": device.manufacturer_device_id}
    )
    DiscoveredDevice.objects.create(
        connection=grant, manufacturer_device_id=device.manufacturer_device_id, type="battery", entry=0, poll=poll,
        serial_number=marked("serial"), site_reference=marked("site"), kept={"site": MARK}, device=device,
        first_listed_at=NOW, last_listed_at=NOW, was_called=marked("earlier"),
    )  # fmt: skip


def _on_the_way(enrollment, *, user):
    """Visits, e-mails, files, and what was told of the enrollment."""
    customer, partner = enrollment.customer, enrollment.partner
    contacts.keep(customer, f"{MARK}@example.org", language="en", now=NOW)
    by_email.ask(f"{MARK}@example.org", origin=by_email.Origin(f"http://{MARK}", "en"), now=NOW)
    visit = LinkSession(
        partner=partner, enrollment=enrollment, manufacturer_device_id=enrollment.device.manufacturer_device_id,
        customer_reference=customer.reference_id, created_at=NOW, expires_at=NOW + timedelta(hours=1),
    )  # fmt: skip
    visit.note(address=MARK)
    visit.save()
    sessions.open_in(visit, browser="b", now=NOW)
    _in_files(enrollment, user=user)
    located = Location(38.0, -122.5, 60.0, "America/Los_Angeles", "census")
    places.keep({enrollment.site.address_key: located}, chain=[GEOCODERS["census"]], now=NOW)
    delivery = WebhookDelivery.objects.first()
    WebhookAttempt.objects.create(delivery=delivery, number=1, at=NOW, milliseconds=3, outcome="http_503", answer=MARK)
    with transaction.atomic():
        held = Enrollment.objects.locked().get(pk=enrollment.pk)
        lifecycle.revoke_consent(
            held, revoked_at=NOW - timedelta(days=30), source=marked("source"), now=NOW + timedelta(hours=3), by=BY
        )


def _in_files(enrollment, *, user):
    file = keeping.upload([b"a file"], name="may.csv", partner=enrollment.partner, now=NOW, user=user)
    file.status = "checked"
    file.chunks.all().delete()
    file.save()
    key, name = file.data_key(), enrollment.device.manufacturer_device_id
    device_key = hashlib.sha256(name.encode()).digest()
    for number, rest in ((2, {"status": "enrolled", "enrollment": enrollment}), (3, {"status": "faulty"})):
        row = FileRow(file=file, number=number, device_key=device_key, **rest)
        row.sealed_document = keeping.seal(key, row, {"device": MARK})
        row.sealed_faults = keeping.seal(key, row, [("column", "invalid", MARK)])
        row.save()


def _in_the_fleet(enrollment):
    device = Device.objects.get(pk=enrollment.device_id)
    SignOfLife.objects.create(device=device, heard_at=NOW)
    portfolio = Portfolio(name=marked("house"), kind="site", reference=marked("account"))
    save_on_record(portfolio, by=BY, reason=marked("made"))
    PortfolioDevice.objects.create(portfolio=portfolio, device=device, added_at=NOW)
    PortfolioRevocation.objects.create(
        portfolio=portfolio, reason=marked("over"), asked_at=NOW, asked_by="staff rita", finished_at=NOW
    )
    grant = Connection.objects.get(grantor="fleet")
    Withdrawal.objects.create(device=device, connection=grant, at=NOW, by="staff rita", reason=marked("given up"))
    TelemetryExport.objects.create(
        device=device, start=NOW, end=NOW, granularity="raw", reason=marked("export"), at=NOW, actor_role="staff",
        actor_name="rita", channel="admin",
    )  # fmt: skip
    dispatched = drafted(a_program())
    DispatchTarget.objects.create(event=dispatched, device=device, outcome="left_out", reason="x", detail=MARK)
    order = commanded(device.pk)
    CommandAttempt.objects.create(command=order, number=9, step="send", at=NOW, outcome="ok", answer=MARK)
    CommandReport.objects.create(
        command=order, source="api", status="failed", error={"detail": MARK}, received_at=NOW, is_news=False
    )
    WebhookAnswer.objects.create(type="command.requested", subject=order.pk, said=MARK, at=NOW)


def _in_certification(enrollment):
    """Of a cloud in which a customer's device should not have been."""
    name = enrollment.device.manufacturer_device_id
    run = CertificationRun.objects.create(
        partner=enrollment.partner, requirements="1.1", status="done", asked_at=NOW, finished_at=NOW,
        asked_by="staff rita", total=1,
    )  # fmt: skip
    told = {"said": f"{name} is silent", "evidence": {"silent": [name], name: 1}}
    CheckResult.objects.create(
        run=run, requirement="telemetry", title="t", section="4.2", remedy="r", outcome="fail", tried_at=NOW,
        seconds=1, **told,
    )  # fmt: skip
    Certificate.objects.create(
        partner=enrollment.partner, version=1, requirements="1.1", issued_at=NOW, expires_at=NOW + timedelta(days=9),
        issued_by="staff rita", report={"results": [{"outcome": "fail", **told}]},
    )  # fmt: skip
    Waiver.objects.create(
        partner=enrollment.partner, requirement="telemetry", reason=f"{name} is being mended", given_by="staff rita",
        given_at=NOW,
    )  # fmt: skip


def plant(customer):
    """A mark in every column of every trace that has none yet: what no verb of the portal would put there, too."""
    whom, planted = person(customer), set()
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
    try:
        for trace in TRACES:
            rows = trace_rows(trace, whom)
            assert rows.exists(), f"nobody seeded {trace.model}"
            for column in trace.columns:
                if column not in LINKS and not column.startswith("sealed_"):
                    _plant(rows, trace.model, column)
                planted.add((trace.model, column))
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SET session_replication_role = DEFAULT")
    return planted


def trace_rows(trace, whom):
    """By their ids: what finds them changes meanwhile."""
    rows = apps.get_model(trace.model)._base_manager
    return rows.filter(pk__in=list(rows.filter(trace.whose(whom)).values_list("pk", flat=True)))


def _plant(rows, label, column):
    field = rows.model._meta.get_field(column)
    for row in rows:
        if MARK.casefold() not in str(getattr(row, column)).casefold():
            rows.filter(pk=row.pk).update(**{column: _mark_for(field)})


def _mark_for(field):
    if isinstance(field, JSONField):
        return {"said": MARK}
    if isinstance(field, BinaryField):
        return MARK.encode()
    if hasattr(field, "base_field"):
        return [MARK]
    length = field.max_length
    return MARK if length is None or length >= len(MARK) else "Q" * length
