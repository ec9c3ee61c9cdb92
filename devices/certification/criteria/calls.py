"""How the cloud answered over the whole run: latency, availability, throttling, form (§4.1, §7). Pure."""

import math

from devices.certification.facts import OK, REFUSED, TOO_MANY, CallMade, Facts, counted
from devices.certification.verdict import Verdict

MALFORMED = {"answer_malformed", "answer_too_large"}
NOT_OURS_TO_BLAME = {REFUSED, TOO_MANY, *MALFORMED}  # each has a criterion of its own
AWAY = {"timed_out", "disconnected", "not_reached", "name_unknown", "tls_failed"}


def p95_under(facts: Facts, *, category: str, seconds: float, of_at_least: int = 20) -> Verdict:
    """Of what went well or not: a slow refusal is slow, too. Of commands, their acknowledgement."""
    document = facts.subject.document
    asks = document.control.ask if document and document.control else ""
    took = sorted(each.seconds for each in facts.all_calls() if each.category == category and each.call != asks)
    if len(took) < of_at_least:
        return Verdict(
            False, f"Only {len(took)} {category} calls were made; {of_at_least} say something.", {"calls": len(took)}
        )
    p95, median = took[math.ceil(0.95 * len(took)) - 1], took[len(took) // 2]
    said = f"The p95 of {len(took)} {category} calls is {p95:.2f} s; {seconds:g} s are required."
    return Verdict(p95 < seconds, said, {"calls": len(took), "p95": round(p95, 3), "median": round(median, 3)})


def answered_well(facts: Facts, *, share: float) -> Verdict:
    """`share` of all calls, but for refusals of what was asked, which are answers."""
    calls = [each for each in facts.all_calls() if each.code not in NOT_OURS_TO_BLAME]
    bad = [each.code for each in calls if _is_failure(each)]
    said = f"{len(calls) - len(bad)} of {len(calls)} calls were answered; {share:.1%} are required."
    return Verdict(
        bool(calls) and len(bad) <= (1 - share) * len(calls), said, {"calls": len(calls), "failed": counted(bad)}
    )


def never_throttled(facts: Facts) -> Verdict:
    """Every call of a run goes out within the documented limits: one answered with 429 shows that those do not hold."""
    calls = facts.all_calls()
    throttled = counted([each.category for each in calls if each.code == TOO_MANY])
    said = (
        f"{sum(throttled.values())} calls within the documented limits were answered with 429."
        if throttled
        else f"{len(calls)} calls went out within the documented limits, and none was throttled."
    )
    return Verdict(bool(calls) and not throttled, said, {"calls": len(calls), "throttled": throttled})


def well_formed(facts: Facts) -> Verdict:
    calls = facts.all_calls()
    broken = counted([each.call for each in calls if each.code in MALFORMED])
    said = (
        f"{sum(broken.values())} answers were no whole JSON."
        if broken
        else f"All of {len(calls)} answers could be read."
    )
    return Verdict(bool(calls) and not broken, said, {"calls": len(calls), "malformed": broken})


def tokens_hold(facts: Facts) -> Verdict:
    """What opens a connection is refused by nobody before its time is over."""
    calls = facts.all_calls()
    refused = counted([each.category for each in calls if each.code == REFUSED])
    said = f"{len(calls)} calls were made, and no token and no key was refused before its time."
    if refused:
        said = f"{sum(refused.values())} calls with a token or key that should be good were refused."
    return Verdict(bool(calls) and not refused, said, {"calls": len(calls), "refused": refused})


def _is_failure(call: CallMade) -> bool:
    return (
        call.code in AWAY or call.code.startswith("http_5") or (call.code != OK and not call.code.startswith("http_"))
    )
