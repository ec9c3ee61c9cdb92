"""Rows to test with. `enrolled` and its kin walk the real verbs, so that every state is one that the portal makes."""

import json
from datetime import UTC, date, datetime, timedelta

import factory
import shapely
from django.db import transaction

from devices.commands.issuing import DispatchClearance, Order, issue
from devices.connectors.pull import shipped
from devices.models import Cloud, Device
from enrollments import lifecycle
from enrollments.claims import DeviceClaim, EligibilityClaim, EnrollmentClaim, SiteClaim
from enrollments.consent import Claim as ConsentClaim
from enrollments.events.kinds import KINDS
from enrollments.intake import enroll
from enrollments.matching import Finding
from enrollments.models import Enrollment, PartnerEvent
from partners.models import Customer, Partner, SignedRequest, SigningKey, WebhookEndpoint
from programs.models import Program
from territories.addresses import Address
from territories.geocoding.base import Location
from territories.matching import Candidate, Match
from territories.models import DataSet, ServiceTerritory, Site, Utility
from texture_portal import actors, clock
from texture_portal.ids import new_id
from texture_portal.writing import insert

EVIDENCE = ("boundary", "zip_table")
NOW = datetime(2026, 5, 4, 15, tzinfo=UTC)  # a Monday that is no holiday
ADDRESS = Address(
    street_one="3501 Civic Center Dr",
    street_two="",
    city="San Rafael",
    state="CA",
    postal_code="94903",
    country="US",
)


class PartnerFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Partner

    name = factory.Sequence(lambda number: f"Acme Energy {number}")
    kind = Partner.Kind.OEM


class CustomerFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Customer

    partner = factory.SubFactory(PartnerFactory)
    reference_id = factory.Sequence(lambda number: f"cust-{number}")

    @classmethod
    def _create(cls, model_class, *args, **kwargs):
        customer = model_class(*args, **kwargs)
        customer.give_key()
        customer.save()
        return customer


class SigningKeyFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = SigningKey

    partner = factory.SubFactory(PartnerFactory)
    algorithm = SigningKey.Algorithm.ED25519
    public_key_pem = "a public key that no test verifies with"
    not_before = NOW - timedelta(days=30)


class WebhookEndpointFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = WebhookEndpoint

    partner = factory.SubFactory(PartnerFactory)
    url = factory.Sequence(lambda number: f"https://hooks{number}.example/in")
    event_types = ["*"]
    created_at = NOW - timedelta(days=30)


class UtilityFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Utility

    slug = factory.Sequence(lambda number: f"golden-bay-power-{number}")
    eia_id = factory.Sequence(lambda number: f"9{number:05}")
    name = factory.Sequence(lambda number: f"Golden Bay Power {number}")
    segment = "investor_owned_utility"
    jurisdiction = "CA"


class DataSetFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = DataSet

    kind = DataSet.Kind.TERRITORIES
    name = factory.Sequence(lambda number: f"territories-{number}.geojson")
    digest = "0" * 64
    version = 1
    in_force_since = NOW - timedelta(days=10)


class ServiceTerritoryFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = ServiceTerritory

    source_id = factory.Sequence(lambda number: f"territory-{number}")
    utility = factory.SubFactory(UtilityFactory)
    name = factory.SelfAttribute("utility.name")
    state = "CA"
    boundary = shapely.box(-123, 37, -122, 39).wkb
    data_set = factory.SubFactory(DataSetFactory)


class SiteFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Site

    customer_id = factory.LazyFunction(lambda: CustomerFactory().pk)
    address_key = factory.Sequence(lambda number: f"{number} civic center dr|san rafael|ca|94903")
    street_one = factory.Sequence(lambda number: f"{number} Civic Center Dr")
    city = "San Rafael"
    state = "CA"
    postal_code = "94903"


