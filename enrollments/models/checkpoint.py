"""Signed checkpoints: what the head of each chain was on a day, which nobody can rewrite without the key."""

from django.db import models

from texture_portal.append_only import append_only


class Checkpoint(models.Model):
    """Signs the root of a Merkle tree over the heads of all chains that grew since the checkpoint before, and that one.

    `docs/decisions/0007-checkpoints.md` says why, `enrollments.evidence.statements` in which form.
    """

    number = models.PositiveIntegerField(primary_key=True)
    at = models.DateTimeField()
    previous = models.BinaryField(help_text="SHA-256 of the statement of the checkpoint before.")
    leaf_count = models.PositiveIntegerField()
    root = models.BinaryField()
    public_key = models.BinaryField(help_text="Of the key that signed it (Ed25519).")
    signature = models.BinaryField()

    class Meta:
        ordering = ["-number"]
        triggers = append_only("checkpoints are evidence")

    def __str__(self) -> str:
        return f"Checkpoint {self.number}"


class CheckpointLeaf(models.Model):
    """One head in a checkpoint's tree. No foreign key to its subject: it must outlive it, to show that it is gone."""

    checkpoint = models.ForeignKey(Checkpoint, on_delete=models.PROTECT, related_name="leaves")
    position = models.PositiveIntegerField(help_text="Counted from 0, in the order of the subjects.")
    subject_id = models.UUIDField(help_text="The enrollment, or the terms.")
    length = models.PositiveIntegerField(help_text="How many entries the chain had.")
    head = models.BinaryField(help_text="The digest of its last entry.")
    mark = models.BinaryField(help_text="Names the leaf that was changed where the root no longer fits.")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["checkpoint", "position"], name="one_leaf_per_position"),
            models.UniqueConstraint(fields=["subject_id", "length"], name="a_head_is_signed_once"),
        ]
        triggers = append_only("checkpoints are evidence")

    def __str__(self) -> str:
        return f"{self.subject_id} after {self.length}"
