"""The bundle as a whole: its form, its seal, and all of its parts in turn."""

import json
from typing import Any

from chain import check_chain
from checkpoints import check_checkpoints, check_kept
from forms import sha256, written
from originals import check_requests
from reporting import Fault, Report, need
from told import check_words
from trust import Trust, check_signed

FORMAT = "texture-evidence/1"
SECTIONS = ("about", "chain", "checkpoints", "consents", "findings", "records", "requests", "states", "terms")


def verify(content: bytes, trust: Trust) -> Report:
    report = Report()
    try:
        bundle = json.loads(content)
        need(isinstance(bundle, dict) and bundle.get("format") == FORMAT, f"its format is not {FORMAT}")
        parts = bundle["sections"]
        need(isinstance(parts, dict) and set(parts) == set(SECTIONS), f"its sections are not {', '.join(SECTIONS)}")
        need(set(bundle) == {"format", "sections", "seal"}, "it has members that do not belong there")
    except (Fault, KeyError, ValueError) as fault:
        report.fault(f"bundle: not a bundle that can be read: {fault}")
        return report
    report.check("file", _written_form, content, bundle)
    with report.part("seal"):
        check_seal(report, bundle, trust)
    with report.part("chain"):
        check_chain(report, parts)
    with report.part("requests"):
        check_requests(report, parts)
    with report.part("consents, states and terms"):
        check_words(report, parts)
    with report.part("checkpoints"):
        check_checkpoints(report, parts, trust, seal=bundle["seal"])
    with report.part("kept checkpoints"):
        check_kept(report, trust)
    with report.part("findings"):
        report.ok(_findings(parts["findings"]))
    return report


def _written_form(content: bytes, bundle: Any) -> str:
    same = (json.dumps(bundle, indent=1, sort_keys=True) + "\n").encode() == content
    need(same, "the bytes differ from the form in which the portal writes bundles")
    return "as the portal writes it"


def check_seal(report: Report, bundle: dict[str, Any], trust: Trust) -> None:
    parts = bundle["sections"]
    for name in SECTIONS:
        report.check(f"section {name}", _section, bundle["seal"], name, parts[name])
    report.check("seal", _seal, bundle["seal"], trust)
    if not trust.keys:
        report.note("no --key was given: the seal is verified by the key that the bundle names itself")


def _section(seal: dict[str, Any], name: str, part: Any) -> str:
    digest = sha256(written(part)).hex()
    need(seal["sections"][name] == digest, "it was changed after it was sealed, or its digest in the seal was")
    return "as it was sealed"


def _seal(seal: dict[str, Any], trust: Trust) -> str:
    need(set(seal) == {"sections", "publicKey", "signature"}, "it has other members than it should")
    signed = written({"format": FORMAT, "sections": seal["sections"]})
    check_signed(signed, seal, trust)
    return f"signed by {seal['publicKey']}"


def _findings(findings: Any) -> str:
    need(findings == [], f"the portal itself found: {findings}")
    return "the portal itself found the chain whole, and the rows of that day at its end"
