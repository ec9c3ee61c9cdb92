"""A partner's customer, known by the partner's own reference, and the key that everything personal is sealed under."""

from datetime import datetime
from uuid import UUID

import pgtrigger
from django.db import models

from partners.models.partner import Partner
from texture_portal import sealed_columns, vault
from texture_portal.ids import new_id


class CustomerErasedError(Exception):
    """The customer's data key was destroyed: what was sealed under it can never be read again."""


def renamed(partner_id: UUID, reference_id: str) -> str:
    """The word of a partner that had them before, where who has them now says the same of somebody else."""
    return f"{partner_id}:{reference_id}"


class Customer(models.Model):
    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="customers", db_index=False)
    reference_id = models.CharField(max_length=255)
    sealed_data_key = models.BinaryField(null=True, editable=False)
    erased_at = models.DateTimeField(null=True, blank=True, editable=False)
    forgotten_at = models.DateTimeField(
        null=True, blank=True, editable=False, help_text="When the last facts of its consents went, too."
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["partner", "reference_id"], name="customer_of_partner"),
            models.CheckConstraint(
                name="customer_erased_exactly_when_key_is_gone",
                condition=models.Q(sealed_data_key__isnull=True, erased_at__isnull=False)
                | models.Q(sealed_data_key__isnull=False, erased_at__isnull=True),
            ),
            models.CheckConstraint(
                name="customer_forgotten_after_it_was_erased",
                condition=models.Q(forgotten_at__isnull=True) | models.Q(forgotten_at__gte=models.F("erased_at")),
            ),
        ]
        default_permissions = ("view",)
        triggers = [
            pgtrigger.Protect(
                name="erased_for_good",
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__erased_at__isnull=False)
                & pgtrigger.Q(old__erased_at__df=pgtrigger.F("new__erased_at")),
            )
        ]

    def __str__(self) -> str:
        return self.reference_id

    def give_key(self) -> None:
        sealed_columns.seal(self, "sealed_data_key", vault.new_key())

    def seal(self, plaintext: bytes, *, place: str) -> bytes:
        return vault.seal_with(self._data_key(), plaintext, place=place)

    def open(self, sealed: bytes | memoryview, *, place: str) -> bytes:
        return vault.open_with(self._data_key(), sealed, place=place)

    def opening_key(self, sealed: bytes | memoryview, *, place: str) -> bytes | None:
        """What opens this one value alone, for an auditor to try; None where it was sealed without one."""
        return vault.opening_key(self._data_key(), sealed, place=place)

    def erase(self, *, now: datetime) -> None:
        """For good: what is sealed under its key is never opened again, and its partner's word for it is gone.

        The same customer of the partner may begin anew, as another row. Not saved yet.
        """
        self.sealed_data_key, self.erased_at = None, now
        self.reference_id = f"erased:{self.pk}"

    def _data_key(self) -> bytes:
        opened = sealed_columns.opened(self, "sealed_data_key")
        if opened is None:
            raise CustomerErasedError(f"the data key of customer {self.id} was destroyed at {self.erased_at}")
        return opened
