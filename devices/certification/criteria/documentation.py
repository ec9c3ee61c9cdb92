"""What the partner documents (§7.2, §8, §9). Pure."""

from devices.certification.facts import Facts
from devices.certification.verdict import Verdict


def documented(facts: Facts, *, what: str) -> Verdict:
    """Its page is named in the connector document, and is there."""
    pages = [each for each in facts.pages if each.of == what]
    bad = [each.code for each in pages if each.code != "ok"]
    name = what.replace("_", " ")
    if not pages or "not_named" in bad:
        return Verdict(False, f"Where the partner documents {name} is not named in the connector document.")
    if bad:
        return Verdict(False, f"The page on {name} is not to be had: {', '.join(bad)}.", {"pages": len(pages)})
    return Verdict(True, f"The partner documents {name}.", {"pages": len(pages)})


def limits_documented(facts: Facts) -> Verdict:
    """For each category of calls that are used: by the document, or agreed on with the partner."""
    document = facts.subject.document
    used = {call.category for call in document.calls.values()} if document else set()
    missing = sorted(used - set(document.limits if document else {}) - facts.subject.agreed_limits)
    said = (
        f"No rate limit is documented for {', '.join(missing)}."
        if missing
        else f"Rate limits of {', '.join(sorted(used))}."
    )
    return Verdict(bool(used) and not missing, said, {"categories": sorted(used), "missing": missing})


def limits_carry_the_fleet(facts: Facts, *, states_a_call: int) -> Verdict:
    """Every listed device is asked in each interval of polling (§7.2); in bulk, so many with one call."""
    document = facts.subject.document
    limit = document.limits.get("telemetry") if document else None
    if document is None or limit is None:
        return Verdict(False, "No limit of telemetry calls is documented.")
    in_bulk = all(entry.state.bulk for entry in document.entries if entry.state.call or entry.state.bulk)
    devices = len(facts.listed)
    calls = -(-devices // states_a_call) if in_bulk else devices
    room = limit.per_second * facts.subject.polling_minutes * 60
    daily = calls * 24 * 60 / facts.subject.polling_minutes
    holds = calls <= room and (limit.per_day is None or daily <= limit.per_day)
    said = (
        f"{devices} devices take {calls} calls in {facts.subject.polling_minutes} minutes; the limit leaves {room:.0f}."
    )
    return Verdict(holds and devices > 0, said, {"calls": calls, "room": round(room), "a day": round(daily)})