def linkable_cloud(partner, url="https://cloud.example", *, client_id="portal", secret=None, **changes):
    """The portal's row of a cloud like the simulated one, at which end users can link devices by OAuth."""
    values = {
        "name": "Simulated Energy", "base_url": url, "issuer": url, "authorize_url": f"{url}/oauth/authorize",
        "token_url": f"{url}/oauth/token", "revoke_url": f"{url}/oauth/revoke", "client_id": client_id,
        "scopes": ["devices.read", "telemetry.read", "commands.write", "offline_access"],
        "document": shipped.document("simulated"),
    }  # fmt: skip
    cloud = Cloud(partner=partner, **values | changes)
    cloud.set_client_secret(secret)
    cloud.save()
    return cloud


class DeviceFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Device

    customer = factory.SubFactory(CustomerFactory)
    partner = factory.SelfAttribute("customer.partner")
    site = factory.LazyAttribute(lambda made: SiteFactory(customer_id=made.customer.pk))
    manufacturer_device_id = factory.Sequence(lambda number: f"PW3-{number:05}")
    serial_number = factory.Sequence(lambda number: f"TG{number:08}")
    manufacturer = "Acme Energy"
    serial_key = factory.LazyAttribute(lambda made: f"acme energy|{made.serial_number.casefold()}")
    model = "PowerStack 3"
    type = "battery"
    commissioned_on = date(2026, 4, 1)
    controllable = True
    telemetry = True
    may_read = factory.SelfAttribute("telemetry")
    may_control = factory.SelfAttribute("controllable")
    cleared_types = ["demand_response"]


class ProgramFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Program

    slug = factory.Sequence(lambda number: f"peak-saver-{number}")
    name = factory.Sequence(lambda number: f"Peak Saver {number}")
    owner = factory.SubFactory(UtilityFactory)
    type = "demand_response"
    device_types = ["battery"]
    status = Program.Status.ACTIVE


def device_claim(**changes):
    number = new_id().hex[-10:]
    values = {
        "manufacturer_device_id": f"PW3-{number}",
        "serial_number": f"TG{number}",
        "manufacturer": "Acme Energy",
        "model": "PowerStack 3",
        "type": "battery",
        "commissioned_on": date(2026, 4, 1),
        "controllable": True,
        "telemetry": True,
        "commands": ("battery:set-reserve",),
    }
    return DeviceClaim(**values | changes)


def consent_claim(**changes):
    values = {
        "granted_at": NOW - timedelta(days=1),
        "source": "device_app",
        "terms_version": "2026-01",
        "program_types": ("demand_response",),
        "evidence": {"method": "digital_form", "ipAddress": "203.0.113.7", "userAgent": "AcmeApp/9.1"},
    }
    return ConsentClaim(**values | changes)


def matched_to(utility, *others, coordinates=None, hint=None, address=ADDRESS):
    """A finding: matched where one utility is named, ambiguous between several."""
    candidates = tuple(
        Candidate(
            each.pk, each.name, each.eia_id, each.segment, ("boundary", "zip_table")[: 2 - place], 0.77 - place / 4
        )
        for place, each in enumerate((utility, *others))
    )
    reason = f"The territories of {utility.name} and others reach this place." if others else ""
    match = Match("ambiguous" if others else "matched", None if others else utility.pk, None, candidates, reason)
    location = Location(38.0339, -122.5855, 2400.0, "America/Los_Angeles", "postal")
    return Finding(SiteClaim(address, coordinates, hint), location, match)


def unlocated(address=ADDRESS):
    """A finding when no geocoder was in reach: deferred."""
    return Finding(SiteClaim(address))


def evidence_from(partner, *, at=NOW):
    """What intake calls to keep the request: a sealed stand-in for one that the partner signed."""
    key = partner.signing_keys.first() or SigningKeyFactory(partner=partner)

    def keep(customer):
        evidence_id = new_id()
        message = {
            "method": "POST",
            "scheme": "http",
            "authority": "testserver",
            "target": "/",
            "headers": {},
            "body": "",
        }
        made = SignedRequest(
            id=evidence_id,
            customer=customer,
            request_id=new_id(),
            received_at=at,
            signature_created_at=at,
            signing_key=key,
            algorithm=key.algorithm,
            public_key_pem=key.public_key_pem,
            proof=SignedRequest.Proof.RECEIPT,
            sealed_message=customer.seal(json.dumps(message).encode(), place=f"signed-request:{evidence_id}"),
        )
        made.digest = made.compute_digest()
        return made

    return keep


