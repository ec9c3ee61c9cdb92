"""Checkpoints: signed heads of all chains in a Merkle tree (RFC 9162 §2.1)."""

from typing import Any
from uuid import UUID

from forms import sha256, unhex, written
from reporting import Report, need
from trust import Trust, check_signed


def check_checkpoints(report: Report, parts: dict[str, Any], trust: Trust, *, seal: dict[str, Any]) -> None:
    covered = 0
    for place, checkpoint in enumerate(parts["checkpoints"], start=1):
        name = f"checkpoint {number_of(checkpoint) or place}"
        report.check(name, _checkpoint, checkpoint, parts, trust)
        if not trust.keys and _signer(checkpoint) != _signer(seal):
            report.note(f"{name} is signed by another key than the seal: --key tells whether both are the portal's")
        covered = max(covered, _length(checkpoint))
    length = len(parts["chain"])
    if covered < length:
        newer = f"entries {covered + 1} to {length} are" if length > covered + 1 else f"entry {length} is"
        report.note(f"{newer} newer than the newest checkpoint: the seal alone vouches for that")


def number_of(checkpoint: Any) -> Any:
    return checkpoint.get("statement", {}).get("number") if isinstance(checkpoint, dict) else None


def _signer(signed: Any) -> Any:
    return signed.get("publicKey") if isinstance(signed, dict) else None


def _length(checkpoint: Any) -> int:
    length = checkpoint.get("leaf", {}).get("length") if isinstance(checkpoint, dict) else None
    return length if isinstance(length, int) else 0


def _checkpoint(checkpoint: dict[str, Any], parts: dict[str, Any], trust: Trust) -> str:
    statement, leaf = checkpoint["statement"], checkpoint["leaf"]
    check_signed(written(statement), checkpoint, trust)
    need(leaf["subject"] == parts["about"]["enrollmentId"], "its leaf is of another enrollment")
    data = UUID(leaf["subject"]).bytes + leaf["length"].to_bytes(8, "big") + unhex(leaf["head"])
    root = sha256(b"\x00" + data)
    for step in checkpoint["path"]:
        beside = unhex(step["hash"])
        need(step["side"] in ("left", "right"), "its path has a step to neither side")
        root = sha256(b"\x01" + (beside + root if step["side"] == "left" else root + beside))
    need(root.hex() == statement["root"], "its leaf is not under the root that was signed")
    entry = parts["chain"][leaf["length"] - 1]
    need(entry["digest"] == leaf["head"], f"the chain was rewritten: entry {leaf['length']} is not the one it signed")
    if trust.kept is not None:
        need(statement in [each["statement"] for each in trust.kept], "it is not among the checkpoints that you keep")
    return f"signed at {statement['at']}: entries 1 to {leaf['length']} are what they were then"


def check_kept(report: Report, trust: Trust) -> None:
    before = None
    for each in trust.kept or ():
        report.check(f"kept checkpoint {number_of(each)}", _kept, each, before, trust)
        before = each


def _kept(checkpoint: dict[str, Any], before: dict[str, Any] | None, trust: Trust) -> str:
    statement = checkpoint["statement"]
    check_signed(written(statement), checkpoint, trust)
    if before is not None and before["statement"]["number"] == statement["number"] - 1:
        follows = statement["previous"] == sha256(written(before["statement"])).hex()
        need(follows, "it does not follow from the one before it")
    return f"signed at {statement['at']}"
