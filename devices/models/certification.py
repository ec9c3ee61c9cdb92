"""Runs of the requirements against a partner's cloud: what came of each check, and what was waived (§12)."""

from datetime import datetime
from typing import Self

from django.db import models
from django.db.models import F, Q

from devices.models.cloud import Cloud
from partners.models import Certificate, Partner
from partners.models.partner import same_name
from texture_portal import sealed_columns
from texture_portal.append_only import unchanging
from texture_portal.ids import new_id


class CertificationRun(models.Model):
    """The row is the job: each requirement's result is written as it comes, and who comes after goes on from there.

    `trying` is the requirement that was begun last, and `attempts` how often.
    """

    class Status(models.TextChoices):
        WAITING = "waiting", "Waits for a worker"
        RUNNING = "running", "Under way"
        DONE = "done", "Done"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="certification_runs")
    maker = models.CharField(max_length=255, blank=True, help_text="Of a TPDO: whose devices alone are tried.")
    cloud = models.ForeignKey(Cloud, on_delete=models.PROTECT, null=True, related_name="certification_runs")
    requirements = models.CharField(max_length=20, help_text="The version of the requirements.")
    status = models.CharField(max_length=8, choices=Status, default=Status.WAITING)
    asked_at = models.DateTimeField()
    asked_by = models.CharField(max_length=255)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    claimed_until = models.DateTimeField(null=True, editable=False)
    trying = models.CharField(max_length=80, blank=True, editable=False)
    attempts = models.PositiveSmallIntegerField(default=0, editable=False)
    total = models.PositiveSmallIntegerField(help_text="How many requirements there are.")
    sealed_second_secret = models.BinaryField(null=True, editable=False)
    certificate = models.ForeignKey(Certificate, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering = ["-asked_at"]
        default_permissions = ("view",)
        permissions = [("start_certificationrun", "Can have a partner's integration tried against the requirements")]
        constraints = [
            models.UniqueConstraint(fields=["partner", "maker"], condition=~Q(status="done"), name="one_run_at_a_time"),
            models.CheckConstraint(
                name="run_finished_exactly_when_done",
                condition=Q(status="done", finished_at__isnull=False, sealed_second_secret__isnull=True)
                | (~Q(status="done") & Q(finished_at__isnull=True)),
            ),
        ]
        indexes = [models.Index(fields=["asked_at"], condition=~Q(status="done"), name="runs_to_work_on")]

    def __str__(self) -> str:
        return f"{self.partner}{f', {self.maker}' if self.maker else ''}, {self.asked_at:%Y-%m-%d %H:%M}"

    @property
    def second_secret(self) -> str | None:
        opened = sealed_columns.opened(self, "sealed_second_secret")
        return None if opened is None else opened.decode()

    def set_second_secret(self, secret: str | None) -> None:
        sealed_columns.seal(self, "sealed_second_secret", secret.encode() if secret else None)


class CheckResult(models.Model):
    """What came of one requirement. It says what its document said that day, whatever that says now."""

    class Outcome(models.TextChoices):
        PASS = "pass", "Pass"
        FAIL = "fail", "Fail"
        NOT_APPLICABLE = "not_applicable", "Not applicable"
        NOT_TRIED = "not_tried", "Not tried"

    id = models.BigAutoField(primary_key=True)
    run = models.ForeignKey(CertificationRun, on_delete=models.CASCADE, related_name="results", db_index=False)
    requirement = models.CharField(max_length=80)
    title = models.CharField(max_length=255)
    section = models.CharField(max_length=20)
    remedy = models.TextField()
    is_recommended = models.BooleanField(default=False)
    outcome = models.CharField(max_length=16, choices=Outcome)
    said = models.TextField()
    evidence = models.JSONField(default=dict)
    notes = models.JSONField(default=dict)
    tried_at = models.DateTimeField()
    seconds = models.FloatField()

    class Meta:
        ordering = ["id"]
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["run", "requirement"], name="one_result_of_each_requirement")]
        triggers = [
            unchanging(
                name="results_do_not_change",
                but=("said", "evidence"),
                when="""
                    position('erased:' IN NEW.said || NEW.evidence::text) > 0
                    AND EXISTS (SELECT FROM partners_customer WHERE erased_at IS NOT NULL)
                """,
            )
        ]

    def __str__(self) -> str:
        return f"{self.requirement}: {self.outcome}"


class Waivers(models.QuerySet["Waiver"]):
    def in_force(self) -> Self:
        return self.filter(withdrawn_at=None)

    def for_run(self, run: CertificationRun) -> Self:
        return self.filter(partner=run.partner_id, maker_key=same_name(run.maker))


class Waiver(models.Model):
    """A requirement that staff let a partner off, and why; it stands in every report until it is taken back."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="waivers")
    maker = models.CharField(max_length=255, blank=True)
    maker_key = models.CharField(max_length=255, blank=True, editable=False)
    requirement = models.CharField(max_length=80)
    reason = models.TextField()
    given_by = models.CharField(max_length=255)
    given_at = models.DateTimeField()
    withdrawn_by = models.CharField(max_length=255, blank=True)
    withdrawn_at = models.DateTimeField(null=True)

    objects = Waivers.as_manager()

    class Meta:
        ordering = ["-given_at"]
        default_permissions = ("view",)
        permissions = [("give_waiver", "Can waive a requirement for a partner, and take that back")]
        constraints = [
            models.UniqueConstraint(
                fields=["partner", "maker_key", "requirement"], condition=Q(withdrawn_at=None), name="waived_once"
            ),
            models.CheckConstraint(name="waived_for_a_reason", condition=~Q(reason="") & ~Q(given_by="")),
            models.CheckConstraint(
                name="waiver_withdrawn_when_and_by_whom",
                condition=Q(withdrawn_at__isnull=True, withdrawn_by="")
                | (Q(withdrawn_at__gte=F("given_at")) & ~Q(withdrawn_by="")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.requirement} ({self.partner})"

    def save(self, *args: object, **kwargs: object) -> None:
        self.maker_key = same_name(self.maker)
        super().save(*args, **kwargs)  # type: ignore[arg-type]

    def stood_at(self, instant: datetime) -> bool:
        return self.given_at <= instant and (self.withdrawn_at is None or instant < self.withdrawn_at)
