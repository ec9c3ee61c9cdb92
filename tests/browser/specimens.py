"""Rows in whose pages every action of the console has its place: at least one of everything."""

from datetime import timedelta

from django.contrib.auth.models import Group, User
from django.db import transaction

from devices.certification import certifying, reports
from devices.connections import ending, programmatic, reach, renewal
from devices.connections.programmatic import connect_by_api_key
from devices.connections.record import save_on_record
from devices.models import (
    CallBucket,
    CertificationRun,
    CheckResult,
    Cloud,
    Command,
    Connection,
    ConnectorDocument,
    Device,
    DiscoveredDevice,
    Poll,
    Portfolio,
    ReadingRefusal,
    StreamPosition,
    TelemetryExport,
)
from devices.portfolios import membership, suspending
from enrollments import assignment, cases, conflicts, interventions, lifecycle
from enrollments.deletion import asking, work
from enrollments.deprovisioning import asking as deprovisioning
from enrollments.evidence.access import by_user, note_access
from enrollments.evidence.checkpoints import sign_if_due
from enrollments.evidence.records import RecordClaim, ask_for_records, file_record
from enrollments.imports import keeping, running
from enrollments.models import (
    Checkpoint,
    Consent,
    DeletionRequest,
    Enrollment,
    EnrollmentFile,
    EvidenceAccess,
    EvidenceRecord,
    EvidenceRequest,
    LinkSession,
    PartnerEvent,
    ReviewCase,
    RevocationDuty,
    Score,
    Terms,
)
from enrollments.terms import add_terms
from partners import certificates, maintenance, onboarding
from partners.models import IdempotencyRecord, Partner, RefusedRequest, WebhookDelivery, WebhookEndpoint
from partners.webhooks import announce, endpoints
from programs.models import Participation, Program
from territories import index
from territories.models import DataSet, ServiceTerritory, Site, Utility
from tests.dispatch.conftest import a_program, drafted, fleet
from tests.factories import (
    NOW,
    ProgramFactory,
    ServiceTerritoryFactory,
    WebhookEndpointFactory,
    active,
    ambiguous,
    commanded,
    enrolled,
    event,
    listening_partner,
    matched_to,
)
from tests.imports.conftest import a_row, as_csv, work_off
from texture_portal import actors, clock, keys
from texture_portal.ids import new_id
from texture_portal.login import second_factor
from texture_portal.login.acts import note
from texture_portal.models import Act, Authenticator, Heartbeat, Key, Look

TESTS = actors.system("tests")
EACH = (
    Act, CallBucket, Checkpoint, Command, ConnectorDocument, Consent.history.model, DataSet, Device, DiscoveredDevice,
    EvidenceAccess, EvidenceRecord, EvidenceRequest, Group, Heartbeat, IdempotencyRecord, Key, Look, Participation,
    PartnerEvent, Poll, Program, ReadingRefusal, RefusedRequest, RevocationDuty, ServiceTerritory, Site,
    StreamPosition, TelemetryExport, Terms, User, Utility, WebhookDelivery,
)  # fmt: skip


def one_of_everything():
    """{label: rows}; those in different states stand all of them in it."""
    now, user = clock.now(), User.objects.create_user("root", is_staff=True, is_superuser=True)
    second_factor.begin(user)
    Authenticator.objects.update(confirmed=True)
    Look.objects.create(at=now, user_id=user.pk, username="root", what="listed", table="devices.device", rows=["1"])
    note(Act.What.LOCKED_OUT, by=None, about="root", now=now)
    keys.write_down(now=now)
    partner = onboarding.create_partner("Acme Energy", kind="oem", now=now, by=TESTS).partner
    suspended = onboarding.create_partner("Sleepy Energy", kind="oem", now=now, by=TESTS).partner
    onboarding.change_status(suspended, Partner.Status.SUSPENDED, now=now, by=TESTS, reason="They asked.")
    dispatched, held = active(partner=partner), active(partner=partner)
    commanded(active(partner=partner).device_id)
    held = interventions.suspend(held, reason="The inverter fails.", now=clock.now(), user=user)
    about_consents(dispatched, held, user=user)
    what_was_reported(dispatched)
    ServiceTerritoryFactory(utility=dispatched.site.utility)
    index.forget()
    found = {
        "enrollments.enrollment": [dispatched, held],
        "partners.customer": [dispatched.customer],
        "enrollments.deletionrequest": deletions(),
        "enrollments.linksession": [visit(partner)],
        "enrollments.deprovisioning": [an_end()],
        "enrollments.reviewcase": one_case_of_each_kind(user),
        "enrollments.enrollmentfile": files(partner, user=user),
        "enrollments.consent": list(Consent.objects.filter(enrollment__in=(dispatched, held))),
        "partners.partner": [partner, suspended],
        **of_connections(dispatched.device),
        **of_certification(partner),
        **of_events(),
    }
    around(dispatched)
    found["enrollments.revocationduty"] = list(RevocationDuty.objects.filter(settled_at=None)[:1])
    found["partners.webhookendpoint"] = list(WebhookEndpoint.objects.all())
    return {**{model._meta.label_lower: [model.objects.first()] for model in EACH}, **found}


