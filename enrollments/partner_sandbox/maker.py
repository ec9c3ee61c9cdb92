"""The made-up manufacturer of a sandbox: at its cloud end users link, whichever partner sends them.

Its own row is a house partner's. Each partner is lent one of its own, so that what is linked there is this partner's.
"""

from django.conf import settings
from django.db import transaction

from devices import simulated
from devices.models import Cloud
from enrollments.partner_sandbox import stage
from partners.models import Partner
from partners.record import save_on_record
from texture_portal.actors import Actor

MAKER = "Simulated Energy"


@transaction.atomic
def set_up(url: str, *, client_id: str, client_secret: str, by: Actor) -> Cloud:
    """Said again whenever its process began anew: what was lent follows. Raises `NoStageError`."""
    if not settings.SANDBOX:
        raise stage.NoStageError("This is no sandbox. Remedy: SANDBOX=on, with a database of its own.")
    stage.check_database()
    house = Partner.objects.filter(name=MAKER).first()
    if house is None:
        house = Partner(name=MAKER, kind=Partner.Kind.OEM, environment=Partner.Environment.SANDBOX)
        save_on_record(house, by=by, reason="the sandbox's made-up manufacturer")
    own = Cloud.objects.filter(partner=house, name=MAKER).first() or Cloud(partner=house, name=MAKER)
    for each in (own, *_lent()):
        each.is_test_environment = True
        simulated.describe(each, url, client_id=client_id, client_secret=client_secret).save()
    return own


@transaction.atomic
def lend(partner: Partner) -> None:
    """To a partner that has not got it yet; elsewhere than in a sandbox to nobody."""
    own = here()
    if own is None or own.partner_id == partner.pk or _has(partner):
        return
    Partner.objects.select_for_update(no_key=True).get(pk=partner.pk)
    if _has(partner):  # two of its sessions are made at once
        return
    lent = Cloud(partner=partner, name=_name(partner), is_test_environment=True)
    simulated.describe(lent, own.base_url, client_id=own.client_id, client_secret=own.client_secret or "").save()


def here() -> Cloud | None:
    """Its own row, in a sandbox where it was set up."""
    if not settings.SANDBOX:
        return None
    return Cloud.objects.filter(partner__name=MAKER, name=MAKER).select_related("partner").first()


def _has(partner: Partner) -> bool:
    return partner.clouds.filter(name=_name(partner)).exists()


def _name(partner: Partner) -> str:
    return f"{MAKER} for {partner.name}"[:255]


def _lent() -> list[Cloud]:
    clouds = Cloud.objects.filter(name__startswith=f"{MAKER} for ").select_related("partner")
    return [each for each in clouds if each.name == _name(each.partner)]
