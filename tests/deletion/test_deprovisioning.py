"""A partner, a program or a portfolio ends: what stops at once, whom it reaches, and who goes on elsewhere."""

from datetime import timedelta

import pytest
from django.db import transaction

from devices.commands.issuing import DispatchClearance, Order, issue
from devices.commands.sending.pushing import push_due
from devices.connections.programmatic import connect_by_api_key
from devices.models import Command, Connection, Device, Poll, Portfolio
from devices.polling import claiming
from devices.portfolios import membership
from enrollments import lifecycle
from enrollments.deletion import asking as deletion
from enrollments.deprovisioning import asking, preview, work
from enrollments.deprovisioning.staying import Why
from enrollments.models import Deprovisioning, Enrollment
from enrollments.waiting import settle_programs
from partners import onboarding
from partners.models import Customer, Partner, WebhookEndpoint, WebhookMessage
from programs.models import DispatchEvent, Participation
from tests.deletion.test_carrying_out import verify
from tests.dispatch.conftest import drafted
from tests.factories import (
    NOW,
    PartnerFactory,
    active,
    commanded,
    consent_claim,
    linkable_cloud,
    listening_partner,
    matched_to,
)
from texture_portal import actors, clock
from texture_portal.refusals import Refusal

BY = actors.system("tests")
HOUR = timedelta(hours=1)


@pytest.fixture
def partner(transactional_db):
    return listening_partner(url="https://leaving.example/in")


def end(subject, *, choice="revoke", successor=None):
    return asking.begin(
        subject, choice=choice, successor=successor, reason="The contract ends.", now=clock.now(), by=BY
    )


def work_off():
    while work.work_off(now=clock.now()):
        pass


def polled(partner):
    cloud = linkable_cloud(partner)
    grant = connect_by_api_key(cloud, grantor="fleet", key="k", now=NOW, by=BY)
    Poll.objects.create(cloud=cloud, connection=grant, kind="bulk", key="k", due_at=NOW)
    return cloud


def clouds_asked():
    return claiming.clouds_with_something_due(kinds=claiming.STATES, now=clock.now())


@pytest.mark.parametrize("status", [Partner.Status.SUSPENDED, Partner.Status.ENDED])
def test_the_clouds_of_who_is_suspended_or_has_ended_are_asked_no_more(partner, status):
    cloud = polled(partner)
    assert clouds_asked() == [cloud]
    onboarding.change_status(partner, status, now=clock.now(), by=BY, reason="They asked.")
    assert clouds_asked() == []


def test_a_suspended_partners_devices_take_no_orders(partner):
    made = commanded(active(partner=partner).device_id)
    onboarding.change_status(partner, Partner.Status.SUSPENDED, now=clock.now(), by=BY, reason="They asked.")
    order = Order(
        device=made.device, command="battery:set-reserve", input={"chargePercentage": 31},
        expires_at=clock.now() + timedelta(minutes=15), clearance=DispatchClearance("demand_response"),
    )  # fmt: skip
    [refused] = issue([order], now=clock.now(), by=BY)
    assert (refused.status, refused.error_code) == ("rejected", "orders_stopped")


def test_a_preview_says_who_and_how_many_and_changes_nothing(partner):
    enrollment, _ = active(partner=partner), active(partner=partner)
    commanded(enrollment.device_id)
    polled(partner)
    foreseen = preview.preview(partner)
    assert (foreseen.total, foreseen.states) == (2, {"Active": 2})
    assert foreseen.counts["customers"] == 2
    assert foreseen.counts["commands under way"] == 1
    assert foreseen.counts["grants at clouds"] == 1
    assert foreseen.named[0].customer.reference_id
    assert Partner.objects.get(pk=partner.pk).status == "active"


def test_a_preview_of_a_hand_over_counts_who_will_not_go_along_and_says_why(partner):
    """And just they end, once it is done."""
    goes, maker, twin, undone, wants_out = (active(partner=partner) for _ in range(5))
    Device.objects.filter(pk=maker.device_id).update(manufacturer="Bolt")
    successor = PartnerFactory(manufacturers=["Acme Energy"])
    theirs = active(partner=successor)
    Device.objects.filter(pk=theirs.device_id).update(manufacturer_device_id=twin.device.manufacturer_device_id)
    with transaction.atomic():
        held = Enrollment.objects.locked().get(pk=undone.pk)
        lifecycle.revoke_consent(held, revoked_at=NOW, source="customer", now=NOW + HOUR, by=BY)
    deletion.ask([wants_out.customer], via="mail", now=NOW + HOUR, by=BY)
    anew = active(
        partner=partner, customer_reference=wants_out.customer.reference_id, finding=matched_to(goes.site.utility),
        now=NOW + 2 * HOUR, consent=consent_claim(granted_at=NOW + 2 * HOUR),
    )  # fmt: skip
    foreseen = preview.preview(partner, successor=successor)
    why = {each.pk: reason for each, reason in foreseen.left.named}
    assert why.pop(anew.pk) == why.pop(wants_out.pk, Why.WANTS_DELETION) == Why.WANTS_DELETION
    assert why == {maker.pk: Why.MAKER, twin.pk: Why.KNOWN_THERE, undone.pk: Why.NO_CONSENT}
    assert foreseen.total - foreseen.left.total == 1
    assert preview.preview(partner).left is None
    asked = end(partner, choice="hand_over", successor=successor)
    work_off()
    asked.refresh_from_db()
    assert (asked.handed_over, asked.revoked) == (1, foreseen.left.total)
    assert Enrollment.objects.get(pk=goes.pk).partner == successor