def one_case_of_each_kind(user):
    now, owners = clock.now(), (ProgramFactory().owner, ProgramFactory().owner)
    for _ in range(2):
        ambiguous(*owners)
    strict = ProgramFactory(wants_verified_account=True)
    enrolled(finding=matched_to(strict.owner), account_verified=True)
    conflicts.open_conflict(active(), reason="Another partner claims it.", now=now, user=user)
    with transaction.atomic():
        moved = Enrollment.objects.locked().get(pk=active().pk)
        lifecycle.report_ownership_transfer(moved, transferred_at=NOW, now=now, by=TESTS)
    cases.open_case(active(), kind=ReviewCase.Kind.REMATCH, reason="New data name another.", now=now)
    found = list(ReviewCase.objects.order_by("pk"))
    assert {each.kind for each in found} == set(ReviewCase.Kind.values)
    assignment.assign(found[0], to=user, instead_of=None, why="", now=now, user=user)
    return found


def about_consents(first, second, *, user):
    """Records of the one are asked for, those of the other are not; terms that nobody agreed to."""
    now = clock.now()
    asked = Consent.objects.get(enrollment=first)
    ask_for_records(asked, message="The form, please.", due_at=now + timedelta(days=9), now=now, user=user)
    file_record(Consent.objects.get(enrollment=second), RecordClaim("log", {"note": "x"}), now=now, user=user)
    note_access(first, what="consent", now=now, by=by_user(user))
    sign_if_due(now=now)
    add_terms(version="2031-01", text="You agree.", partner=first.partner, program=None, now=now, user=user)


def what_was_reported(enrollment):
    now = clock.now()
    event(enrollment, received_at=now)
    RevocationDuty.objects.create(
        enrollment=enrollment, kind="partner_told", revoked_at=now, opened_at=now, due_at=now, attempt_at=now
    )


def of_connections(device):
    """A broken connection, one revoked and not yet ended; a portfolio with the device in it, and one that rests."""
    now = clock.now()
    cloud = Cloud.objects.create(
        partner=device.partner, name="Sunny Cloud", base_url="https://cloud.example", client_id="portal",
        token_url="https://cloud.example/oauth/token",
    )  # fmt: skip
    broken, revoked = (
        programmatic.connect_by_api_key(cloud, grantor="fleet", key="k", name=name, now=now, by=TESTS)
        for name in ("Broken", "Revoked")
    )
    reach.attach(broken, [device])
    renewal.break_off(broken, "key_refused", now=now)
    ending.revoke(revoked, reason="It is over.", now=now, by=TESTS)
    portfolio = Portfolio(name="Summer savings", kind="program")
    save_on_record(portfolio, by=TESTS, reason="made")
    membership.add(portfolio, Device.objects.filter(pk=device.pk), reason="its season", now=now, by=TESTS)
    resting = Portfolio(name="Winter savings", kind="program")
    save_on_record(resting, by=TESTS, reason="made")
    suspending.suspend(resting, reason="it is over", now=now, by=TESTS)
    return {
        "devices.cloud": [cloud],
        "devices.connection": list(Connection.objects.all()),
        "devices.portfolio": [portfolio, resting],
    }


def of_certification(partner):
    """A run that is clean, one in which something failed, and one that is waived; a certificate."""
    now = clock.now()
    made = [a_run(partner, *results, at=now - timedelta(minutes=n)) for n, results in enumerate(OF_RUNS)]
    certifying.waive(made[2], "tls", reason="It is behind a tunnel.", now=now, by=TESTS)
    certificate = certificates.issue(
        partner, maker="", requirements="1.1", report=reports.as_json(reports.report_of(made[0])), now=now, by=TESTS,
        reason="reviewed",
    )  # fmt: skip
    planned = maintenance.announce(
        partner, what="A move.", starts_at=now + timedelta(days=3), ends_at=now + timedelta(days=4), now=now, by=TESTS
    )
    Score.objects.create(
        partner=partner, month=now.date().replace(day=1), measure="availability", value=0.99, count=1000, target=0.995,
        is_met=False, computed_at=now,
    )  # fmt: skip
    return {
        "devices.certificationrun": made, "partners.certificate": [certificate], "partners.maintenance": [planned],
        "enrollments.score": [Score.objects.get()],
    }  # fmt: skip


