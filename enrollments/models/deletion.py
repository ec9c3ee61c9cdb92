"""A person's data deleted (§9): the request as a case with a due date, and what remains when it is carried out."""

from django.db import models
from django.db.models import Q

from partners.models import Customer, Partner
from texture_portal.append_only import append_only
from texture_portal.ids import new_id


class DeletionRequest(models.Model):
    """A customer asked for their data to be deleted: owed by `due_at`. The row is the job, from its begin on.

    Nothing in it names the person, so that it can stay: who they were is found by a digest of their reference, which
    only who has the portal's keys can make, and which goes with the last facts of their consents.
    """

    class Via(models.TextChoices):
        ACCOUNT = "account", "My devices"
        MAIL = "mail", "By letter or e-mail"
        PHONE = "phone", "By phone"
        PARTNER = "partner", "Through the partner"

    class Telemetry(models.TextChoices):
        ERASE = "erase", "Delete the readings"
        DETACH = "detach", "Keep them, tied to nobody"

    class Refusal(models.TextChoices):
        UNPROVEN = "unproven", "Who asked could not prove to be the person"
        WITHDRAWN = "withdrawn", "The person changed their mind"
        LEGAL_HOLD = "legal_hold", "A law or a court wants the data kept"
        MISTAKEN = "mistaken", "It was opened by mistake"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="deletion_requests")
    via = models.CharField(max_length=10, choices=Via, default=Via.ACCOUNT)
    asked_at = models.DateTimeField()
    opened_by = models.CharField(max_length=255, help_text="The role and name of who opened it.")
    due_at = models.DateTimeField()
    telemetry = models.CharField(max_length=8, choices=Telemetry, default=Telemetry.ERASE)

    refused_at = models.DateTimeField(null=True)
    refused_by = models.CharField(max_length=255, blank=True)
    refusal = models.CharField(max_length=12, choices=Refusal, blank=True)

    begun_at = models.DateTimeField(null=True, help_text="From then on there is no way back.")
    begun_by = models.CharField(max_length=255, blank=True)
    attempt_at = models.DateTimeField(null=True)
    attempts = models.PositiveIntegerField(default=0)
    waits_for = models.CharField(max_length=40, blank=True, help_text="What must be over before, as a code.")
    readings_deleted = models.PositiveBigIntegerField(default=0, help_text="Until now; they go before the rest.")
    answers_forgotten = models.PositiveBigIntegerField(default=0, help_text="Until now; most go before the rest.")
    answers_searched_to = models.PositiveBigIntegerField(default=0, help_text="The id of the last that was looked at.")
    answers_searched_for = models.CharField(
        max_length=64, blank=True, help_text="A digest of all that stands for the person, until they are erased."
    )
    waits_no_more_at = models.DateTimeField(null=True, help_text="Staff said to go on without those who are silent.")

    done_at = models.DateTimeField(null=True)
    certificate = models.JSONField(null=True, help_text="Signed; says what was done, and names nobody.")
    reference_digest = models.CharField(max_length=64, blank=True, db_index=True)
    sealed_reference = models.BinaryField(
        null=True, editable=False, help_text="Of what the digest is made: a digest of the reference, without a key."
    )
    facts_kept_until = models.DateTimeField(null=True, help_text="Of the consents: pseudonymous, as evidence.")
    facts_purged_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["due_at"]
        default_permissions = ("view",)
        permissions = [
            ("open_deletionrequest", "Can open a deletion request for a person who wrote or called"),
            ("carry_out_deletionrequest", "Can have a deletion request carried out, or refuse it"),
            ("export_person", "Can take along everything that is held of a person"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["customer"],
                condition=Q(done_at__isnull=True, refused_at__isnull=True),
                name="one_open_deletion_request",
            ),
            models.CheckConstraint(
                name="deletion_begun_when_and_by_whom",
                condition=Q(begun_at__isnull=True, begun_by="", attempt_at__isnull=True)
                | (Q(begun_at__isnull=False) & ~Q(begun_by="")),
            ),
            models.CheckConstraint(
                name="deletion_refused_when_by_whom_and_why",
                condition=Q(refused_at__isnull=True, refused_by="", refusal="")
                | (Q(refused_at__isnull=False, begun_at__isnull=True) & ~Q(refused_by="") & ~Q(refusal="")),
            ),
            models.CheckConstraint(
                name="deletion_done_with_its_certificate",
                condition=Q(done_at__isnull=True, certificate__isnull=True, facts_kept_until__isnull=True)
                | Q(
                    done_at__isnull=False,
                    begun_at__isnull=False,
                    attempt_at__isnull=True,
                    certificate__isnull=False,
                    facts_kept_until__isnull=False,
                ),
            ),
            models.CheckConstraint(
                name="deletion_works_until_it_is_done",
                condition=Q(begun_at__isnull=True) | Q(done_at__isnull=False) | Q(attempt_at__isnull=False),
            ),
            models.CheckConstraint(
                name="facts_purged_after_their_time",
                condition=Q(facts_purged_at__isnull=True)
                | Q(facts_purged_at__gte=models.F("facts_kept_until"), reference_digest=""),
            ),
        ]
        indexes = [
            models.Index(
                fields=["due_at"], condition=Q(done_at__isnull=True, refused_at__isnull=True), name="deletions_by_due"
            ),
            models.Index(fields=["attempt_at"], condition=Q(attempt_at__isnull=False), name="deletions_to_do"),
            models.Index(
                fields=["facts_kept_until"],
                condition=Q(facts_kept_until__isnull=False, facts_purged_at__isnull=True),
                name="facts_to_purge",
            ),
        ]

    def __str__(self) -> str:
        return f"of {self.customer_id}, due {self.due_at:%Y-%m-%d}"

    @property
    def is_open(self) -> bool:
        return self.done_at is None and self.refused_at is None

    @property
    def has_begun(self) -> bool:
        return self.begun_at is not None


class ErasedDevice(models.Model):
    """A device of an erased person, by a keyed digest of its id alone: what was agreed to for it before counts no more.

    So no old consent that a partner sends again brings a person back, and no list of a cloud does.
    """

    id = models.BigAutoField(primary_key=True)
    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="+", db_index=False)
    request = models.ForeignKey(DeletionRequest, on_delete=models.PROTECT, related_name="devices")
    device_digest = models.CharField(max_length=64)
    sealed_essence = models.BinaryField(
        null=True, editable=False, help_text="Of what the digest is made: a digest of the id, without a key."
    )
    revoked_at = models.DateTimeField(help_text="Only consents granted later count.")

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["partner", "device_digest", "request"], name="erased_device_once")
        ]

    def __str__(self) -> str:
        return f"{self.device_digest[:8]}… of {self.partner_id}"


class PurgedChain(models.Model):
    """What is left of an audit chain whose time is over: how long it was and how it ended, signed by the portal.

    A checkpoint that signed the chain's head still finds it here; who only has the database cannot make a row.
    """

    subject_id = models.UUIDField(primary_key=True, help_text="The enrollment.")
    request = models.ForeignKey(DeletionRequest, on_delete=models.PROTECT, related_name="chains")
    length = models.PositiveIntegerField()
    head = models.BinaryField()
    purged_at = models.DateTimeField()
    public_key = models.BinaryField()
    signature = models.BinaryField()

    class Meta:
        default_permissions = ()
        triggers = append_only("what is left of purged chains")

    def __str__(self) -> str:
        return f"{self.subject_id} after {self.length}"
