"""Files of enrollments that staff upload for a partner without an API: the file, its rows, and what became of each."""

from django.conf import settings
from django.db import models
from django.db.models import Count, Q
from simple_history.models import HistoricalRecords

from enrollments.models.enrollment import Enrollment
from partners.models import Partner
from texture_portal import sealed_columns, vault
from texture_portal.ids import new_id


class FileErasedError(Exception):
    """The file's data key was destroyed: nothing of what was in it can be read again."""


class EnrollmentFile(models.Model):
    """One uploaded file. What is in it is sealed under a key of its own; destroying that key erases it."""

    class Status(models.TextChoices):
        READING = "reading", "Being read"
        UNREADABLE = "unreadable", "Cannot be read"
        CHECKING = "checking", "Dry run under way"
        CHECKED = "checked", "Checked, waits for staff"
        RUNNING = "running", "Enrolling"
        DONE = "done", "Done"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="enrollment_files")
    name = models.CharField(max_length=255)
    size = models.PositiveIntegerField(help_text="In bytes.")
    digest = models.BinaryField(help_text="SHA-256 of the file as it was uploaded.")
    status = models.CharField(max_length=12, choices=Status, default=Status.READING)
    fault = models.TextField(blank=True, help_text="Why it cannot be read, or why it stopped; with a remedy.")
    uploaded_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    uploaded_at = models.DateTimeField()
    started_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    erased_at = models.DateTimeField(null=True)
    sealed_data_key = models.BinaryField(null=True, editable=False)
    claimed_until = models.DateTimeField(null=True, editable=False, help_text="While a worker reads it.")

    history = HistoricalRecords(
        excluded_fields=["sealed_data_key", "claimed_until"],
        history_user_id_field=models.IntegerField(null=True),
        history_change_reason_field=models.TextField(null=True),
    )

    class Meta:
        ordering = ["-uploaded_at"]
        default_permissions = ("add", "view")
        permissions = [
            ("run_enrollmentfile", "Can have the rows of a checked file enrolled, and stop it"),
            ("erase_enrollmentfile", "Can erase what was in an uploaded file"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["partner", "digest"], name="one_import_of_one_file"),
            models.CheckConstraint(
                name="file_erased_exactly_when_key_is_gone",
                condition=Q(sealed_data_key__isnull=True, erased_at__isnull=False)
                | Q(sealed_data_key__isnull=False, erased_at__isnull=True),
            ),
        ]
        indexes = [
            models.Index(
                fields=["status"],
                condition=Q(status__in=["reading", "checking", "running"]),
                name="files_with_work",
            )
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.partner})"

    @property
    def digest_hex(self) -> str:
        return bytes(self.digest).hex()

    def give_key(self) -> None:
        sealed_columns.seal(self, "sealed_data_key", vault.new_key())

    def data_key(self) -> bytes:
        """Unsealed once for many rows. Raises `FileErasedError`."""
        opened = sealed_columns.opened(self, "sealed_data_key")
        if opened is None:
            raise FileErasedError(f"the data key of file {self.pk} was destroyed at {self.erased_at}")
        return opened

    def counts(self) -> dict[str, int]:
        """How many rows stand where."""
        return dict(self.rows.order_by().values_list("status").annotate(Count("pk")))


class FileChunk(models.Model):
    """A piece of the file as it was uploaded, sealed; gone once its rows are read."""

    file = models.ForeignKey(EnrollmentFile, on_delete=models.PROTECT, related_name="chunks")
    number = models.PositiveIntegerField()
    sealed = models.BinaryField()

    class Meta:
        ordering = ["number"]
        constraints = [models.UniqueConstraint(fields=["file", "number"], name="one_chunk_of_each_number")]

    def __str__(self) -> str:
        return f"{self.file_id} {self.number}"


class FileRow(models.Model):
    """One row of the file: the job. What it holds is sealed, and gone once it is enrolled or the file erased."""

    class Status(models.TextChoices):
        READ = "read", "Not yet checked"
        FAULTY = "faulty", "Faulty"
        READY = "ready", "Ready"
        ENROLLED = "enrolled", "Enrolled"
        REFUSED = "refused", "Refused"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False, help_text="The request id of its evidence.")
    file = models.ForeignKey(EnrollmentFile, on_delete=models.PROTECT, related_name="rows")
    number = models.PositiveIntegerField(help_text="As the spreadsheet counts: the first below the header is 2.")
    status = models.CharField(max_length=10, choices=Status, default=Status.READ)
    code = models.CharField(max_length=40, blank=True, help_text="Of the first fault, or the outcome of matching.")
    sealed_document = models.BinaryField(default=b"", help_text="The row as the API would take it.")
    sealed_faults = models.BinaryField(default=b"")
    device_key = models.BinaryField(help_text="SHA-256 of the device id: the same device twice in one file.")
    enrollment = models.ForeignKey(Enrollment, on_delete=models.PROTECT, null=True, related_name="+")
    claimed_until = models.DateTimeField(null=True)

    class Meta:
        ordering = ["file", "number"]
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["file", "number"], name="one_row_of_each_number"),
            models.CheckConstraint(
                name="row_enrolled_exactly_with_enrollment",
                condition=Q(status="enrolled", enrollment__isnull=False)
                | ~Q(status="enrolled") & Q(enrollment__isnull=True),
            ),
        ]
        indexes = [
            models.Index(fields=["file", "status", "number"], name="file_rows_by_status"),
            models.Index(fields=["file", "device_key", "number"], name="file_rows_by_device"),
        ]

    def __str__(self) -> str:
        return f"Row {self.number} of {self.file_id}"
