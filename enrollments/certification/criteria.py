"""What is held against a partner's own requests (§11). Pure: records in, a verdict out."""

from devices.certification.verdict import Verdict
from enrollments.certification.records import CONSENT_WRONG, KEYS_WRONG, Records


def enrolls(records: Records) -> Verdict:
    said = f"{records.enrollments} devices were enrolled through the API." if records.enrollments else "Nothing was."
    return Verdict(records.enrollments > 0, said, {"enrollments": records.enrollments})


def enrollments_are_repeated_safely(records: Records) -> Verdict:
    """At least one request came again under its key, and was replayed."""
    count = records.enrollment_replays
    said = f"{count} requests were sent again under their key, and nothing was done twice."
    if not count:
        said = "No enrollment was ever sent again under its key, so that nothing shows how the partner retries."
    return Verdict(count > 0, said, {"replayed": count})


def keys_are_right(records: Records) -> Verdict:
    return _never_refused(records, KEYS_WRONG, "Every request had an idempotency key of its own.")


def events_are_repeated_safely(records: Records) -> Verdict:
    count = records.event_repeats
    said = f"{count} of {records.events} events were sent again, and took effect once."
    if not count:
        said = f"None of {records.events} events was ever sent again, so that nothing shows how the partner retries."
    return Verdict(count > 0, said, {"events": records.events, "repeated": count})


def consents_are_whole(records: Records) -> Verdict:
    """Source, terms and scope are required by the API; what shows how a digital one was given is not, and is here."""
    lacking = [each for each in records.consents if each.lacks]
    sources = sorted({each.source for each in records.consents})
    said = f"{len(records.consents)} consents have source, terms and evidence ({', '.join(sources)})."
    if lacking:
        said = f"{len(lacking)} of {len(records.consents)} consents given on a screen came without their evidence."
    shown = {
        "consents": len(records.consents),
        "sources": sources,
        "terms": sorted({each.terms for each in records.consents}),
    }
    return Verdict(bool(records.consents) and not lacking, said, shown)


def consents_are_valid(records: Records) -> Verdict:
    return _never_refused(records, CONSENT_WRONG, "No consent was stale, of the future, or without a scope.")


def revocations_are_honoured(records: Records) -> Verdict:
    said = f"{records.duties_met} revocations were acknowledged within 24 hours."
    if records.duties_late:
        said = f"{records.duties_late} revocations were not acknowledged within 24 hours."
    return Verdict(not records.duties_late, said, {"met": records.duties_met, "late": records.duties_late})


def _never_refused(records: Records, codes: tuple[str, ...], said: str) -> Verdict:
    found = {code: count for code, count in records.refused.items() if code in codes}
    told = ", ".join(f"{count} times {code}" for code, count in found.items())
    return Verdict(not found, f"Within a week: {told}." if found else said, {"refused": found})
