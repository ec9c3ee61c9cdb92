"""What the page of one enrollment shows."""

from typing import Any
from uuid import UUID

from django.utils.html import format_html
from django.utils.safestring import SafeString

from enrollments.actions import required_actions
from enrollments.admin.colours import consent_badge, outcome_badge, state_badge
from enrollments.models import Enrollment, Terms
from enrollments.models.enrollment import MatchOutcome
from enrollments.overview import overview
from enrollments.terms import terms_agreed_to
from enrollments.timeline import Moment, timeline
from partners.models import Partner
from partners.webhooks import tellings
from programs.models import Participation
from territories.models import Site
from texture_portal.console.marks import NOTHING, at, badge, badges, link, table, words

Facts = list[tuple[str, Any]]


def context(enrollment: Enrollment) -> dict[str, Any]:
    return {
        "case": enrollment.open_case(),
        "standing": standing_facts(enrollment),
        "device": device_facts(enrollment),
        "site": site_facts(enrollment.site),
        "said": said_facts(enrollment),
        "missing": missing_table(enrollment),
        "match": match_facts(enrollment),
        "candidates": candidates_table(enrollment.match.get("candidates", [])),
        "programs": programs_table(enrollment),
        "consents": consents_table(enrollment),
        "told": told_table(enrollment),
        "timeline": timeline_table(timeline(enrollment), partner=enrollment.partner),
    }


def told_table(enrollment: Enrollment) -> dict[str, Any]:
    """What its partner was told by webhook, and whether it took it (§11.5)."""
    rows = [
        (each.type, at(each.told_at), words(each.outcome), at(each.acknowledged_at))
        for each in reversed(tellings(enrollment.pk))
    ]
    return table(("Message", "Written", "Outcome", "Acknowledged"), rows)


def short(identifier: UUID) -> str:
    """The random end of it: identifiers of version 7 begin alike."""
    return f"…{str(identifier)[-12:]}"


def who(role: str, name: str, *, partner: Partner) -> str:
    """The enrollment's partner by its name, others as they are kept."""
    return f"{role} {partner.name if name == str(partner.pk) else name}"


def standing_facts(enrollment: Enrollment) -> Facts:
    return [
        ("State", state_badge(enrollment.state)),
        ("Why", words(enrollment.state_reason)),
        ("Consent", consent_badge(enrollment.standing().status)),
        ("Partner", link(enrollment.partner)),
        ("Customer", enrollment.customer.reference_id),
        ("Method", enrollment.get_method_display()),
        ("Enrollment id", enrollment.pk),
        ("Created", at(enrollment.created_at)),
        ("Changed", at(enrollment.updated_at)),
    ]


def device_facts(enrollment: Enrollment) -> Facts:
    device = enrollment.device
    return [
        ("Device", link(device, f"{device.manufacturer} {device.model}")),
        ("Type", device.type),
        ("Manufacturer's id", device.manufacturer_device_id),
        ("Serial number", device.serial_number),
        ("Commissioned", device.commissioned_on),
        ("Commands", ", ".join(device.commands) or "none"),
        ("Last sign of life", at(device.last_sign_of_life_at)),
    ]


def site_facts(site: Site) -> Facts:
    located = site.latitude is not None and site.longitude is not None and site.accuracy_meters is not None
    return [
        ("Address", _address(site)),
        ("Utility", link(site.utility)),
        ("CCA", link(site.cca)),
        ("Coordinates", f"{site.latitude:.5f}, {site.longitude:.5f}" if located else "not located yet"),
        ("Known to within", f"{site.accuracy_meters:,.0f} m" if located else NOTHING),
        ("Geocoder", site.geocoder or NOTHING),
        ("Time zone", site.timezone or NOTHING),
    ]


def said_facts(enrollment: Enrollment) -> Facts:
    coordinates = enrollment.partner_coordinates
    hint = enrollment.utility_hint or {}
    return [
        ("Coordinates", f"{coordinates[0]:.5f}, {coordinates[1]:.5f}" if coordinates else "none"),
        ("Utility hint", " ".join(hint.values()) or "none"),
        ("Utility account number", enrollment.utility_account_number or "none"),
        ("Account said to be verified", "yes" if enrollment.account_claimed_verified else "no"),
        ("Account verified by staff", at(enrollment.account_verified_at)),
        ("Installer", enrollment.installer_id or "none"),
        ("Sales channel", enrollment.sales_channel or "none"),
    ]


