"""What only a sandbox has."""

from enrollments.partner_sandbox.api import LatenessView, ResetView, ScenariosView
from enrollments.partner_sandbox.documents import LatenessDocument, ResetDocument, ScenarioDocument
from texture_portal.openapi import examples, link_sessions
from texture_portal.openapi.calls.call import Answer, Call
from texture_portal.openapi.problems import (
    ENROLLMENT_ID,
)

SANDBOX_CALLS = (
    Call(
        "playScenario", "POST", "/v1/sandbox/scenarios", ScenariosView,
        "Play a scenario", "What happens around an enrollment and is not yours to do. See `/docs/sandbox`.",
        {200: Answer("The enrollment, as it is then", "Enrollment", examples.ENROLLED)},
        group="Sandbox", body=ScenarioDocument,
        sent={"scenario": "resolve_review", "enrollmentId": ENROLLMENT_ID},
        codes=("not_found", "state_conflict"),
    ),
    Call(
        "playLateness", "POST", "/v1/sandbox/link-sessions", LatenessView,
        "Let a link session come to nothing",
        "By waiting that nobody has to wait for. What else can happen while linking, the account decides as which "
        "one logs in at the made-up manufacturer. See `/docs/sandbox`.",
        {200: Answer("The link session, as it is then", "LinkSession", {**link_sessions.MADE, "state": "expired"})},
        group="Sandbox", body=LatenessDocument,
        sent={"scenario": "expire", "linkSessionId": link_sessions.MADE["id"]},
        codes=("not_found", "state_conflict"),
    ),
    Call(
        "resetSandbox", "POST", "/v1/sandbox/reset", ResetView,
        "Begin anew", "Ends your enrollments, some hundred a call, and removes your webhook endpoints.",
        {200: Answer("What ended", "SandboxReset", {"ended": 12, "left": 0, "endpointsRemoved": 1})},
        group="Sandbox", body=ResetDocument, sent={},
    ),
)  # fmt: skip
