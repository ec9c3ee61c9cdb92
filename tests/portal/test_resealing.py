"""Keys that seal at rest are rotated: every sealed column of every app, resumable, and safe to do twice."""

from io import StringIO

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db.models import BinaryField

from devices.models import CertificationRun, Cloud, Connection, GrantRequest
from enrollments import erased_devices
from enrollments.deletion import references
from enrollments.imports import keeping
from enrollments.models import DeletionRequest, LinkSession, SignInLink
from partners import evidence
from partners.models import Customer, IdempotencyRecord, SignedRequest, SigningKey, WebhookSecret
from tests.factories import NOW, CustomerFactory, PartnerFactory, WebhookEndpointFactory
from texture_portal import resealing, sealed_columns, vault
from texture_portal.ids import new_id
from texture_portal.login import second_factor

OLD, NEW = "the old key of the portal, for tests", "the new key of the portal, for tests"


@pytest.fixture
def sealed_under_the_old_key(settings, db, admin_user):
    """One value in every column of the table."""
    settings.DATA_KEYS = [OLD]
    partner = PartnerFactory()
    customer = CustomerFactory(partner=partner)
    key = SigningKey(partner=partner, algorithm="hmac-sha256", not_before=NOW)
    key.set_secret(b"a shared secret")
    key.save()
    secret = WebhookSecret(endpoint=WebhookEndpointFactory(partner=partner), created_at=NOW)
    secret.set_secret(b"a webhook secret")
    secret.save()
    cloud = Cloud(partner=partner, name="Cloud", base_url="https://cloud.example", token_url="https://cloud.example/t")
    cloud.set_client_secret("a client secret")
    cloud.save()
    connection = Connection(cloud=cloud, grantor="fleet", way="authorization_code", granted_at=NOW)
    for column in ("access_token", "refresh_token", "client_secret", "api_key"):
        connection.set_secret(f"sealed_{column}", f"the {column}")
    connection.save()
    run = CertificationRun(partner=partner, cloud=cloud, requirements="1.1", asked_at=NOW, asked_by="tests", total=1)
    run.set_second_secret("the secret that follows")
    run.save()
    request = GrantRequest(
        cloud=cloud, grantor="fleet", state_digest=b"s", browser_digest=b"b", redirect_uri="https://portal.example",
        asked_at=NOW, expires_at=NOW,
    )  # fmt: skip
    request.set_verifier("a verifier")
    request.save()
    session = LinkSession(created_at=NOW, expires_at=NOW)
    session.note(city="San Rafael")
    session.save()
    link = SignInLink(
        email_digest=b"e", token_digest=b"t", origin="https://portal.example", asked_at=NOW, expires_at=NOW,
        attempt_at=NOW,
    )  # fmt: skip
    link.set_secrets(email="ana@example.org", token="a token")
    link.save()
    for name, body in (("secret", b'{"secret": "whsec_1"}'), ("plain", b'{"secret": null}')):
        kept = IdempotencyRecord(
            partner=partner, key=name, fingerprint=bytes(32), status=201, expires_at=NOW, body=body, created_at=NOW
        )  # fmt: skip
        if name == "secret":
            sealed_columns.seal(kept, "body", body)
        kept.save()
    asked = DeletionRequest(customer=customer, asked_at=NOW, due_at=NOW)
    references.keep_reference(asked, partner.pk, customer.reference_id)
    asked.save()
    erased_devices.remember(asked, [(partner.pk, "PW3-1")], now=NOW)
    second_factor.begin(admin_user)
    keeping.upload([b"a,b"], name="may.csv", partner=partner, now=NOW, user=admin_user)
    return customer, key, connection


def rotated(settings, *keys):
    settings.DATA_KEYS = list(keys)
    out = StringIO()
    try:
        call_command("rotate_encryption_keys", stdout=out, stderr=StringIO())
        return 0, out.getvalue()
    except SystemExit as ended:
        return ended.code, out.getvalue()


def test_every_column_is_sealed_anew_and_the_old_key_can_be_dropped(sealed_under_the_old_key, settings):
    customer, key, connection = sealed_under_the_old_key
    kept = customer.seal(b"personal", place="somewhere")
    status, said = rotated(settings, NEW, OLD)
    assert status == 0
    for column in sealed_columns.COLUMNS:
        assert f"{column}: 1 values, 1 sealed anew" in said
    assert "number 2: needed by nothing" in said
    settings.DATA_KEYS = [NEW]
    row = Connection.objects.get(pk=connection.pk)
    assert row.secret("sealed_refresh_token") == "the refresh_token"
    assert SigningKey.objects.get(pk=key.pk).secret() == b"a shared secret"
    answers = {each.key: each for each in IdempotencyRecord.objects.all()}
    assert sealed_columns.opened(answers["secret"], "body") == b'{"secret": "whsec_1"}'
    assert bytes(answers["plain"].body) == b'{"secret": null}'
    assert Customer.objects.get(pk=customer.pk).open(kept, place="somewhere") == b"personal"