def match_facts(enrollment: Enrollment) -> Facts:
    match = enrollment.match
    return [
        ("Outcome", outcome_badge(enrollment.match_outcome)),
        ("Reason", match.get("reason") or NOTHING),
        ("Note", match.get("note") or NOTHING),
        ("CCA", cca_in_words(match)),
        ("Data sets", ", ".join(match.get("dataSets") or []) or NOTHING),
    ]


def cca_in_words(match: dict[str, Any]) -> SafeString | str:
    """It is decided apart from the utility: where its own boundaries leave it open, that is said."""
    decided = match.get("cca") or {}
    candidates = decided.get("candidates") or []
    if not candidates:
        return NOTHING
    named = ", ".join(f"{each['utility']['name']} ({each['score']:.2f})" for each in candidates)
    mark = badge("Undecided", "warning") if decided["outcome"] == MatchOutcome.AMBIGUOUS else ""
    return format_html("{} {}{}", mark, "None, but near " if decided["outcome"] == "no_match" else "", named)


def candidates_table(candidates: list[dict[str, Any]]) -> dict[str, Any]:
    return table(
        ("Utility", "EIA id", "Segment", "Evidence", "Score"),
        (
            (
                each["utility"]["name"],
                each["utility"]["eiaId"] or NOTHING,
                words(each["utility"]["segment"]),
                badges(map(words, each["evidence"]), "info"),
                f"{each['score']:.2f}",
            )
            for each in candidates
        ),
    )


def missing_table(enrollment: Enrollment) -> dict[str, Any]:
    actions = required_actions(overview(enrollment))
    return table(
        ("What is missing", "Whose move", "In words", "Due"),
        ((badge(words(each.code)), each.by.value, each.description, at(each.due_at)) for each in actions),
    )


def programs_table(enrollment: Enrollment) -> dict[str, Any]:
    participations = Participation.objects.filter(device=enrollment.device_id).select_related("program__owner")
    return table(
        ("Program", "Of", "Joined", "Left", "Why it left"),
        (
            (link(each.program), each.program.owner, at(each.joined_at), at(each.left_at), words(each.left_reason))
            for each in participations
        ),
    )


def consents_table(enrollment: Enrollment) -> dict[str, Any]:
    known = terms_agreed_to(enrollment)
    return table(
        ("Consent", "Programs", "Source", "Terms", "Granted", "Revoked", "Expired"),
        (
            (
                link(each, each.get_path_display()),
                ", ".join(map(words, each.program_types)),
                each.get_source_display(),
                terms_mark(each.terms_version, known),
                at(each.granted_at),
                at(each.revoked_at),
                at(each.expired_at),
            )
            for each in enrollment.consents.all()
        ),
    )


def terms_mark(version: str, known: dict[str, list[Terms]]) -> SafeString | str:
    """The version, as a link to its text; one whose text is not known is marked."""
    if version not in known:
        return format_html("{} {}", version, badge("unknown text", "warning"))
    return link(known[version][0], version)


def timeline_table(moments: list[Moment], *, partner: Partner) -> dict[str, Any]:
    return table(
        ("When", "What", "From", "To", "Why", "Who", "Through"),
        (
            (
                at(each.at),
                each.kind,
                words(each.before or ""),
                _after(each),
                _why(each),
                who(each.actor, each.actor_name, partner=partner),
                each.channel,
            )
            for each in moments
        ),
    )


def _after(moment: Moment) -> SafeString:
    return state_badge(moment.after) if moment.kind == "state" else consent_badge(moment.after)


def _why(moment: Moment) -> str:
    if moment.kind == "consent":
        return f"{words(moment.reason)} ({words(moment.source or '').lower()}, terms {moment.terms_version})"
    said = f": {moment.detail}" if moment.detail and moment.detail != moment.reason else ""
    return f"{words(moment.reason)}{said}"


def _address(site: Site) -> SafeString:
    street = ", ".join(filter(None, (site.street_one, site.street_two)))
    return format_html("{}<br>{}, {} {} {}", street, site.city, site.state, site.postal_code, site.country)
