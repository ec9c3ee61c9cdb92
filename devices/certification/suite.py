"""The requirements that a cloud itself can be held against, and the desk at which they are tried."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache, lru_cache
from pathlib import Path
from urllib.parse import urlsplit
from uuid import UUID

import orjson

from devices.certification.bench import USUAL, Bench, Pace
from devices.certification.criteria import CRITERIA
from devices.certification.facts import CallMade, Facts, Subject
from devices.certification.preconditions import PRECONDITIONS
from devices.certification.requirement import Vocabulary, requirements_in
from devices.certification.steps import STEPS
from devices.certification.trying import Suite
from devices.connectors.pull.documents import Document
from devices.connectors.pull.faults import DocumentError
from devices.connectors.pull.parsing import parse
from devices.models import CertificationRun, Cloud, Connection
from partners.addresses import as_address
from partners.models import Partner

DOCUMENTS = Path(__file__).parent / "documents"
VOCABULARY = Vocabulary(applies=PRECONDITIONS, steps=STEPS, criteria=CRITERIA)
BY_HOW_MUCH_THEY_SEE = (Connection.Way.CLIENT_CREDENTIALS, Connection.Way.API_KEY, Connection.Way.AUTHORIZATION_CODE)


@dataclass(frozen=True, slots=True)
class Assignment:
    """What a run is about. `second_secret` was given to show that secrets rotate."""

    run: CertificationRun
    now: datetime
    pace: Pace = USUAL
    second_secret: str | None = field(default=None, repr=False)

    @property
    def partner(self) -> Partner:
        return self.run.partner

    @property
    def subject(self) -> Subject:
        return subject_of(self.run.cloud, partner=self.run.partner_id, maker=self.run.maker)


@cache
def of_clouds() -> Suite:
    return Suite("clouds", tuple(requirements_in(DOCUMENTS, VOCABULARY)), VOCABULARY, _bench)


def subject_of(cloud: Cloud | None, *, partner: UUID, maker: str) -> Subject:
    if cloud is None:
        return Subject(None, partner, maker=maker)
    return Subject(
        document=_document(cloud),
        partner=partner,
        maker=maker,
        polling_minutes=cloud.polling_minutes,
        is_called=True,
        is_plain_on_this_machine=_is_plain_loopback(cloud.base_url),
        has_token_url=bool(cloud.token_url),
        has_revoke_url=bool(cloud.revoke_url),
        has_authorize_url=bool(cloud.authorize_url),
        agreed_limits=frozenset(cloud.rate_limits),
    )


def is_test_environment(cloud: Cloud) -> bool:
    """A partner that is not in production yet has no customers' devices at all."""
    return cloud.is_test_environment or cloud.partner.environment == Partner.Environment.SANDBOX


def _bench(assignment: Assignment, earlier: Sequence[CallMade]) -> Bench:
    cloud = assignment.run.cloud
    facts = Facts(assignment.subject, earlier=list(earlier))
    if cloud is None:
        return Bench(None, [], facts, assignment.now)
    return Bench(
        cloud, _connections(cloud), facts, assignment.now, second_secret=assignment.second_secret, pace=assignment.pace
    )  # fmt: skip


def _connections(cloud: Cloud) -> list[Connection]:
    active = cloud.connections.filter(status=Connection.Status.ACTIVE, is_provisional=False).select_related("cloud")
    ways = [str(way) for way in BY_HOW_MUCH_THEY_SEE]
    return sorted(active.order_by("-granted_at"), key=lambda each: ways.index(each.way))


def _document(cloud: Cloud) -> Document | None:
    """Of a cloud that is asked. One that cannot be read is nothing that could be asked by."""
    if cloud.connector != Cloud.Connector.PULL or not cloud.document:
        return None
    return _parsed(orjson.dumps(cloud.document, option=orjson.OPT_SORT_KEYS))


@lru_cache(maxsize=64)
def _parsed(written: bytes) -> Document | None:
    """Read once for the many requirements of a run."""
    try:
        return parse(orjson.loads(written))
    except DocumentError:
        return None


def _is_plain_loopback(url: str) -> bool:
    parts = urlsplit(url)
    address = as_address(parts.hostname or "")
    is_loopback = parts.hostname == "localhost" or (address is not None and address.is_loopback)
    return is_loopback and parts.scheme == "http"
