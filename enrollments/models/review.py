"""What a machine could not decide, and what staff decided (§11.3)."""

from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import Count, F, Q
from simple_history.models import HistoricalRecords

from enrollments.models.enrollment import Enrollment
from territories.models import Utility
from texture_portal.append_only import append_only
from texture_portal.ids import new_id

MOST_COUNTED = 1000
ERASED_WORDS = "(erased)"
CASE_OF = """
EXISTS (
    SELECT FROM enrollments_reviewcase reviewed
    JOIN enrollments_enrollment subject ON subject.id = reviewed.enrollment_id
    JOIN partners_customer person ON person.id = subject.customer_id
    WHERE reviewed.id = OLD.case_id AND person.{} IS NOT NULL
)
"""


class ReviewCases(models.QuerySet["ReviewCase"]):
    def waiting(self, *, user_id: int | None, now: datetime) -> dict[str, int]:
        """How many are open, how many of them this user looks after, and how many of each are late.

        Counted among the first `MOST_COUNTED` that are due: every page of the console asks.
        """
        late, mine = Q(due_at__lt=now), Q(assigned_to=user_id)
        return (
            self.filter(decided_at__isnull=True)
            .order_by("due_at")[:MOST_COUNTED]
            .aggregate(
                all=Count("pk"),
                all_late=Count("pk", filter=late),
                escalated=Count("pk", filter=Q(escalated_at__isnull=False)),
                mine=Count("pk", filter=mine),
                mine_late=Count("pk", filter=mine & late),
            )
        )


class ReviewCase(models.Model):
    class Kind(models.TextChoices):
        TERRITORY = "territory", "Which utility serves the site?"
        VERIFICATION = "verification", "Is the utility account the customer's?"
        OWNERSHIP = "ownership", "Has the device changed hands?"
        CONFLICT = "conflict", "Is the device enrolled elsewhere?"
        REMATCH = "rematch", "Does another utility serve the site by now?"

    class Decision(models.TextChoices):
        CONFIRMED = "confirmed", "Confirmed"
        REJECTED = "rejected", "Rejected"
        MOOT = "moot", "No longer needed"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    enrollment = models.ForeignKey(Enrollment, on_delete=models.PROTECT, related_name="review_cases")
    kind = models.CharField(max_length=16, choices=Kind)
    reason = models.TextField()  # the match says it in a sentence or three, with names of utilities in it
    opened_at = models.DateTimeField()
    due_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True, blank=True)
    decision = models.CharField(max_length=12, choices=Decision, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    decision_reason = models.TextField(blank=True)
    resolved_utility = models.ForeignKey(Utility, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    information_requested_at = models.DateTimeField(null=True, blank=True)
    information_request = models.TextField(blank=True, help_text="What the partner was asked for; it reads this.")
    information_given_at = models.DateTimeField(null=True, blank=True)
    waited_seconds = models.PositiveIntegerField(
        default=0, help_text="Business time spent waiting for the partner, in rounds that have ended."
    )
    assigned_to = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="assigned_cases"
    )
    assigned_at = models.DateTimeField(null=True, blank=True)
    escalated_at = models.DateTimeField(null=True, blank=True, help_text="When it was flagged as about to be late.")
    escalation_mailed_at = models.DateTimeField(null=True, blank=True)

    objects = ReviewCases.as_manager()
    history = HistoricalRecords(
        history_user_id_field=models.IntegerField(null=True),
        history_change_reason_field=models.TextField(null=True),
    )

    class Meta:
        ordering = ["due_at"]
        permissions = [
            ("decide_reviewcase", "Can decide review cases, and ask the partner for more"),
            ("assign_reviewcase", "Can take review cases, and hand them to colleagues"),
            ("open_conflict", "Can open a conflict case on an enrollment"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["enrollment", "kind"],
                condition=Q(decided_at__isnull=True),
                name="one_open_case_per_question",
            ),
            models.CheckConstraint(
                name="decided_when_and_how",
                condition=Q(decided_at__isnull=True, decision="") | (Q(decided_at__isnull=False) & ~Q(decision="")),
            ),
            models.CheckConstraint(
                name="information_given_after_it_was_asked",
                condition=Q(information_given_at__isnull=True)
                | Q(information_given_at__gte=F("information_requested_at")),
            ),
            models.CheckConstraint(
                name="assigned_to_whom_and_when",
                condition=Q(assigned_to__isnull=True, assigned_at__isnull=True)
                | Q(assigned_to__isnull=False, assigned_at__isnull=False),
            ),
            models.CheckConstraint(
                name="mailed_only_where_escalated",
                condition=Q(escalation_mailed_at__isnull=True) | Q(escalated_at__isnull=False),
            ),
        ]
        indexes = [models.Index(fields=["due_at"], condition=Q(decided_at__isnull=True), name="open_cases_by_due")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} ({self.enrollment_id})"

    @property
    def waits_for_partner(self) -> bool:
        asked = self.information_requested_at is not None and self.information_given_at is None
        return asked and self.decided_at is None


ABOUT_TERRITORY = (ReviewCase.Kind.TERRITORY, ReviewCase.Kind.REMATCH)  # answered by naming a utility


class CaseNote(models.Model):
    """What somebody of staff wrote down about a case; append-only, like everything that explains a decision."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    case = models.ForeignKey(ReviewCase, on_delete=models.PROTECT, related_name="notes")
    text = models.TextField()
    written_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    written_at = models.DateTimeField()

    class Meta:
        ordering = ["written_at", "id"]
        default_permissions = ("add", "view")
        triggers = append_only(
            "notes on cases explain decisions",
            blanks={"text": f"'{ERASED_WORDS}'"},
            blanked_when=CASE_OF.format("erased_at"),
            gone_when=CASE_OF.format("forgotten_at"),
        )
        constraints = [models.CheckConstraint(name="note_says_something", condition=~Q(text=""))]

    def __str__(self) -> str:
        return f"Note of {self.written_at:%Y-%m-%d %H:%M}"
