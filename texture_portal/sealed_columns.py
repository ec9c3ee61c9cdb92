"""Every column that is sealed under a master key, in one table, each with the place that its values are bound to.

A value opens in its own row and column only. What is not in this table cannot be sealed by `seal`, and what is in it is
sealed anew by `manage.py rotate_encryption_keys`. Columns under a data key (a customer's, a file's) are not in it: it
is their key that is sealed anew.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.db.models import Model

from texture_portal import vault


@dataclass(frozen=True, slots=True)
class SealedColumn:
    """`place` names the row, and the column where a row has several."""

    model: str
    column: str
    place: str

    def place_of(self, pk: object) -> str:
        return self.place.format(pk=pk)

    @property
    def row_type(self) -> Any:
        return apps.get_model(self.model)


COLUMNS = (
    SealedColumn("partners.SigningKey", "sealed_secret", "signing-key:{pk}"),
    SealedColumn("partners.Customer", "sealed_data_key", "customer-key:{pk}"),
    SealedColumn("partners.WebhookSecret", "sealed", "webhook-secret:{pk}"),
    SealedColumn("devices.Cloud", "sealed_client_secret", "cloud:{pk}:client-secret"),
    SealedColumn("devices.Connection", "sealed_access_token", "connection:{pk}:access-token"),
    SealedColumn("devices.Connection", "sealed_refresh_token", "connection:{pk}:refresh-token"),
    SealedColumn("devices.Connection", "sealed_client_secret", "connection:{pk}:client-secret"),
    SealedColumn("devices.Connection", "sealed_api_key", "connection:{pk}:api-key"),
    SealedColumn("devices.GrantRequest", "sealed_verifier", "grant-request:{pk}:verifier"),
    SealedColumn("enrollments.EnrollmentFile", "sealed_data_key", "import-key:{pk}"),
)
_BY_NAME = {(each.model.lower(), each.column): each for each in COLUMNS}


def seal(row: Model, column: str, secret: bytes | None) -> None:
    """Puts the sealed secret into the column; None empties it."""
    setattr(row, column, None if secret is None else vault.seal(secret, place=_place(row, column)))


def opened(row: Model, column: str) -> bytes | None:
    """Raises `vault.SealBrokenError`."""
    sealed = getattr(row, column)
    return None if sealed is None else vault.open_sealed(sealed, place=_place(row, column))


def of_model(model: type[Model]) -> Iterator[SealedColumn]:
    return (each for each in COLUMNS if each.model.lower() == model._meta.label_lower)


def _place(row: Model, column: str) -> str:
    return _BY_NAME[row._meta.label_lower, column].place_of(row.pk)
