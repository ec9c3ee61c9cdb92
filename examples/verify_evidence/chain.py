"""The chain of digests: every change of the enrollment, each following from the one before."""

from typing import Any

from forms import CONSENTS, STATES, sha256, written
from reporting import Report, need


def check_chain(report: Report, parts: dict[str, Any]) -> None:
    before = bytes(32).hex()
    for place, entry in enumerate(parts["chain"], start=1):
        report.check(f"entry {place}", _entry, entry, place, before, parts["about"])
        before = entry.get("digest", "") if isinstance(entry, dict) else ""
    report.check("chain", _chain_end, parts, before)


def _entry(entry: dict[str, Any], place: int, before: str, about: dict[str, Any]) -> str:
    columns = entry["columns"]
    need(columns["sequence"] == place, f"it says that it is entry {columns['sequence']}")
    need(columns["ledger_id"] == about["enrollmentId"], "it is of another enrollment")
    need(columns["table"] in (CONSENTS, STATES), f"there is no table {columns['table']}")
    need(columns["previous_digest"] == before, "it does not follow from the entry before it")
    need(sha256(written(columns)).hex() == entry["digest"], "its columns do not have its digest: one was changed")
    return f"{columns['history_change_reason']} by {columns['actor_role']} at {columns['history_date']}"


def _chain_end(parts: dict[str, Any], last: str) -> str:
    about, length = parts["about"], len(parts["chain"])
    need(about["chainLength"] == length, f"the enrollment counts {about['chainLength']} entries, here are {length}")
    need(about["chainHead"] == last, "the enrollment's head is not the digest of the last entry")
    states = [entry["columns"]["state"] for entry in parts["chain"] if entry["columns"]["table"] == STATES]
    need(about["state"] == states[-1], "the enrollment's state is not where its history ends")
    return f"{length} entries, each following from the one before"
