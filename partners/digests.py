"""Content-Digest (RFC 9530) over the bytes of a body: pure."""

import hashlib
import hmac

import http_sf

from texture_portal.refusals import Refusal

ALGORITHMS = {"sha-256": hashlib.sha256, "sha-512": hashlib.sha512}


def check_content_digest(header: str | None, body: bytes) -> None:
    """Every digest of a supported algorithm must match, and there must be one; raises `digest_mismatch`."""
    if header is None:
        raise Refusal("digest_mismatch", "The Content-Digest header is absent; it is required over an empty body too.")
    listed = _listed(header)
    supported = [name for name in ALGORITHMS if name in listed]
    if not supported:
        raise Refusal("digest_mismatch", f"Content-Digest names none of {', '.join(ALGORITHMS)}.")
    for name in supported:
        if not hmac.compare_digest(listed[name], ALGORITHMS[name](body).digest()):
            raise Refusal("digest_mismatch", f"The {name} digest in Content-Digest is not that of the body received.")


def _listed(header: str) -> dict[str, bytes]:
    try:
        members = http_sf.parse(header.encode(), tltype="dictionary", on_duplicate_key=_no_duplicates)
    except ValueError as fault:
        raise Refusal("digest_mismatch", "Content-Digest is not a well-formed dictionary (RFC 9530).") from fault
    return {name: value if isinstance(value, bytes) else b"" for name, (value, _) in members.items()}


def _no_duplicates(key: str, context: str) -> None:
    raise Refusal("digest_mismatch", f"Content-Digest names the {context} {key!r} twice.")
