"""Documents that prove themselves: sections, the SHA-256 of each, and the portal's signature over those."""

import hashlib
import json
from typing import Any

from texture_portal import notary
from texture_portal.fingerprints import written


def sealed(sections: dict[str, Any], *, form: str) -> dict[str, Any]:
    digests = _digests(sections)
    public_key, signature = notary.sign(written({"format": form, "sections": digests}))
    seal = {"sections": digests, "publicKey": public_key.hex(), "signature": signature.hex()}
    return {"format": form, "sections": sections, "seal": seal}


def as_file(document: dict[str, Any]) -> bytes:
    """The one written form: a verifier refuses any other, so that no byte can be changed."""
    return (json.dumps(document, indent=1, sort_keys=True) + "\n").encode()


def faults(document: Any, *, form: str) -> list[str]:
    """What is wrong with it; nothing: it is whole, and signed by a key of this portal."""
    try:
        sections, seal = document["sections"], document["seal"]
        if document["format"] != form:
            return [f"It is no document of the form {form}."]
        changed = [name for name, digest in _digests(sections).items() if seal["sections"].get(name) != digest]
        changed += sorted(seal["sections"].keys() - sections.keys())
        signed = written({"format": form, "sections": seal["sections"]})
        key, signature = bytes.fromhex(seal["publicKey"]), bytes.fromhex(seal["signature"])
    except (KeyError, TypeError, ValueError, AttributeError):
        return [f"It is no document of the form {form}."]
    told = [f"The section {name} was changed after it was signed." for name in changed]
    if not notary.is_signed(signed, public_key=key, signature=signature):
        told.append("It is not signed by a key of this portal.")
    return told


def _digests(sections: dict[str, Any]) -> dict[str, str]:
    return {name: hashlib.sha256(written(part)).hexdigest() for name, part in sections.items()}
