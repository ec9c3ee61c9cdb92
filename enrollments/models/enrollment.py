"""One device's way through the lifecycle (§11.4). Transitions only set fields; `enrollments.lifecycle` calls them."""

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any, Self, cast

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.db import models, transaction
from django.db.models import Q
from django_fsm import FSMField, transition
from simple_history.models import HistoricalRecords

from devices.models import Device
from enrollments.consent import Grant, Standing
from enrollments.consent import standing as consent_standing
from enrollments.models.ledger import GENESIS, LedgerEntry, keep_append_only
from enrollments.news import News
from enrollments.states import State
from partners.models import Customer, Partner, SignedRequest
from territories.models import Site
from texture_portal.ids import new_id
from texture_portal.writing import insert

if TYPE_CHECKING:
    from enrollments.models.review import ReviewCase

IN_FORCE = [State.OPTED_IN, State.PENDING_VERIFICATION, State.ENROLLED, State.ACTIVE, State.SUSPENDED]
IN_PROGRAMS = [State.ENROLLED, State.ACTIVE, State.SUSPENDED]
PERSON_OF = """
EXISTS (
    SELECT FROM enrollments_enrollment subject JOIN partners_customer person ON person.id = subject.customer_id
    WHERE subject.id = OLD.enrollment_id AND person.{} IS NOT NULL
)
"""
LIVE = [state for state in State if state is not State.REVOKED]
LIVE_BUT_OPTED_OUT = [state for state in LIVE if state is not State.OPTED_OUT]


class MatchOutcome(models.TextChoices):
    """§11.3's outcomes as kept; a rejected one is never kept on a new enrollment."""

    MATCHED = "matched", "Matched"
    PARTIAL = "partial", "Utility known, no active program"
    AMBIGUOUS = "ambiguous", "Ambiguous"
    DEFERRED = "deferred", "Waiting for a geocoder"
    INVALID_LOCATION = "invalid_location", "Address cannot be located"


TERRITORY_KNOWN = (MatchOutcome.MATCHED, MatchOutcome.PARTIAL)


class EnrollmentQuerySet(models.QuerySet["Enrollment"]):
    def open(self) -> Self:
        return self.exclude(state=State.REVOKED)

    def locked(self) -> Self:
        """Rows held until the end of the transaction, with all that the lifecycle reads.

        That is read once the lock is held: a join would be read before, and lose a row that moved to a new site.
        """
        return self.select_for_update(of=("self",)).prefetch_related("partner", "customer", "device", "site")

    def shown(self) -> Self:
        """With the device and the site that an answer shows; `enrollments.overview` reads what else is around them."""
        return self.select_related("device", "site").prefetch_related("site__utility", "site__cca")


