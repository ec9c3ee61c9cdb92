"""A claimed row on its way: its errand, the call that is next, and what opens the connection."""

import logging
from collections.abc import Collection, Iterable
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from yarl import URL

from devices.clearance import readable
from devices.connections.access import Authorization
from devices.connectors.pull import errands
from devices.connectors.pull.documents import CATEGORIES, Document, Limit
from devices.connectors.pull.errands import AnswerError, Ask, Errand, Known, Outcome, Told
from devices.connectors.pull.faults import DocumentError, Fault
from devices.connectors.pull.parsing import parse
from devices.models import Cloud, Connection, DiscoveredDevice, Poll
from devices.polling import answers, limits, standing
from devices.polling.answers import Verdict
from devices.polling.call_log import NO_ONE
from devices.polling.claiming import connections_of
from devices.polling.known import known_of
from devices.portfolios.resting import resting
from partners import http
from partners.models import Partner

log = logging.getLogger(__name__)
SECONDS = {"historical": 30.0}
USUAL_SECONDS = 10.0
MOST_BYTES = 16 * 1024 * 1024
AHEAD = 15.0  # seconds of a cloud's limit that one worker holds rows for
NAME = "Texture-Enrollment-Portal/1"
OK, NOBODY, AT_REST = "ok", "nobody_enrolled", "at_rest"


@dataclass(eq=False, slots=True, kw_only=True)
class Trip:
    """`outcome` is there once it is home. `title` says in the log whose it is. `maker_of`: by the device's id."""

    cloud: Cloud
    connection: Connection
    document: Document | None = None
    errand: Errand | None = None
    key: Authorization | None = None
    was_refused: bool = False
    fault: Fault | None = None
    outcome: Outcome | None = None
    outcome_code: str = OK
    calls: list[tuple[str, str]] = field(default_factory=list)
    maker_of: dict[str, str] = field(default_factory=dict)
    _ask: Ask | None = None
    _url: URL | None = None

    @property
    def title(self) -> str:
        raise NotImplementedError

    @property
    def ask(self) -> Ask:
        if self._ask is None:
            raise LookupError(f"{self.title} asks nothing now")
        return self._ask

    @property
    def lane(self) -> tuple[UUID, str]:
        return self.cloud.pk, self.ask.call.category

    @property
    def makers(self) -> Collection[str]:
        """Whose devices its calls are for, where the cloud is a TPDO's (§3.3); nobody's of an OEM."""
        if not self.is_of_makers:
            return ()
        return set(self.maker_of.values()) or {NO_ONE}

    @property
    def is_of_makers(self) -> bool:
        return self.cloud.partner.kind == Partner.Kind.TPDO

    def begin(self) -> bool:
        """To its first call; True where there is nothing to ask. Raises `AnswerError`."""
        if self.fault is not None:
            raise AnswerError(self.fault)
        return self._step(None)

    def go_on(self, told: Told) -> bool:
        return self._step(told)

    def request(self) -> http.Request:
        """Raises `AnswerError` where a next page is said to be elsewhere: what opens this cloud goes there only."""
        if self.key is None:
            raise LookupError(f"{self.title} has no key")
        asked = self.ask.asked
        url = self._target(asked.target).update_query(dict(self.key.query)) if self.key.query else (
            self._target(asked.target)
        )  # fmt: skip
        self._url = url
        return http.Request(
            asked.method,
            str(url),
            headers={"User-Agent": NAME, **asked.headers, **self.key.headers},
            body=asked.body,
            seconds=SECONDS.get(self.ask.call.category, USUAL_SECONDS),
            most_bytes=MOST_BYTES,
            is_repeatable=True,
        )

    def judge(self, answered: "Future[http.Answer]", *, now: datetime) -> Verdict:
        return answers.judge(answered, now=now)

    def _step(self, told: Told | None) -> bool:
        if self.errand is None:
            return True
        try:
            self._ask = next(self.errand) if told is None else self.errand.send(told)
        except StopIteration as home:
            self.outcome = home.value
            return True
        self.calls.append((self._ask.call.name, self._ask.call.category))
        return False

    def _target(self, target: str) -> URL:
        base = URL(self.cloud.base_url)
        if self._ask and self._ask.call.pages and self._ask.call.pages.by == "link" and self._url is not None:
            url = self._url.join(URL(target))
        else:
            url = URL(f"{str(base).rstrip('/')}{target}", encoded=True)
        if url.origin() != base.origin():
            raise AnswerError(Fault("calls", "link_elsewhere", "The next page is said to be at another address."))
        return url


