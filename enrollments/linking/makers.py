"""Makers whose clouds end users can link at: those that ask for consent in a browser and list devices."""

from collections.abc import Iterable

from django.db.models import QuerySet

from devices.models import Cloud
from enrollments.models import LinkSession
from partners.models import Partner
from partners.models.partner import same_name


def linkable() -> QuerySet[Cloud]:
    """By name. What is paused is offered too: its page says that it is away, and it may be back by then."""
    clouds = Cloud.objects.filter(connector=Cloud.Connector.PULL, partner__status=Partner.Status.ACTIVE)
    for needed in ("authorize_url", "token_url", "client_id"):
        clouds = clouds.exclude(**{needed: ""})
    return clouds.exclude(document={}).select_related("partner").order_by("name", "pk")


def offered(session: LinkSession) -> list[Cloud]:
    """Of a partner's session its own, and of those what the filters leave; of a visitor's all."""
    clouds = linkable()
    if session.partner_id is not None:
        clouds = clouds.filter(partner=session.partner_id)
    wanted = set(map(same_name, session.manufacturer_filters))
    return [cloud for cloud in clouds if not wanted or wanted & set(_names(cloud))]


def _names(cloud: Cloud) -> Iterable[str]:
    return map(same_name, (cloud.name, cloud.partner.name, *cloud.partner.manufacturers))
