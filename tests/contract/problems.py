"""The contract's table of errors (§7), and what every problem must look like."""

from typing import Any

CODES: dict[str, tuple[str, set[int]]] = {
    "malformed_json": ("validation", {400}),
    "validation_failed": ("validation", {400}),
    "idempotency_key_missing": ("validation", {400}),
    "method_not_allowed": ("validation", {405}),
    "payload_too_large": ("validation", {413}),
    "unsupported_media_type": ("validation", {415}),
    "token_missing": ("authentication", {401}),
    "token_invalid": ("authentication", {401}),
    "signature_missing": ("authentication", {401}),
    "signature_invalid": ("authentication", {401}),
    "signature_stale": ("authentication", {401}),
    "digest_mismatch": ("authentication", {401}),
    "key_unknown": ("authentication", {401}),
    "scope_insufficient": ("authorization", {403}),
    "partner_suspended": ("authorization", {403}),
    "partner_not_certified": ("authorization", {403}),
    "manufacturer_not_allowed": ("authorization", {403}),
    "not_found": ("not_found", {404}),
    "enrollment_exists": ("conflict", {409}),
    "device_enrolled_elsewhere": ("conflict", {409}),
    "state_conflict": ("conflict", {409}),
    "request_in_progress": ("conflict", {409}),
    "idempotency_key_reused": ("conflict", {422}),
    "territory_unsupported": ("territory", {422}),
    "location_invalid": ("territory", {422}),
    "consent_stale": ("consent", {422}),
    "consent_in_future": ("consent", {422}),
    "consent_scope_empty": ("consent", {422}),
    "consent_revoked": ("consent", {422}),
    "rate_limited": ("rate_limit", {429}),
}


def check_problem(problem: dict[str, Any], *, status: int) -> None:
    """Raises AssertionError where the problem is not what §7 promises."""
    assert problem["status"] == status, problem
    category, statuses = CODES[problem["code"]]
    assert problem["category"] == category, problem
    assert status in statuses, problem
    assert problem["type"].endswith(f"/docs/errors#{problem['code']}"), problem
    for member in ("title", "detail", "requestId"):
        assert isinstance(problem[member], str), problem
        assert problem[member], problem
    for error in problem.get("errors", []):
        assert error["pointer"] == "" or error["pointer"].startswith("/"), problem
        assert error["code"], problem
        assert error["detail"], problem
    if problem["code"] == "validation_failed":
        assert problem["errors"], problem


def pointers(problem: dict[str, Any]) -> dict[str, str]:
    """Pointer to code, of every fault that the problem lists."""
    return {error["pointer"]: error["code"] for error in problem["errors"]}