def test_an_ended_partner_is_stopped_at_once_and_its_devices_are_revoked(partner):
    enrollment, other = active(partner=partner), active()
    made = commanded(enrollment.device_id)
    polled(partner)
    asked = end(partner)
    assert Partner.objects.get(pk=partner.pk).status == "ended"
    assert WebhookEndpoint.objects.get().disabled_at is not None
    assert clouds_asked() == []
    work_off()
    assert Command.objects.get(pk=made.pk).error_code == "partner_ended"
    enrollment = Enrollment.objects.get(pk=enrollment.pk)
    assert (enrollment.state, enrollment.state_reason) == ("revoked", "partner_ended")
    assert set(Connection.objects.values_list("status", flat=True)) == {"revoked"}
    assert Enrollment.objects.get(pk=other.pk).state == "active"
    asked.refresh_from_db()
    assert (asked.revoked, asked.enrollments_foreseen, asked.finished_at is not None) == (1, 1, True)
    assert "The audit trail is whole" in verify()


def test_a_partner_ends_amid_an_event_of_however_many_commands(partner, monkeypatch):
    """The request touches none of them, none goes out that had not gone, and the job calls them off piece by piece."""
    monkeypatch.setattr(work, "COMMANDS_AT_ONCE", 1)
    unsent = commanded(active(partner=partner).device_id)
    sent = [commanded(active(partner=partner).device_id) for _ in range(2)]
    for each in sent:
        Command.objects.filter(pk=each.pk).update(sent_at=clock.now(), step="", due_at=None)
    end(partner)
    assert set(Command.objects.values_list("status", flat=True)) == {"pending"}
    push_due(now=clock.now())
    unsent = Command.objects.get(pk=unsent.pk)
    assert (unsent.status, unsent.error_code, unsent.sent_at) == ("rejected", "orders_stopped", None)
    assert work.work_off(now=clock.now()) == 1
    assert Command.objects.filter(status="cancelled").count() == 1
    work_off()
    assert set(Command.objects.filter(pk__in=[each.pk for each in sent]).values_list("error_code", flat=True)) == {
        "partner_ended"
    }
    assert Deprovisioning.objects.get().finished_at is not None


def test_devices_are_handed_over_with_their_enrollments_programs_and_consents(partner):
    enrollment = active(partner=partner, account_number="")
    programs = list(Participation.objects.live().values_list("program", flat=True))
    successor = listening_partner(url="https://coming.example/in")
    asked = end(partner, choice="hand_over", successor=successor)
    work_off()
    moved = Enrollment.objects.select_related("device", "customer").get(pk=enrollment.pk)
    assert (moved.state, moved.partner, moved.device.partner) == ("active", successor, successor)
    assert moved.customer.partner == successor
    assert moved.customer.open(
        moved.consents.get().sealed_evidence, place=f"consent-evidence:{moved.consents.get().pk}"
    )
    assert list(Participation.objects.live().values_list("program", flat=True)) == programs
    assert WebhookMessage.objects.filter(partner=successor, type="enrollment.created", subject=moved.pk).exists()
    asked.refresh_from_db()
    assert (asked.handed_over, asked.revoked) == (1, 0)
    assert asked.finished_at is not None
    assert "The audit trail is whole" in verify()


def test_what_the_successor_cannot_take_ends(partner):
    twin, only = active(partner=partner), active(partner=partner)
    successor = PartnerFactory()
    known = Device.objects.get(pk=active(partner=successor).device_id)
    known.manufacturer_device_id = twin.device.manufacturer_device_id
    known.save()
    asked = end(partner, choice="hand_over", successor=successor)
    work_off()
    assert Enrollment.objects.get(pk=twin.pk).state == "revoked"
    assert Enrollment.objects.get(pk=only.pk).partner == successor
    asked.refresh_from_db()
    assert (asked.handed_over, asked.revoked) == (1, 1)


