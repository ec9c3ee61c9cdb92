"""What needs somebody now: one row each, most pressing first, each a link to the list that shows just that.

Counted are rows that indexes lead to, at most `MOST_COUNTED` of them; what only a scan could count is in the tallies.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.html import format_html

from devices.freshness import Freshness
from devices.models import Cloud, Connection
from enrollments.models import ReviewCase, Score, Tally
from enrollments.scorecards.months import first_of
from partners.models import Certificate, Maintenance, Partner, WebhookDelivery, WebhookEndpoint
from partners.models.maintenance import NOTICE
from programs.models import DispatchEvent
from texture_portal import waiting, workshop
from texture_portal.console.marks import at, badge, table, words

MOST_COUNTED = 1000
MOST_NAMED = 5  # of a kind whose rows stand here by name
SOON = timedelta(hours=24)
ENDS_SOON = timedelta(days=30)  # a partner needs that long to be tried again
DELETION_SOON = timedelta(days=10)
STALE_SHARE = 0.2  # of a partner's devices that have ever told something: more, and its fleet is stale
LATE, BROKEN, SOON_DUE = ("late", "danger"), ("failing", "danger"), ("soon", "warning")
Mark = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Need:
    mark: Mark
    text: str
    url: str
    when: datetime | None = None


def table_for(user: Any, *, now: datetime) -> dict[str, Any]:
    needs = [need for permission, look in LOOKS if user.has_perm(permission) for need in look(now)]
    needs.sort(key=lambda need: need.mark[1] != "danger")
    return table(("", "What", "When"), ((badge(*need.mark), _link(need), at(need.when)) for need in needs))


def _link(need: Need) -> str:
    return format_html('<a class="text-primary-600 dark:text-primary-500" href="{}">{}</a>', need.url, need.text)


def _cases(now: datetime) -> Iterator[Need]:
    counts = ReviewCase.objects.waiting(user_id=None, now=now)
    first = (
        ReviewCase.objects.filter(decided_at__isnull=True).order_by("due_at").values_list("due_at", flat=True).first()
    )
    if counts["all_late"]:
        yield Need(
            LATE, said(counts["all_late"], "review case"), _list("enrollments_reviewcase", pressing="late"), first
        )
    early = counts["escalated"] - counts["all_late"]
    if early > 0:
        url = _list("enrollments_reviewcase", pressing="escalated")
        yield Need(SOON_DUE, said(early, "review case"), url, first)


def _events_reported(now: datetime) -> Iterator[Need]:
    late = waiting.EVENTS.late(now=now)
    if number := counted(late):
        first = late.order_by("due_at").values_list("due_at", flat=True)[0]
        yield Need(LATE, said(number, "reported event"), _list("enrollments_partnerevent", effect="late"), first)


def _duties(now: datetime) -> Iterator[Need]:
    late = waiting.DUTIES.late(now=now)
    if number := counted(late):
        first = late.order_by("due_at").values_list("due_at", flat=True)[0]
        text = f"{said(number, 'revocation')} to carry to the other side"
        yield Need(LATE, text, _list("enrollments_revocationduty", settled="late"), first)


def _deletions(now: datetime) -> Iterator[Need]:
    late = waiting.DELETIONS.late(now=now)
    if number := counted(late):
        first = late.order_by("due_at").values_list("due_at", flat=True)[0]
        text = f"{said(number, 'deletion request')} past due"
        yield Need(LATE, text, _list("enrollments_deletionrequest", standing="late"), first)
    letters = waiting.DELETIONS.waiting().filter(begun_at=None, due_at__gte=now, due_at__lt=now + DELETION_SOON)
    if number := counted(letters):
        first = letters.order_by("due_at").values_list("due_at", flat=True)[0]
        text = f"{said(number, 'deletion request')} to carry out"
        yield Need(SOON_DUE, text, _list("enrollments_deletionrequest", standing="open"), first)


def _records(now: datetime) -> Iterator[Need]:
    late = waiting.RECORDS.late(now=now)
    if number := counted(late):
        yield Need(
            LATE, f"{said(number, 'record')} of consents that partners owe", _list("enrollments_evidencerequest")
        )


def _dispatch(now: datetime) -> Iterator[Need]:
    """Events that begin within a day; a draft among them wants to be decided on."""
    coming = DispatchEvent.objects.filter(status__in=("draft", "scheduled"), ends_at__gt=now, starts_at__lt=now + SOON)
    for event in coming.order_by("starts_at")[:MOST_NAMED]:
        mark = ("not scheduled", "danger") if event.status == "draft" else SOON_DUE
        page = reverse("admin:programs_dispatchevent_change", args=(event.pk,))
        yield Need(mark, f"Dispatch event {event.name}", page, event.starts_at)
    if number := counted(DispatchEvent.objects.filter(status__in=("running", "restoring"))):
        text = f"{said(number, 'dispatch event')} under way"
        yield Need(("running", "info"), text, _list("programs_dispatchevent", status__in="running,restoring"))


def _partners(now: datetime) -> Iterator[Need]:
    for partner in Partner.objects.filter(status=Partner.Status.SUSPENDED).order_by("name")[:MOST_NAMED]:
        page = reverse("admin:partners_partner_change", args=(partner.pk,))
        yield Need(("suspended", "warning"), f"The partner {partner.name}", page)


def _webhooks(now: datetime) -> Iterator[Need]:
    failing = WebhookEndpoint.objects.shown().filter(failures__gt=0).select_related("partner")
    for endpoint in failing.order_by("failed_at")[:MOST_NAMED]:
        page = reverse("admin:partners_webhookendpoint_change", args=(endpoint.pk,))
        mark = ("disabled", "danger") if endpoint.disabled_at else BROKEN
        text = f"A webhook of {endpoint.partner.name}: {said(endpoint.failures, 'failure')} in a row"
        yield Need(mark, text, page, endpoint.failed_at)
    dead = WebhookDelivery.objects.filter(state=WebhookDelivery.State.DEAD, settled_at__gt=now - SOON)
    if number := counted(dead):
        text = f"{said(number, 'webhook')} given up within a day"
        yield Need(BROKEN, text, _list("partners_webhookdelivery", state__exact="dead"))


def _clouds(now: datetime) -> Iterator[Need]:
    for cloud in Cloud.objects.filter(state=Cloud.State.PAUSED).select_related("partner").order_by("name")[:MOST_NAMED]:
        page = reverse("admin:devices_cloud_change", args=(cloud.pk,))
        yield Need(("paused", "danger"), f"The cloud {cloud.name} of {cloud.partner.name} is left alone", page)
    failing = dict(Tally.objects.filter(of=Tally.Of.POLLING).values_list("subject", "count"))
    for cloud in Cloud.objects.filter(pk__in=failing, state=Cloud.State.HEALTHY).order_by("name")[:MOST_NAMED]:
        text = f"{cloud.name} fails to answer {said(failing[str(cloud.pk)], 'question')}"
        yield Need(BROKEN, text, _list("devices_poll", cloud__id__exact=cloud.pk))


def _connections(now: datetime) -> Iterator[Need]:
    broken = Tally.objects.filter(of=Tally.Of.CONNECTION, word=Connection.Status.BROKEN).first()
    if broken:
        url = _list("devices_connection", status__exact="broken")
        yield Need(("broken", "danger"), said(broken.count, "connection"), url)


def _fleets(now: datetime) -> Iterator[Need]:
    for partner, name, stale, told in sorted(stale_fleets(), key=lambda fleet: -fleet[2])[:MOST_NAMED]:
        url = _list("devices_device", partner__id__exact=partner, freshness=Freshness.OFFLINE)
        text = f"{stale:,} of {told:,} devices of {name} told nothing of late"
        yield Need(("stale fleet", "warning"), text, url)


def _scores(now: datetime) -> Iterator[Need]:
    """Targets that are missed this month; and certificates that are about to end."""
    missed = Score.objects.filter(month=first_of(now), is_met=False).select_related("partner")
    of_all, of_makers = missed.filter(maker_key=""), missed.exclude(maker_key="")
    for score in of_all.order_by("partner__name", "measure")[:MOST_NAMED]:
        url = _list("enrollments_score", partner__id__exact=score.partner_id, met="no")
        yield Need(("missed", "danger"), f"{score.partner.name}: {score.get_measure_display().lower()}", url)
    for score in of_makers.order_by("partner__name", "maker_key", "measure")[:MOST_NAMED]:
        url = _list(
            "enrollments_score", partner__id__exact=score.partner_id, met="no", maker_key__exact=score.maker_key
        )
        text = f"{score.maker} of {score.partner.name}: {score.get_measure_display().lower()}"
        yield Need(("missed", "warning"), text, url)


def _certificates(now: datetime) -> Iterator[Need]:
    ending = Certificate.objects.in_force(now=now).filter(expires_at__lt=now + ENDS_SOON).select_related("partner")
    for each in ending.order_by("expires_at")[:MOST_NAMED]:
        later = Certificate.objects.in_force(now=now).filter(
            partner=each.partner_id, maker_key=each.maker_key, expires_at__gte=now + ENDS_SOON
        )  # fmt: skip
        if not later.exists():
            page = reverse("admin:partners_certificate_change", args=(each.pk,))
            yield Need(("ends", "warning"), f"The certificate of {each}", page, each.expires_at)


def _maintenance(now: datetime) -> Iterator[Need]:
    """Of partners' clouds, present or about to begin: announced by themselves or by staff."""
    planned = Maintenance.objects.present_and_coming(now=now).filter(starts_at__lt=now + NOTICE)
    for each in planned.exclude(partner=None).select_related("partner")[:MOST_NAMED]:
        page = reverse("admin:partners_maintenance_change", args=(each.pk,))
        mark = ("under way", "warning") if each.starts_at <= now else ("planned", "info")
        yield Need(mark, f"Maintenance at {each.partner.name}: {each.what}", page, each.starts_at)  # type: ignore[union-attr]