OF_RUNS = ((("listed", "pass"),), (("listed", "pass"), ("deletion", "fail")), (("listed", "pass"), ("tls", "fail")))


def a_run(partner, *results, at):
    run = CertificationRun.objects.create(
        partner=partner, requirements="1.1", status="done", asked_at=at, asked_by="staff ann", started_at=at,
        finished_at=at, total=len(results),
    )  # fmt: skip
    for name, outcome in results:
        CheckResult.objects.create(
            run=run, requirement=name, title=f"About {name}", section="9", remedy="Mend it.", outcome=outcome,
            said="It was tried.", evidence={"devices": 3}, tried_at=at, seconds=0.5,
        )  # fmt: skip
    return run


def of_events():
    """A draft that was previewed."""
    program = a_program()
    fleet(program)
    event = drafted(program)
    return {"programs.dispatchevent": [event], "programs.dispatchtarget": list(event.targets.all())}


def files(partner, *, user):
    """One that is checked, one that runs."""
    made = [
        keeping.upload([as_csv([a_row(number)])], name=f"{number}.csv", partner=partner, now=clock.now(), user=user)
        for number in (1, 2)
    ]
    work_off()
    running.start(made[1], reason="As agreed.", now=clock.now(), user=user)
    return list(EnrollmentFile.objects.order_by("pk"))


def deletions():
    """One that is open, one under way, one done."""
    now, by = clock.now(), actors.staff(user_id=1, name="root")
    found = [asking.ask([active().customer], via="mail", now=now, by=by)[0] for _ in range(3)]
    for request in found[1:]:
        asking.begin(request, telemetry="erase", now=now - timedelta(hours=1), by=by)
    asking.wait_no_more(found[2], now=now, by=by)
    work.carry_on(DeletionRequest.objects.get(pk=found[2].pk), now=now)
    return list(DeletionRequest.objects.order_by("pk"))


def an_end():
    program = active().device.participations.get().program
    return deprovisioning.begin(program, choice="revoke", reason="Its season is over.", now=clock.now(), by=TESTS)


def visit(partner):
    now = clock.now()
    return LinkSession.objects.create(
        partner=partner,
        created_at=now,
        expires_at=now,
        customer_reference="cust-7",
        redirect_url="https://acme.example",
    )


def around(enrollment):
    """What lies about an enrollment: territories, webhooks, refusals, workers."""
    now, partner = clock.now(), enrollment.partner
    listening = listening_partner()
    announce(partner=listening, type="test", data=dict, now=now)
    WebhookDelivery.objects.update(state="dead", outcome="http_503", settled_at=now, attempts=2)
    disabled = WebhookEndpointFactory()
    endpoints.disable(disabled, now=now, by=TESTS, reason="It floods us.")
    RefusedRequest.objects.create(
        id=new_id(), partner=partner, at=now, method="POST", path="/v1/enrollments", status=422, code="consent_stale",
        subject="PW3-1", about=enrollment.pk,
    )  # fmt: skip
    IdempotencyRecord.objects.create(
        partner=partner, key="a-key-of-theirs", fingerprint=bytes(32), status=201, expires_at=now,
        headers={"Location": f"/v1/enrollments/{enrollment.pk}"},
    )  # fmt: skip
    Heartbeat.objects.create(name="forge", beat_at=now)
    polled(partner, now=now)


def polled(partner, *, now):
    """A cloud that is asked, what it lists, and how it answered."""
    cloud = Cloud.objects.create(partner=partner, name="Polled", base_url="https://polled.example")
    grant = connect_by_api_key(cloud, grantor="fleet", key="a key", now=now, by=TESTS)
    poll = Poll.objects.create(cloud=cloud, connection=grant, kind="bulk", key="k", outcome="ok", asked_at=now)
    DiscoveredDevice.objects.create(
        connection=grant, manufacturer_device_id="d-1", type="battery", entry=0, poll=poll, first_listed_at=now,
        last_listed_at=now,
    )  # fmt: skip
    StreamPosition.objects.create(connection=grant, told_at=now, cut_at=now, cut_reason="ended", cuts=1)
    ReadingRefusal.objects.create(
        partner=partner, way="mqtt", code="unknown_device", hour=now, count=3, last_at=now
    )  # fmt: skip
    TelemetryExport.objects.create(
        device=Device.objects.first(), start=now, end=now, granularity="raw", reason="asked for", at=now,
        actor_role="staff", actor_name="anna", channel="admin",
    )  # fmt: skip
    CallBucket.objects.create(
        cloud=cloud, call="states", category="telemetry", minute=now, outcome="ok", count=1,
        latencies=[0, 1, *[0] * 9], ages=[1, *[0] * 5],
    )  # fmt: skip
