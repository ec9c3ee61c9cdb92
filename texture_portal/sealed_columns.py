"""Every column that is sealed under a master key, in one table, each with the place that its values are bound to.

A value opens in its own row and column only. What is not in this table cannot be sealed by `seal`, and what is in it is
sealed anew by `manage.py rotate_encryption_keys`. Columns under a data key (a customer's, a file's) are not in it: it
is their key that is sealed anew.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.apps import apps
from django.db.models import BinaryField, Func, Model, Q

from texture_portal import vault

VERSIONS = (vault.WITHOUT_PLACE_KEY, vault.VERSION)


class FirstByte(Func):
    """A sealed value begins with its version, which is no character of any text."""

    function, template, output_field = "substring", "%(function)s(%(expressions)s from 1 for 1)", BinaryField()


@dataclass(frozen=True, slots=True)
class SealedColumn:
    """`place` names the row by what never changes of it, and the column where a row has several.

    `is_mixed`: some values are in the clear. `where`: the rows that it is about.
    """

    model: str
    column: str
    place: str
    named_by: tuple[str, ...] = ("pk",)
    is_mixed: bool = False
    where: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.model}.{self.column}"

    def place_of(self, row: Model) -> str:
        return self.place.format(**{name: getattr(row, name) for name in self.named_by})

    def rows(self) -> Any:
        """Those that hold something sealed, in the order of their keys; what was blanked holds nothing."""
        held = ~Q(**{self.column: None}) & ~Q(**{self.column: b""})
        rows = apps.get_model(self.model)._base_manager.filter(held, **self.where)
        if self.is_mixed:
            rows = rows.alias(first=FirstByte(self.column)).filter(
                Q(*(Q(first=each) for each in VERSIONS), _connector=Q.OR)
            )
        return rows.order_by("pk").only(self.column, *self.named_by)


COLUMNS = (
    SealedColumn("texture_portal.Authenticator", "sealed_key", "authenticator-of:{user_id}", named_by=("user_id",)),
    SealedColumn("partners.SigningKey", "sealed_secret", "signing-key:{pk}"),
    SealedColumn("partners.Customer", "sealed_data_key", "customer-key:{pk}"),
    SealedColumn("partners.WebhookSecret", "sealed", "webhook-secret:{pk}"),
    SealedColumn(
        "partners.IdempotencyRecord", "body", "kept-answer:{partner_id}:{namespace}:{key}",
        named_by=("partner_id", "namespace", "key"), is_mixed=True,
    ),
    SealedColumn("devices.Cloud", "sealed_client_secret", "cloud:{pk}:client-secret"),
    SealedColumn("devices.Connection", "sealed_access_token", "connection:{pk}:access-token"),
    SealedColumn("devices.Connection", "sealed_refresh_token", "connection:{pk}:refresh-token"),
    SealedColumn("devices.Connection", "sealed_client_secret", "connection:{pk}:client-secret"),
    SealedColumn("devices.Connection", "sealed_api_key", "connection:{pk}:api-key"),
    SealedColumn("devices.CertificationRun", "sealed_second_secret", "certification-run:{pk}:second-secret"),
    SealedColumn("devices.GrantRequest", "sealed_verifier", "grant-request:{pk}:verifier"),
    SealedColumn("enrollments.DeletionRequest", "sealed_reference", "deletion-request:{pk}:reference"),
    SealedColumn("enrollments.ErasedDevice", "sealed_essence", "erased-device:{pk}"),
    SealedColumn("enrollments.EnrollmentFile", "sealed_data_key", "import-key:{pk}"),
    SealedColumn("enrollments.SignInLink", "sealed_email", "sign-in-link:{pk}:email"),
    SealedColumn("enrollments.SignInLink", "sealed_token", "sign-in-link:{pk}:token"),
    SealedColumn("enrollments.LinkSession", "sealed_notes", "link-session:{pk}:notes"),
)  # fmt: skip
# Sealed under a master key, and for good: it is evidence, and its digest is in the audit chain.
FIXED = (SealedColumn("partners.SignedRequest", "sealed_message", "signed-request:{pk}", where={"customer": None}),)
# Sealed under a key that is in the first table, or (a known place) under one made of the newest and an address.
UNDER_OTHER_KEYS = {
    "partners.SignedRequest.sealed_message": "its customer's data key",
    "enrollments.Consent.sealed_evidence": "its customer's data key",
    "enrollments.HistoricalConsent.sealed_evidence": "its customer's data key",
    "enrollments.HistoricalEnrollment.sealed_words": "its customer's data key",
    "enrollments.HistoricalConsent.sealed_words": "its customer's data key",
    "enrollments.EvidenceRecord.sealed_content": "its customer's data key",
    "enrollments.Contact.sealed_email": "its customer's data key",
    "enrollments.FileChunk.sealed": "its file's data key",
    "enrollments.FileRow.sealed_document": "its file's data key",
    "enrollments.FileRow.sealed_faults": "its file's data key",
    "territories.KnownPlace.sealed": "a key made of its address: after a rotation it is not found, and ages out",
}
_BY_NAME = {(each.model.lower(), each.column): each for each in COLUMNS}


def seal(row: Model, column: str, secret: bytes | None) -> None:
    """Puts the sealed secret into the column; None empties it."""
    setattr(row, column, None if secret is None else vault.seal(secret, place=_place(row, column)))


def opened(row: Model, column: str) -> bytes | None:
    """Raises `vault.SealBrokenError`."""
    sealed = getattr(row, column)
    return None if sealed is None else vault.open_sealed(sealed, place=_place(row, column))


def _place(row: Model, column: str) -> str:
    table = row._meta.concrete_model or type(row)  # a proxy has its parent's columns
    return _BY_NAME[table._meta.label_lower, column].place_of(row)
