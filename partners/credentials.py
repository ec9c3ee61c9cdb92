"""What the onboarding commands print, once: the credentials as JSON (contract §2)."""

import base64
import json
from pathlib import Path

from django.core.management.base import CommandError

from partners.onboarding import NewClient, NewKey


def key_members(made: NewKey) -> dict[str, str]:
    members = {"partnerId": str(made.key.partner_id), "keyId": str(made.key.id), "algorithm": made.key.algorithm}
    if made.private_key_pem is not None:
        members["privateKeyPem"] = made.private_key_pem
    if made.secret is not None:
        members["secretBase64"] = base64.b64encode(made.secret).decode()
    return members


def client_members(made: NewClient) -> dict[str, str]:
    return {"clientId": made.application.client_id, "clientSecret": made.secret}


def as_json(*members: dict[str, str]) -> str:
    merged = {name: value for some in members for name, value in some.items()}
    order = ("partnerId", "clientId", "clientSecret", "keyId", "algorithm", "privateKeyPem", "secretBase64")
    return json.dumps({name: merged[name] for name in order if name in merged}, indent=2)


def public_key_file(path: str | None) -> str | None:
    if path is None:
        return None
    try:
        return Path(path).read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError) as fault:
        raise CommandError(f"The public key file {path} cannot be read: {fault}. Remedy: give a PEM file.") from fault