class Enrollment(models.Model):
    class Method(models.TextChoices):
        OEM = "oem", "OEM-initiated"
        OAUTH = "oauth", "End user by OAuth"
        HYBRID = "hybrid", "Both (§11.8)"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="enrollments", db_index=False)
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="enrollments")
    device = models.ForeignKey(Device, on_delete=models.PROTECT, related_name="enrollments")
    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="enrollments")
    method = models.CharField(max_length=8, choices=Method, default=Method.OEM)
    state = FSMField(
        max_length=24, choices=[(s.value, s.label) for s in State], default=State.DISCOVERED, protected=True
    )
    state_reason = models.CharField(max_length=60, blank=True)

    # The facts that `advance` reads. Personal ones live only here, in a row that can be blanked.
    match_outcome = models.CharField(max_length=16, choices=MatchOutcome)
    match = models.JSONField(default=dict, help_text="Candidates with evidence and score, geocoder, data sets.")
    fits_since = models.DateTimeField(
        null=True, editable=False, help_text="Since this match, a program in force has taken this device."
    )
    utility_account_number = models.CharField(max_length=255, blank=True)
    account_claimed_verified = models.BooleanField(default=False, help_text="What the partner says; evidence only.")
    account_verified_at = models.DateTimeField(null=True, blank=True, editable=False)
    program_choice = ArrayField(models.UUIDField(), default=list, blank=True)
    programs_left = ArrayField(
        models.UUIDField(),
        default=list,
        blank=True,
        editable=False,
        help_text="The customer left them: not joined again.",
    )
    installer_id = models.CharField(max_length=255, blank=True)
    sales_channel = models.CharField(max_length=255, blank=True)
    connectivity_lost_at = models.DateTimeField(null=True, blank=True, editable=False)
    connectivity_restored_at = models.DateTimeField(null=True, blank=True, editable=False)
    compliance_hold_at = models.DateTimeField(null=True, blank=True, editable=False)
    ownership_reported_at = models.DateTimeField(null=True, blank=True, editable=False)
    consent_revoked_at = models.DateTimeField(
        null=True, blank=True, editable=False, help_text="Only consents granted later count."
    )
    consent_expiries = models.JSONField(
        default=dict, blank=True, editable=False, help_text="By path: consents granted until then have expired."
    )
    partner_coordinates = models.JSONField(null=True, blank=True, editable=False)
    utility_hint = models.JSONField(null=True, blank=True, editable=False)

    # Work that waits: a geocode to try again (§11.3's deferred).
    geocode_attempts = models.PositiveSmallIntegerField(default=0, editable=False)
    geocode_due_at = models.DateTimeField(null=True, blank=True, editable=False)
    advanced_at = models.DateTimeField(editable=False, help_text="When the facts were last weighed.")

    opening_request = models.ForeignKey(
        SignedRequest, on_delete=models.PROTECT, null=True, editable=False, related_name="+", db_index=False
    )
    ledger_length = models.PositiveIntegerField(default=0, editable=False)
    ledger_head = models.BinaryField(default=GENESIS, editable=False)
    created_at = models.DateTimeField(editable=False)
    updated_at = models.DateTimeField(editable=False)

    objects = EnrollmentQuerySet.as_manager()
    skip_history_when_saving = True  # `enrollments.ledger` writes the history, chained and signed by who acts
    history = HistoricalRecords(
        bases=[LedgerEntry],
        history_user_id_field=models.IntegerField(null=True),
        history_change_reason_field=models.TextField(null=True),
        no_db_index=["id", "partner", "customer", "device", "site"],  # it is found by its `ledger_id`
        excluded_fields=[
            "match", "match_outcome", "fits_since", "utility_account_number", "account_claimed_verified",
            "account_verified_at", "program_choice", "programs_left", "installer_id", "sales_channel",
            "connectivity_lost_at", "connectivity_restored_at",
            "compliance_hold_at", "ownership_reported_at", "consent_expiries", "partner_coordinates", "utility_hint",
            "geocode_attempts", "geocode_due_at", "advanced_at", "opening_request", "ledger_length",
            "ledger_head", "created_at", "updated_at",
        ],
    )  # fmt: skip

    class Meta:
        ordering = ["-created_at", "-id"]
        permissions = [
            ("suspend_enrollment", "Can suspend and reinstate enrollment"),
            ("opt_out_enrollment", "Can record a customer's opt-out"),
            ("revoke_enrollment", "Can revoke enrollment"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["device"], condition=~Q(state=State.REVOKED), name="one_open_enrollment_per_device"
            ),
            models.CheckConstraint(
                name="geocode_due_exactly_while_deferred",
                condition=Q(
                    Q(match_outcome=MatchOutcome.DEFERRED) & ~Q(state=State.REVOKED), geocode_due_at__isnull=False
                )
                | ((~Q(match_outcome=MatchOutcome.DEFERRED) | Q(state=State.REVOKED)) & Q(geocode_due_at__isnull=True)),
            ),
        ]
        indexes = [
            models.Index(fields=["partner", "-created_at", "-id"], name="enrollments_newest"),
            models.Index(fields=["partner", "updated_at", "id"], name="enrollments_changed"),
            models.Index(fields=["state", "advanced_at"], name="enrollments_waiting"),
            models.Index(
                fields=["geocode_due_at"],
                condition=Q(geocode_due_at__isnull=False),
                name="enrollments_to_geocode",
            ),
        ]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.unwritten_entries: list[LedgerEntry] = []
        self.news: list[News] = []

    def __str__(self) -> str:
        return f"{self.id} ({self.state})"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Writes the row and the entries of its audit chain that `enrollments.ledger` sealed since the last save."""
        with transaction.atomic(savepoint=False):
            super().save(*args, **kwargs)
            insert(self.take_entries())

    def touch(self, now: datetime) -> None:
        """Something that is shown changed. Of two writers the later instant stands, whichever commits last."""
        self.updated_at = max(self.updated_at, now)

    def take_entries(self) -> list[LedgerEntry]:
        """The sealed entries that are yet to be written; whoever takes them writes them with the row."""
        entries, self.unwritten_entries = self.unwritten_entries, []
        return entries

    def take_news(self) -> list[News]:
        """What the partner is yet to be told; whoever takes it tells it."""
        news, self.news = self.news, []
        return news

    def expiry(self, path: str) -> datetime | None:
        """When consents by this path last expired; also before there is one, since events may overtake each other."""
        expired_at = self.consent_expiries.get(path)
        return datetime.fromisoformat(expired_at) if expired_at else None

    def grant(self, path: str, granted_at: datetime, program_types: Iterable[str]) -> Grant:
        """A consent by this path, as far as validity goes."""
        return Grant(path, granted_at, tuple(program_types), self.expiry(path))

    def standing(self) -> Standing:
        grants = [consent.as_grant() for consent in self.consents.all()]
        return consent_standing(grants, revoked_at=self.consent_revoked_at)

    def open_case(self) -> "ReviewCase | None":
        """The open review case that is due first."""
        return self.review_cases.filter(decided_at=None).order_by("due_at").first()

    @transition(state, source=[State.DISCOVERED], target=State.ELIGIBLE)
    def become_eligible(self) -> None:
        """Territory match successful."""

    @transition(state, source=[State.ELIGIBLE], target=State.OPTED_IN)
    def opt_in(self) -> None:
        """Consent validated."""

    @transition(state, source=[State.DISCOVERED, State.OPTED_IN], target=State.PENDING_VERIFICATION)
    def await_verification(self) -> None:
        """The territory is ambiguous, or a program wants the utility account verified."""

    @transition(state, source=[State.OPTED_IN, State.PENDING_VERIFICATION], target=State.ENROLLED)
    def enroll(self) -> None:
        """Program assignment complete."""

    @transition(state, source=[State.ENROLLED, State.SUSPENDED], target=State.ACTIVE)
    def activate(self) -> None:
        """The device takes part: participation begins, or what suspended it is resolved."""

    @transition(state, source=[State.ACTIVE], target=State.SUSPENDED)
    def suspend(self) -> None:
        """Connectivity loss or a compliance issue."""

    @transition(state, source=IN_PROGRAMS, target=State.OPTED_IN)
    def leave_programs(self) -> None:
        """Its last program ended or was left."""

    @transition(state, source=IN_FORCE, target=State.ELIGIBLE)
    def lapse(self) -> None:
        """Consent expired."""

    @transition(state, source=LIVE_BUT_OPTED_OUT, target=State.PENDING_VERIFICATION)
    def question_ownership(self) -> None:
        """Ownership was reported as transferred."""

    @transition(state, source=[*LIVE_BUT_OPTED_OUT, State.OPTED_OUT], target=State.DISCOVERED)
    def rediscover(self) -> None:
        """To be matched again: relocated, a question was settled, or consent was granted anew after an opt-out."""

    @transition(state, source=LIVE_BUT_OPTED_OUT, target=State.OPTED_OUT)
    def opt_out(self) -> None:
        """Customer revoked consent."""

    @transition(state, source=LIVE, target=State.REVOKED)
    def revoke(self) -> None:
        """Terminated: decommission, ownership change, staff."""


keep_append_only(Enrollment.history.model)


def legal_transitions() -> list[tuple[str, str]]:
    """Every (from, to) that the transitions above declare: the trigger and the diagram are derived from it."""
    field = cast(FSMField, Enrollment._meta.get_field("state"))
    declared = field.get_all_transitions(Enrollment)
    return sorted({(str(each.source), str(each.target)) for each in declared if each.source != each.target})


pgtrigger.register(
    pgtrigger.FSM(name="legal_transitions", field="state", transitions=legal_transitions()),
    pgtrigger.Trigger(
        name="state_change_is_in_the_ledger",
        when=pgtrigger.Before,
        operation=pgtrigger.Update,
        condition=pgtrigger.Q(old__state__df=pgtrigger.F("new__state"))
        & pgtrigger.Q(new__ledger_length__lte=pgtrigger.F("old__ledger_length")),
        func="RAISE EXCEPTION 'enrollment % changes state without an entry in its audit chain', OLD.id;",
    ),
)(Enrollment)
