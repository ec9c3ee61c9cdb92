"""Tokens, revocation, rotation, transport (§3.1, §9). Pure."""

from devices.certification.facts import Facts, counted
from devices.certification.verdict import Verdict


def tried(facts: Facts, *, what: str, ends: list[str], said: str, otherwise: str) -> Verdict:
    """What came of the attempts of that name is among `ends`, of each of them."""
    codes = facts.trials.get(what, [])
    bad = [code for code in codes if code not in ends]
    holds = bool(codes) and not bad
    why = f" ({', '.join(sorted(set(bad)) or ['it was not tried'])})"
    return Verdict(holds, said if holds else f"{otherwise}{why}.", {what: counted(codes)})


def renewed(facts: Facts) -> Verdict:
    bad = [each.code for each in facts.renewed if each.code != "ok"]
    said = f"A grant could not be renewed: {', '.join(bad)}." if bad else "Grants are renewed by their refresh tokens."
    return Verdict(bool(facts.renewed) and not bad, said, {"renewed": counted([each.code for each in facts.renewed])})


def refresh_lasts(facts: Facts, *, days: int) -> Verdict:
    told = [each.lasts_days for each in facts.renewed if each.lasts_days is not None]
    if not told:
        return Verdict(False, "Neither the cloud nor its documentation says how long a refresh token lasts.")
    said = f"A refresh token lasts {min(told):g} days; {days} are required."
    return Verdict(min(told) >= days, said, {"days": min(told)})


def over_tls(facts: Facts) -> Verdict:
    plain = [each.place for each in facts.reached if not each.is_https]
    failed = {each.place: each.why or each.code for each in facts.reached if each.is_https and each.code != "ok"}
    shown: dict[str, object] = {"addresses": {each.place: each.code for each in facts.reached}}
    if plain:
        return Verdict(False, f"Not over HTTPS: {', '.join(plain)}.", shown)
    if failed:
        shown["why"] = failed
        return Verdict(False, f"TLS fails: {', '.join(f'{place} ({code})' for place, code in failed.items())}.", shown)
    return Verdict(bool(facts.reached), "Every address is served over modern TLS with a valid certificate.", shown)
