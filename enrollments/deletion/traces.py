"""Where a person's traces are, and what becomes of each: blanked, or deleted with its row. One table for all of it.

Sealed columns are not in it: they end with the customer's key. Nor are readings: `devices.telemetry.forgetting`.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.apps import apps
from django.contrib.postgres.fields import ArrayField
from django.db.models import CharField, Model, Q, QuerySet, Value
from django.db.models.functions import Cast, Concat, TruncYear

from devices.certification import forgetting as results
from devices.models import Command, Device
from enrollments.deletion.person import Person
from enrollments.models import FileRow
from enrollments.models.review import ERASED_WORDS
from partners import forgetting, webhooks
from territories.geocoding import places

ANSWERS = "answers to requests"
NAMELESS = Concat(Value("erased:"), Cast("pk", CharField()))
WORDS = {"CharField", "TextField", "JSONField", "BinaryField", "GenericIPAddressField", "FileField", "SlugField"}


def columns_of_words(model: type[Model]) -> list[Any]:
    """Those that could hold what is personal: words, documents, bytes; not ids, numbers, times, or a choice."""
    return [each for each in model._meta.concrete_fields if not each.is_relation and _holds_words(each)]


def _holds_words(column: Any) -> bool:
    held = column.base_field if isinstance(column, ArrayField) else column
    return not held.choices and held.get_internal_type() in WORDS | {"URLField", "EmailField"}


@dataclass(frozen=True, slots=True)
class Trace:
    """Rows of `model` that are `whose`. `blanks`: what each column of words becomes; None: the rows go.

    `more` are columns of no words that would tell of the person all the same. `said` is for the certificate.
    """

    model: str
    said: str
    whose: Callable[[Person], Q]
    blanks: Mapping[str, Any] | None = None
    more: Mapping[str, Any] = field(default_factory=dict)

    def clear(self, person: Person) -> int:
        """How many rows."""
        model = apps.get_model(self.model)
        rows: QuerySet[Any] = model._base_manager.filter(self.whose(person))
        if self.blanks is None:
            return rows.delete()[1].get(model._meta.label, 0)
        return rows.update(**self.blanks, **self.more)

    @property
    def columns(self) -> set[str]:
        """What holds nothing of the person afterwards."""
        whole = (each.name for each in columns_of_words(apps.get_model(self.model)))
        return set(whole if self.blanks is None else self.blanks)


@dataclass(frozen=True, slots=True)
class Search:
    """Traces that are found by looking through documents, by a verb of the room that has them."""

    said: str
    clear: Callable[[Person], int]
    columns_of: Mapping[str, Collection[str]]


def _commands(person: Person) -> Any:
    return Command.objects.filter(ordered_(person)).order_by().values_list("pk", flat=True)


def _forget_answers(person: Person) -> int:
    """Those that were not looked through before."""
    mentions, after = person.mentions, person.answers_searched_to
    return forgetting.forget_answers(person.partners, mentions=mentions, after=after)[1]


def _forget_messages(person: Person) -> int:
    subjects = {*person.enrollments, *person.link_sessions, *_commands(person)}
    return sum(webhooks.forget(subjects, partner_id=partner, mentions=person.mentions) for partner in person.partners)


def _forget_results(person: Person) -> int:
    rows = Device.objects.filter(pk__in=person.devices).values_list("pk", "manufacturer_device_id", "serial_number")
    words = {name: f"erased:{pk}" for pk, *names in rows for name in names if name}
    return results.forget(words, partners=person.partners)


def _forget_places(person: Person) -> int:
    return places.forget(person.addresses)


SEARCHES = (
    Search(ANSWERS, _forget_answers, {"partners.IdempotencyRecord": ("key", "headers", "body")}),
    Search(
        "messages to the partner",
        _forget_messages,
        {
            "partners.WebhookMessage": ("body",),
            "partners.WebhookAttempt": ("answer",),
            "partners.WebhookAnswer": ("said",),
        },
    ),
    Search(
        "results of certification",
        _forget_results,
        {
            "devices.CheckResult": ("said", "evidence"),
            "devices.Waiver": ("reason",),
            "partners.Certificate": ("report",),
        },
    ),
    Search("places that geocoders told of", _forget_places, {"territories.KnownPlace": ("digest", "sealed")}),
)

Of = Callable[[Person], Q]
enrollment_: Of = lambda person: Q(enrollment__in=person.enrollments)  # noqa: E731
device_: Of = lambda person: Q(device__in=person.devices)  # noqa: E731
customer_: Of = lambda person: Q(customer=person.id)  # noqa: E731
case_: Of = lambda person: Q(case__enrollment__in=person.enrollments)  # noqa: E731
connection_: Of = lambda person: Q(connection__in=person.connections)  # noqa: E731
# What was asked of a device, and said of it, in another owner's time is that one's.
ordered_: Of = lambda person: person.while_theirs("device", "requested_at")  # noqa: E731
command_: Of = lambda person: person.while_theirs("command__device", "command__requested_at")  # noqa: E731
# Of their time, or of some of it.
of_the_time: Of = lambda person: person.partly_theirs("device", "start", "end")  # noqa: E731
exported_: Of = lambda person: device_(person) & of_the_time(person)  # noqa: E731
OF_CASE = {"reason": "", "decision_reason": "", "information_request": ""}
OF_ROW = {"sealed_document": b"", "sealed_faults": b"", "device_key": b""}
OF_CONNECTION = {"name": "", "revoked_reason": ""}

TRACES: tuple[Trace, ...] = (
    Trace(
        "partners.RefusedRequest", "refused requests", lambda person: Q(pk__in=person.refused),
        {"subject": "", "faults": []},
    ),
    Trace(
        "partners.SignedRequest", "requests about a device that nobody had enrolled",
        lambda person: Q(pk__in=person.unknown_requests), {"sealed_message": b""},
    ),
    Trace(
        "territories.Site", "addresses", lambda person: Q(customer_id=person.id),
        {
            "address_key": NAMELESS, "street_one": "", "street_two": "", "city": "", "state": "", "postal_code": "",
            "country": "", "timezone": "", "geocoder": "",
        },
        {"latitude": None, "longitude": None, "accuracy_meters": None},
    ),
    Trace("devices.GrantRequest", "ways to the maker's log-in", lambda person: customer_(person) | connection_(person)),
    Trace("devices.Connection", "connections", lambda person: Q(pk__in=person.connections), OF_CONNECTION),
    Trace(
        "devices.HistoricalConnection", "former versions of connections",
        lambda person: Q(id__in=person.connections), {**OF_CONNECTION, "history_change_reason": ""},
    ),
    Trace("devices.StreamPosition", "positions in streams", connection_),
    Trace(
        "devices.DiscoveredDevice", "devices as clouds list them",
        lambda person: device_(person) | connection_(person) | Q(
            Q(manufacturer_device_id__in=person.device_names) | Q(was_called__in=person.device_names),
            connection__cloud__partner__in=person.partners,
        ),
    ),
    Trace(
        "devices.Poll", "questions to clouds",
        lambda person: device_(person) | connection_(person) | Q(pk__in=person.polls),
    ),
    Trace("devices.Command", "commands: what others said of them", ordered_, {"error_detail": "", "error_said": None}),
    Trace("devices.CommandAttempt", "calls for commands", command_, {"answer": ""}),
    Trace("devices.CommandReport", "reports on commands", command_, {"error": None}),
    Trace(
        "devices.Withdrawal", "devices given up", lambda person: person.while_theirs("device", "at"), {"reason": ""}
    ),
    Trace("devices.TelemetryExport", "exports of readings", exported_, {"reason": ""}),
    Trace(
        "devices.PortfolioDevice", "places in portfolios",
        lambda person: device_(person) | Q(portfolio__in=person.portfolios),
    ),
    Trace(
        "devices.Portfolio", "portfolios of this person alone", lambda person: Q(pk__in=person.portfolios),
        {"name": NAMELESS, "reference": ""},
    ),
    Trace(
        "devices.HistoricalPortfolio", "former versions of portfolios", lambda person: Q(id__in=person.portfolios),
        {"name": "", "reference": "", "history_change_reason": ""},
    ),
    Trace(
        "devices.PortfolioRevocation", "revocations of portfolios", lambda person: Q(portfolio__in=person.portfolios),
        {"reason": ""},
    ),
    Trace(
        "programs.DispatchTarget", "parts in events",
        lambda person: person.while_theirs("device", "event__starts_at"), {"detail": "", "restore_detail": ""},
    ),
    Trace(
        "devices.Device", "devices", lambda person: Q(pk__in=person.devices),
        {"manufacturer_device_id": NAMELESS, "serial_number": "", "serial_key": NAMELESS, "ratings": {}},
        {"commissioned_on": TruncYear("commissioned_on")},
    ),
    Trace(
        "enrollments.Enrollment", "enrollments: what was said at their begin", customer_,
        {
            "match": {}, "utility_account_number": "", "installer_id": "", "sales_channel": "",
            "partner_coordinates": None, "utility_hint": None,
        },
    ),
    Trace("enrollments.Contact", "e-mail addresses", customer_),
    Trace("enrollments.SignInLink", "e-mailed links", lambda person: Q(email_digest__in=person.emails)),
    Trace(
        "enrollments.PartnerEvent", "reported events",
        lambda person: enrollment_(person) | Q(pk__in=person.unknown_events),
        {"event_id": NAMELESS, "manufacturer_device_id": ""},
    ),
    Trace("enrollments.EvidenceRequest", "questions for records", enrollment_, {"message": ""}),
    Trace("enrollments.EvidenceAccess", "looks at evidence: the reasons", enrollment_, {"reason": ""}),
    Trace("enrollments.FileRow", "rows of uploaded files", enrollment_, OF_ROW),
    Trace(
        "enrollments.FileRow", "rows of uploaded files that nothing came of",
        lambda person: Q(enrollment=None, file__partner__in=person.partners) & person.rows_of_files,
        OF_ROW, {"status": FileRow.Status.REFUSED, "code": "erased"},
    ),
    Trace(
        "enrollments.LinkSession", "visits to link devices", lambda person: Q(pk__in=person.link_sessions),
        {"manufacturer_device_id": "", "customer_reference": ""},
    ),
    Trace("enrollments.ReviewCase", "review cases", enrollment_, OF_CASE),
    Trace(
        "enrollments.HistoricalReviewCase", "former versions of review cases", enrollment_,
        {**OF_CASE, "history_change_reason": ""},
    ),
    Trace("enrollments.CaseNote", "notes on review cases", case_, {"text": ERASED_WORDS}),
)  # fmt: skip
