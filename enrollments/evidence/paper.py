"""A bundle as a page that prints: one HTML file with nothing outside it."""

import base64
import json
from datetime import datetime
from typing import Any

from django.template.loader import render_to_string

from enrollments.evidence.bundle import Bundle


def page_of(bundle: Bundle) -> str:
    parts = bundle.document["sections"]
    return render_to_string(
        "evidence/bundle.html",
        {
            **parts,
            "name": bundle.name,
            "seal": bundle.document["seal"],
            "consents": [_with_time(each) for each in parts["consents"]],
            "states": [_with_time(each) for each in parts["states"]],
            "chain": [_entry(each) for each in parts["chain"]],
            "requests": [_request(each) for each in parts["requests"]],
            "records": [_record(each) for each in parts["records"]],
            "checkpoints": [_with_time(each["statement"]) | each for each in parts["checkpoints"]],
            "newest": parts["checkpoints"][-1] if parts["checkpoints"] else None,
            "exported_at": _instant(parts["about"]["exportedAt"]),
        },
    )


def _instant(text: str | None) -> str:
    return f"{datetime.fromisoformat(text):%Y-%m-%d %H:%M:%S} UTC" if text else ""


def _with_time(told: dict[str, Any]) -> dict[str, Any]:
    """Times as people read them, in UTC: an auditor may sit anywhere."""
    instants = ("at", "grantedAt", "receivedAt", "revokedAt", "expiredAt")
    return {**told, **{name: _instant(told[name]) for name in instants if name in told}}


def _entry(entry: dict[str, Any]) -> dict[str, Any]:
    columns = entry["columns"]
    return {
        "sequence": columns["sequence"],
        "table": columns["table"].removeprefix("enrollments_historical"),
        "why": columns["history_change_reason"],
        "at": _instant(columns["history_date"]),
        "digest": entry["digest"],
        "columns": sorted(columns.items()),
    }


def _request(request: dict[str, Any]) -> dict[str, Any]:
    columns, message = request["columns"], request["message"]
    return {
        "id": columns["id"],
        "request_id": columns["request_id"],
        "received": _instant(columns["received_at"]),
        "signed": _instant(columns["signature_created_at"]),
        "verdict": request["verdict"],
        "key": columns["signing_key_id"],
        "algorithm": columns["algorithm"],
        "pem": columns.get("public_key_pem", ""),
        "digest": request["digest"],
        "message": message,
        "body": _body(message) if message else "",
    }


def _record(record: dict[str, Any]) -> dict[str, Any]:
    """A file is named, not printed: it is in the bundle."""
    columns, content = record["columns"], dict(record["content"] or {})
    if file := content.pop("file", None):
        content["file"] = f"{file['name']} ({file['mediaType']}), in the bundle"
    return {
        "id": columns["id"],
        "method": columns["method"],
        "received": _instant(columns["received_at"]),
        "from": f"{columns['actor_role']} {columns['actor_name']}, {columns['channel']}",
        "digest": record["digest"],
        "standing": record["standing"],
        "content": content,
    }


def _body(message: dict[str, Any]) -> str:
    """As text; JSON is laid out, since the bytes themselves are in the bundle."""
    raw = base64.b64decode(message["body"])
    try:
        return json.dumps(json.loads(raw), indent=2, ensure_ascii=False)
    except ValueError:
        return raw.decode(errors="replace")
