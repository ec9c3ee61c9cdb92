"""Commands: acknowledged, followed, carried out; and unsafe ones refused (§5). Pure."""

from devices.certification.facts import Commanded, Facts
from devices.certification.verdict import Verdict

ACKNOWLEDGED = {"accepted", "in_progress", "complete"}
REFUSED = {"rejected", "failed"}


def acknowledged(facts: Facts) -> Verdict:
    bad = [each for each in facts.commands if each.status not in ACKNOWLEDGED]
    slugs = ", ".join(sorted({each.command for each in facts.commands}))
    said = f"{len(facts.commands)} commands were acknowledged: {slugs}."
    if bad:
        said = f"{len(bad)} of {len(facts.commands)} harmless commands were not acknowledged: {_codes(bad)}."
    return Verdict(bool(facts.commands) and not bad, said, {"commands": [_shown(each) for each in facts.commands]})


def status_is_told(facts: Facts) -> Verdict:
    """Asked about, each came to an end, well or not."""
    open_ones = [each for each in facts.commands if each.ended not in {"complete", "failed", "rejected"}]
    said = (
        f"{len(open_ones)} of {len(facts.commands)} commands came to no end: {_codes(open_ones)}."
        if open_ones
        else f"The status of {len(facts.commands)} commands was told until they were over."
    )
    return Verdict(
        bool(facts.commands) and not open_ones, said, {"commands": [_shown(each) for each in facts.commands]}
    )


def carried_out(facts: Facts) -> Verdict:
    bad = [each for each in facts.commands if each.ended != "complete"]
    said = (
        f"{len(bad)} of {len(facts.commands)} commands were not carried out: {_codes(bad)}."
        if bad
        else f"{len(facts.commands)} commands were carried out."
    )
    return Verdict(bool(facts.commands) and not bad, said, {"commands": [_shown(each) for each in facts.commands]})


def refused(facts: Facts) -> Verdict:
    """What would do harm is not taken (§5.3)."""
    taken = [each for each in facts.commands if not is_refusal(each)]
    said = (
        f"{len(taken)} of {len(facts.commands)} unsafe commands were not refused: {_codes(taken)}."
        if taken
        else f"{len(facts.commands)} unsafe commands were refused."
    )
    return Verdict(bool(facts.commands) and not taken, said, {"commands": [_shown(each) for each in facts.commands]})


def refusals_explained(facts: Facts) -> Verdict:
    """With a code and with words (§5.1)."""
    silent = [
        each for each in facts.commands if is_refusal(each) and not (each.said.get("code") and each.said.get("detail"))
    ]
    said = (
        f"{len(silent)} refusals say neither by a code nor in words why."
        if silent
        else "Every refusal has a code and says why."
    )
    codes = sorted({str(each.said.get("code")) for each in facts.commands if each.said.get("code")})
    return Verdict(bool(facts.commands) and not silent, said, {"codes": codes})


def is_refusal(command: Commanded) -> bool:
    by_status = command.http_status is not None and 400 <= command.http_status < 500
    return (
        (by_status and command.http_status not in (401, 403, 404, 429))
        or command.ended in REFUSED
        or command.status in REFUSED
    )


def _codes(commands: list[Commanded]) -> str:
    told = sorted(
        {f"{each.command} ({each.ended or each.status or each.http_status or 'no answer'})" for each in commands}
    )
    return ", ".join(told)


def _shown(command: Commanded) -> dict[str, object]:
    return {
        "device": command.device, "command": command.command, "status": command.status, "ended": command.ended,
        "http": command.http_status, "seconds": round(command.seconds, 3), "code": command.said.get("code"),
    }  # fmt: skip