def test_a_second_run_changes_nothing(sealed_under_the_old_key, settings):
    rotated(settings, NEW, OLD)
    before = bytes(Connection.objects.get().sealed_access_token)
    status, said = rotated(settings, NEW, OLD)
    assert (status, " 1 sealed anew" in said) == (0, False)
    assert bytes(Connection.objects.get().sealed_access_token) == before


def test_it_goes_on_where_it_was_killed(sealed_under_the_old_key, settings, monkeypatch):
    for _ in range(7):
        CustomerFactory()
    monkeypatch.setattr(resealing, "BATCH", 3)
    settings.DATA_KEYS = [NEW, OLD]
    batches = []

    class KilledError(Exception):
        pass

    def tell(tally):
        batches.append(tally.seen)
        if len(batches) == 3:
            raise KilledError

    with pytest.raises(KilledError):
        resealing.reseal_everything(tell=tell)
    tallies = {str(each.column): each for each in resealing.reseal_everything(tell=lambda tally: None)}
    customers = tallies["partners.Customer.sealed_data_key"]
    assert (customers.seen, 0 < customers.resealed < 8) == (8, True)
    settings.DATA_KEYS = [NEW]
    assert all(customer.open(customer.seal(b"x", place="p"), place="p") for customer in Customer.objects.all())


def test_what_no_key_opens_is_named_and_left_and_stops_nothing(sealed_under_the_old_key, settings):
    customer, _, _ = sealed_under_the_old_key
    Customer.objects.filter(pk=customer.pk).update(
        sealed_data_key=vault.seal_with(vault.new_key(), b"x", place=f"customer-key:{customer.pk}")
    )
    status, said = rotated(settings, NEW, OLD)
    assert status == 1
    assert f"CANNOT BE OPENED partners.Customer.sealed_data_key: 1 values, of {customer.pk}" in said
    assert "devices.Connection.sealed_api_key: 1 values, 1 sealed anew" in said


def test_evidence_stays_as_it_is_and_its_key_is_said_to_be_needed(settings, db):
    settings.DATA_KEYS = [OLD]
    key = SigningKey.objects.create(partner=PartnerFactory(), algorithm="ed25519", public_key_pem="pem", not_before=NOW)
    identity = new_id()
    kept = SignedRequest(
        id=identity, request_id=new_id(), received_at=NOW, signature_created_at=NOW, signing_key=key, proof="signature",
        sealed_message=vault.seal(b"{}", place=evidence.place_of(identity)),
    )  # fmt: skip
    kept.digest = kept.compute_digest()
    kept.save()
    status, said = rotated(settings, NEW, OLD)
    assert (status, "number 2: needed by 1 values" in said) == (0, True)


def test_a_value_opens_in_its_own_row_and_column_only(sealed_under_the_old_key):
    _, _, connection = sealed_under_the_old_key
    connection.sealed_api_key, connection.sealed_access_token = (
        connection.sealed_access_token, connection.sealed_api_key,
    )  # fmt: skip
    with pytest.raises(vault.SealBrokenError):
        connection.secret("sealed_api_key")
    other = Connection(cloud=connection.cloud, sealed_refresh_token=connection.sealed_refresh_token)
    with pytest.raises(vault.SealBrokenError):
        other.secret("sealed_refresh_token")


def test_no_sealed_column_is_missing_from_the_tables():
    """By its name; one that is sealed in part, and has another, is found by who calls `vault.seal`."""
    known = {str(each) for each in (*sealed_columns.COLUMNS, *sealed_columns.FIXED)} | set(
        sealed_columns.UNDER_OTHER_KEYS
    )
    found = {
        f"{model._meta.app_label}.{model.__name__}.{field.name}"
        for model in apps.get_models(include_auto_created=True)
        if not model._meta.proxy
        for field in model._meta.concrete_fields
        if isinstance(field, BinaryField) and field.name.startswith("sealed")
    }
    assert found | {str(each) for each in sealed_columns.COLUMNS if each.is_mixed} == known


def test_no_model_seals_but_by_the_table():
    """`vault.seal` has two callers: the table, and evidence that is sealed for good."""
    from tests.architecture.test_code import ROOT, code_files

    callers = {file.relative_to(ROOT).as_posix() for file in code_files() if "vault.seal(" in file.read_text()}
    assert callers == {"texture_portal/sealed_columns.py", "texture_portal/resealing.py", "partners/evidence.py"}