def _jobs(now: datetime) -> Iterator[Need]:
    page = reverse("admin:texture_portal_heartbeat_changelist")
    for name in workshop.silent_workers(now=now):
        yield Need(("silent", "danger"), f"The worker {name} gives no sign of life: jobs wait", page)
    for each in workshop.jobs_shown():
        if each.is_failing:
            yield Need(("failed", "danger"), f"The job {words(each.job.kind).lower()}", page, each.failed_at)


def stale_fleets() -> Iterator[tuple[str, str, int, int]]:
    counts: dict[str, dict[str, int]] = {}
    for subject, word, count in Tally.objects.filter(of=Tally.Of.FLEET).values_list("subject", "word", "count"):
        counts.setdefault(subject, {})[word] = count
    for partner in Partner.objects.filter(pk__in=counts).order_by("name"):
        words_of = counts[str(partner.pk)]
        stale = words_of.get(Freshness.STALE, 0) + words_of.get(Freshness.OFFLINE, 0)
        told = stale + words_of.get(Freshness.FRESH, 0)
        if stale and stale > STALE_SHARE * told:
            yield str(partner.pk), partner.name, stale, told


LOOKS: tuple[tuple[str, Callable[[datetime], Iterator[Need]]], ...] = (
    ("texture_portal.view_heartbeat", _jobs),
    ("enrollments.view_reviewcase", _cases),
    ("enrollments.view_partnerevent", _events_reported),
    ("enrollments.view_revocationduty", _duties),
    ("programs.view_dispatchevent", _dispatch),
    ("enrollments.view_evidencerequest", _records),
    ("enrollments.view_deletionrequest", _deletions),
    ("devices.view_connection", _connections),
    ("devices.view_cloud", _clouds),
    ("partners.view_webhookendpoint", _webhooks),
    ("devices.view_device", _fleets),
    ("partners.view_partner", _partners),
    ("partners.view_maintenance", _maintenance),
    ("enrollments.view_score", _scores),
    ("partners.view_certificate", _certificates),
)


def counted(rows: "QuerySet[Any]") -> int:
    number: int = rows.order_by()[: MOST_COUNTED + 1].count()
    return number


def said(number: int, what: str) -> str:
    shown = f"{number:,}" if number <= MOST_COUNTED else f"more than {MOST_COUNTED:,}"
    return f"{shown} {what}{'' if number == 1 else 's'}"


def _list(name: str, **chosen: Any) -> str:
    return reverse(f"admin:{name}_changelist") + (f"?{urlencode(chosen)}" if chosen else "")