@dataclass(eq=False, slots=True, kw_only=True)
class PollTrip(Trip):
    """`covered_to`: of history, how far this errand asks."""

    poll: Poll
    covered_to: datetime | None = None

    @property
    def title(self) -> str:
        return f"poll {self.poll.pk}"


class Workshop:
    """What the drive knows of clouds: their documents, read once, and whether they were well a moment ago."""

    def __init__(self) -> None:
        self._documents: dict[tuple[UUID, datetime], Document | DocumentError] = {}
        self._limits: dict[tuple[UUID, datetime], dict[str, Limit]] = {}
        self._well: dict[UUID, datetime] = {}

    def most_at_once(self, cloud: Cloud, category: str = "telemetry") -> int:
        """Rows that wait for the limit longer than their lease would be taken for lost."""
        return max(2, int(self.limit(cloud, category).per_second * AHEAD))

    def limit(self, cloud: Cloud, category: str) -> Limit:
        known = (cloud.pk, cloud.updated_at)
        if known not in self._limits:
            document = self.document(cloud)
            documented = document.limits if isinstance(document, Document) else {}
            try:
                self._limits[known] = limits.limits_of(cloud, documented)
            except limits.LimitFormError as wrong:
                log.error("cloud %s is asked once a second: %s", cloud.pk, wrong)
                self._limits[known] = dict.fromkeys(CATEGORIES, limits.CAREFUL)
        return self._limits[known].get(category, limits.USUAL)

    def trips(self, cloud: Cloud, polls: list[Poll], *, now: datetime) -> Iterable[PollTrip]:
        if not polls:
            return
        connections, document = connections_of(polls), self.document(cloud)
        asks_states = any(poll.kind in (Poll.Kind.SINGLE, Poll.Kind.BULK) for poll in polls)
        known = known_of(polls, now=now) if asks_states else {}
        for poll in polls:
            trip = PollTrip(poll=poll, cloud=cloud, connection=connections[poll.connection_id])
            if isinstance(document, DocumentError):
                trip.fault = document.faults[0]
            else:
                trip.document = document
                self._prepare(trip, document, known.get(poll.pk, []), now=now)
            yield trip

    def well(self, cloud: Cloud, *, now: datetime) -> None:
        if (last := self._well.get(cloud.pk)) is None or now - last > standing.STEP:
            self._well[cloud.pk] = now
            standing.note_success(cloud, now=now)

    def sick(self, cloud: Cloud) -> None:
        self._well.pop(cloud.pk, None)

    def document(self, cloud: Cloud) -> Document | DocumentError:
        known = (cloud.pk, cloud.updated_at)
        if known not in self._documents:
            try:
                self._documents[known] = parse(cloud.document)
            except DocumentError as wrong:
                self._documents[known] = wrong
        return self._documents[known]

    def _prepare(self, trip: PollTrip, document: Document, known: list[Known], *, now: datetime) -> None:
        poll = trip.poll
        trip.maker_of = {each.id: each.maker for each in known}
        match poll.kind:
            case Poll.Kind.DISCOVERY:
                if poll.step < len(document.discovery):
                    trip.errand = errands.discover(document, step=poll.step, kept=poll.names)
            case Poll.Kind.HISTORY:
                _ask_history(trip, document, now=now)
            case _:
                known = [each for each in known if each.entry < len(document.entries)]
                if known and poll.kind == Poll.Kind.BULK:
                    trip.errand = errands.ask_states(document, known, names=poll.names)
                elif known:
                    trip.errand = errands.ask_state(document, known, names=poll.names)
        if trip.errand is None and trip.outcome_code == OK:
            trip.outcome_code = NOBODY


def _ask_history(trip: PollTrip, document: Document, *, now: datetime) -> None:
    """Of one device, where there is still something to ask for; later, where it is at rest."""
    poll = trip.poll
    listed = (
        DiscoveredDevice.objects.filter(
            readable(now=now, of="device__"), device=poll.device_id, connection=poll.connection_id, vanished_at=None
        )
        .annotate(is_at_rest=resting(of="device"))
        .select_related("device")
        .order_by("-pk")
        .first()
    )
    if listed is None or listed.entry >= len(document.entries) or poll.covers_from is None or poll.covers_to is None:
        return
    history = document.entries[listed.entry].history
    if history is None or listed.device is None:
        return
    if listed.is_at_rest:
        trip.outcome_code = AT_REST
        return
    end = min(poll.covers_from + timedelta(days=history.days), poll.covers_to)
    device = Known(listed.manufacturer_device_id, listed.entry, listed.kept, listed.device.manufacturer)
    trip.maker_of = {device.id: device.maker}
    trip.errand, trip.covered_to = errands.ask_history(document, device, start=poll.covers_from, end=end), end