def enrolled(
    *,
    partner=None,
    finding=None,
    device=None,
    consent="given",
    account_number="5512345678",
    account_verified=False,
    customer_reference=None,
    now=NOW,
):
    """One enrollment by the real intake, as far as its facts carry it; `consent=None`: the customer has not opted in.

    Where no finding is given, the site is matched to a utility with one demand response program for batteries.
    """
    partner = partner or PartnerFactory()
    claim = EnrollmentClaim(
        device=device or device_claim(),
        site=(finding := finding or matched_to(ProgramFactory().owner)).site,
        customer_reference=customer_reference or f"cust-{new_id().hex[-8:]}",
        utility_account_number=account_number,
        consent=consent_claim() if consent == "given" else consent,
        eligibility=EligibilityClaim(account_verified=account_verified),
    )
    by = actors.partner(partner.pk, request_id=new_id())
    with transaction.atomic():
        made = enroll(
            claim,
            partner=partner,
            finding=finding,
            evidence=evidence_from(partner, at=now),
            signed_at=now,
            now=now,
            by=by,
        )
        insert(made.unwritten)
    return Enrollment.objects.get(pk=made.enrollment.pk)


def listening_partner(**options):
    """One with a webhook endpoint; by default it takes every type."""
    endpoint = WebhookEndpointFactory(**options)
    return Partner.objects.get(pk=endpoint.partner_id)


def active(*, now=NOW, **options):
    """An enrolled device's first reading has come."""
    made = enrolled(now=now, **options)
    made.device.last_reading_at = now + timedelta(minutes=5)
    made.device.save(update_fields=["last_reading_at"])
    with transaction.atomic():
        enrollment = Enrollment.objects.locked().get(pk=made.pk)
        lifecycle.advance(enrollment, now=now + timedelta(minutes=5), by=actors.system("tests"))
    return Enrollment.objects.get(pk=made.pk)


def ambiguous(*utilities, **options):
    """Waits for staff between two utilities, each with a program, and has an open case."""
    owners = utilities or (ProgramFactory().owner, ProgramFactory().owner)
    finding = matched_to(*owners, coordinates=(38.01, -122.55), hint={"name": owners[0].name})
    return enrolled(finding=finding, **options)


def event(enrollment, *, partner=None, received_at=NOW, took=None, type="consent.revoked"):
    """A row of the inbox as the API leaves it; `took` None: it waits, or nobody knows the device."""
    partner = partner or enrollment.partner
    customer = enrollment.customer if enrollment else CustomerFactory(partner=partner)
    evidence = evidence_from(partner, at=received_at)(customer)
    evidence.save()
    waits = enrollment is not None and took is None
    return PartnerEvent.objects.create(
        partner=partner,
        event_id=f"evt-{new_id().hex[-10:]}",
        type=type,
        manufacturer_device_id=enrollment.device.manufacturer_device_id if enrollment else f"PW3-{new_id().hex[-10:]}",
        enrollment=enrollment,
        enrollment_state=enrollment.state if enrollment else "",
        occurred_at=received_at,
        fact_at=received_at,
        signed_request=evidence,
        request_id=new_id(),
        status="processed" if took is not None else "accepted",
        received_at=received_at,
        processed_at=received_at + took if took is not None else None,
        due_at=received_at + KINDS[type].within if enrollment else None,
        attempt_at=received_at if waits else None,
    )


def commanded(device_id, *, now=None):
    """A command to the device that waits to be taken, issued by the real verb."""
    device = Device.objects.get(pk=device_id)
    device.controllable, device.commands = True, ["battery:set-reserve"]
    device.may_control, device.cleared_types, device.telemetry = True, ["demand_response"], False
    device.may_read = False
    device.save()
    now = now or clock.now()
    order = Order(
        device=device, command="battery:set-reserve", input={"chargePercentage": 30},
        expires_at=now + timedelta(minutes=15), clearance=DispatchClearance("demand_response"),
    )  # fmt: skip
    with transaction.atomic():
        [made] = issue([order], now=now, by=actors.system("tests"))
    assert made.status == "pending", made.error_detail
    return made