def test_who_agrees_no_more_is_not_handed_over_and_the_successor_hears_nothing_of_them(partner):
    goes = active(partner=partner, customer_reference="both")
    stays = active(partner=partner, customer_reference="both", finding=matched_to(goes.site.utility))
    alone, wants_out = active(partner=partner), active(partner=partner)
    for each in (stays, alone):
        with transaction.atomic():
            held = Enrollment.objects.locked().get(pk=each.pk)
            lifecycle.revoke_consent(held, revoked_at=NOW, source="customer", now=NOW + HOUR, by=BY)
    deletion.ask([wants_out.customer], via="mail", now=NOW + HOUR, by=BY)
    anew = active(
        partner=partner, customer_reference=wants_out.customer.reference_id, finding=matched_to(goes.site.utility),
        now=NOW + 2 * HOUR, consent=consent_claim(granted_at=NOW + 2 * HOUR),
    )  # fmt: skip
    assert (anew.state, anew.customer_id) == ("active", wants_out.customer_id)
    successor = listening_partner(url="https://coming.example/in")
    asked = end(partner, choice="hand_over", successor=successor)
    work_off()
    assert set(Enrollment.objects.open().values_list("pk", "partner")) == {(goes.pk, successor.pk)}
    assert set(WebhookMessage.objects.filter(partner=successor).values_list("subject", flat=True)) == {goes.pk}
    assert list(successor.customers.values_list("reference_id", flat=True)) == ["both"]
    asked.refresh_from_db()
    assert (asked.handed_over, asked.revoked, asked.finished_at is not None) == (1, 4, True)


@pytest.mark.parametrize("choice", ["revoke", "hand_over"])
def test_what_cannot_be_worked_off_keeps_nobody_else_from_their_end(partner, choice, monkeypatch):
    monkeypatch.setattr(work, "BATCH", 1)
    broken, whole, elsewhere = active(partner=partner), active(partner=partner), active()
    Customer.objects.filter(pk=broken.customer_id).update(sealed_data_key=b"broken")  # so no reason can be sealed
    polled(partner)
    end(partner, choice=choice, successor=PartnerFactory() if choice == "hand_over" else None)
    end(elsewhere.partner)
    with pytest.raises(ExceptionGroup):
        work_off()
    still = Enrollment.objects.open().filter(partner__in=[partner, elsewhere.partner])
    assert list(still.values_list("pk", flat=True)) == [broken.pk]
    assert Enrollment.objects.open().filter(pk=whole.pk).exists() == (choice == "hand_over")
    assert set(Connection.objects.values_list("status", flat=True)) == {"revoked"}


def test_a_command_that_cannot_be_cancelled_keeps_no_consent_and_no_grant_alive(partner, monkeypatch):
    def fails(*given, **more):
        raise ValueError

    monkeypatch.setattr(work, "_call_off", fails)
    active(partner=partner)
    polled(partner)
    end(partner)
    with pytest.raises(ExceptionGroup):
        work_off()
    assert not Enrollment.objects.open().filter(partner=partner).exists()
    assert set(Connection.objects.values_list("status", flat=True)) == {"revoked"}
    assert Deprovisioning.objects.get().finished_at is None


def test_what_is_ending_already_is_not_ended_again(partner):
    portfolio = Portfolio.objects.create(name="Summer savings", kind="program")
    for subject in (partner, portfolio, active().device.participations.get().program):
        end(subject)
        with pytest.raises(Refusal) as refused:
            end(subject)
        assert refused.value.code == "state_conflict"
    assert Deprovisioning.objects.count() == 3


def test_two_partners_may_call_different_people_alike(partner):
    mine, successor = active(partner=partner, customer_reference="cust-1"), PartnerFactory()
    theirs = active(partner=successor, customer_reference="cust-1")
    end(partner, choice="hand_over", successor=successor)
    work_off()
    moved = Enrollment.objects.select_related("customer").get(pk=mine.pk)
    assert moved.customer_id != theirs.customer_id
    assert moved.customer.reference_id == f"{partner.pk}:cust-1"


def test_nobody_is_handed_over_to_who_is_not_there(partner):
    suspended = PartnerFactory(status="suspended")
    for successor in (None, suspended, partner):
        with pytest.raises(Refusal):
            end(partner, choice="hand_over", successor=successor)
    assert Partner.objects.get(pk=partner.pk).status == "active"
    assert not Deprovisioning.objects.exists()


def test_an_ended_program_calls_off_its_events_and_lets_everybody_go_on_elsewhere(transactional_db):
    enrollment = active()
    program = enrollment.device.participations.get().program
    drafted(program)
    asked = end(program)
    program.refresh_from_db()
    assert (program.status, DispatchEvent.objects.get().status) == ("archived", "cancelled")
    work_off()
    asked.refresh_from_db()
    assert asked.finished_at is None, "somebody takes part still"
    while settle_programs(now=clock.now(), by=BY):
        pass
    work_off()
    asked.refresh_from_db()
    assert asked.finished_at is not None
    assert not Participation.objects.live().exists()
    assert Enrollment.objects.get(pk=enrollment.pk).state == "opted_in"
    assert DispatchEvent.objects.get().history.latest().history_change_reason.startswith("The contract ends.")


def test_an_ended_portfolio_revokes_those_in_it_and_no_others(transactional_db):
    inside, outside = active(), active()
    portfolio = Portfolio.objects.create(name="Summer savings", kind="program")
    membership.add(portfolio, Device.objects.filter(pk=inside.device_id), reason="x", now=NOW, by=BY)
    end(portfolio)
    work_off()
    assert Enrollment.objects.get(pk=inside.pk).state_reason == "portfolio_ended"
    assert Enrollment.objects.get(pk=outside.pk).state == "active"
    assert portfolio.revocations.count() == 1
