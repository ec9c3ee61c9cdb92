"""The answers, as JSON Schema. Every member is always there; what may be null says so.

Members may be added within /v1/ (contract §1), so unlike what partners send, answers are open.
"""

from django.conf import settings

from devices.kinds import DeviceType
from enrollments.actions import By
from enrollments.consent import ConsentStatus
from enrollments.models import Consent, Enrollment, EvidenceRecord, PartnerEvent, ReviewCase
from enrollments.models.enrollment import MatchOutcome
from enrollments.states import State
from partners.problems import PROBLEMS
from programs.eligibility import Against
from programs.models import ProgramType
from territories.models.utility import Segment
from texture_portal.actors import Role
from texture_portal.openapi import commands, device_shapes, link_sessions, maintenance
from texture_portal.openapi.schema import INSTANT, TEXT, UUID, Schema, listed, nullable, one_of, said, shape, whole

# requiredActions' codes (contract §3)
ACTIONS = (
    "provide_consent", "renew_consent", "verify_utility_account", "correct_address", "confirm_territory",
    "confirm_ownership", "resolve_compliance", "await_program", "await_geocoding", "report_telemetry",
    "restore_connectivity",
)  # fmt: skip

UTILITY = whole(id=UUID, name=TEXT, eiaId=said("The EIA's utility number.", nullable(TEXT)), segment=one_of(Segment))
CANDIDATE = whole(
    utility=shape("Utility"),
    evidence=said(
        "What speaks for it: `boundary`, `zip_table`, `county_table`, `account_number`, `partner_hint`, …", listed(TEXT)
    ),
    score={"type": "number", "minimum": 0, "maximum": 1},
)
SITE = whole(
    id=UUID,
    latitude=nullable({"type": "number", "minimum": -90, "maximum": 90}),
    longitude=nullable({"type": "number", "minimum": -180, "maximum": 180}),
    timezone=said("IANA name.", nullable(TEXT)),
    accuracyMeters=said("Radius within which the place is known.", nullable({"type": "number", "minimum": 0})),
    utility=nullable(shape("Utility")),
    cca=said("Community choice aggregator over the utility's wires.", nullable(shape("CommunityChoiceAggregator"))),
)
ENROLLMENT = whole(
    id=UUID,
    state=one_of(State),
    stateReason=said("Why it is in this state, as a code.", nullable(TEXT)),
    method=one_of(Enrollment.Method),
    device=whole(id=UUID, manufacturerDeviceId=TEXT, type=one_of(DeviceType), serialNumber=TEXT),
    site=shape("Site"),
    match=whole(
        outcome=one_of(MatchOutcome.values),
        reason=said("For people, where the match is not clean.", nullable(TEXT)),
        candidates=listed(shape("Candidate")),
    ),
    programs=listed(shape("Program")),
    consent=whole(
        status=one_of(ConsentStatus),
        grantedAt=nullable(INSTANT),
        programTypes=listed(one_of(ProgramType.values)),
        sources=listed(one_of(Consent.Path.values)),
    ),
    requiredActions=said("What stands between it and `active`.", listed(shape("RequiredAction"))),
    review=nullable(shape("Review")),
    createdAt=INSTANT,
    updatedAt=INSTANT,
)
MOMENT = whole(**{
    "at": INSTANT,
    "kind": one_of(("state", "consent")),
    "from": said("Null at the beginning.", nullable(TEXT)),
    "to": TEXT,
    "reason": TEXT,
    "actor": one_of(Role),
    "source": said("Of a consent.", nullable(one_of(Consent.Source.values))),
    "termsVersion": said("Of a consent.", nullable(TEXT)),
})  # fmt: skip
BATCH_RESULT = {
    "oneOf": [
        whole(
            requestId=TEXT,
            status={"type": "integer", "enum": [200, 201, 202]},
            enrollment=shape("Enrollment"),
        ),
        whole(
            requestId={"description": "As it was sent; null where there was none."},
            status={"type": "integer", "minimum": 400, "maximum": 599},
            problem=shape("Problem"),
        ),
    ]
}
VERDICT = whole(
    id=UUID, name=TEXT, type=one_of(ProgramType.values), eligible={"type": "boolean"}, reasons=listed(one_of(Against))
)
ELIGIBILITY = whole(
    outcome=one_of([*MatchOutcome.values, "no_match"]),
    utility=nullable(shape("Utility")),
    cca=nullable(shape("CommunityChoiceAggregator")),
    candidates=listed(shape("Candidate")),
    programs=listed(shape("EligibilityVerdict")),
)
EVIDENCE_REQUEST = whole(
    id=UUID,
    enrollmentId=UUID,
    manufacturerDeviceId=TEXT,
    consent=whole(grantedAt=INSTANT, source=one_of(Consent.Source.values), termsVersion=TEXT),
    message=said("What staff ask for, in their words.", nullable(TEXT)),
    requestedAt=INSTANT,
    dueAt=INSTANT,
    answeredAt=nullable(INSTANT),
)
EVENT = whole(
    id=said("The id that you gave it.", TEXT),
    status=one_of(PartnerEvent.Status.values),
    enrollmentId=said("Null where the device is not known.", nullable(UUID)),
    enrollmentState=said("The state that the event led to.", nullable(one_of(State))),
)
PROBLEM = {
    **whole(
        type={"type": "string", "format": "uri-reference", "description": "The page that explains the code."},
        title=TEXT,
        status={"type": "integer", "enum": sorted({problem.status for problem in PROBLEMS.values()})},
        detail=TEXT,
        code=one_of(PROBLEMS),
        category=one_of(dict.fromkeys(problem.category for problem in PROBLEMS.values())),
        requestId=said("Also in `X-Request-ID`: name it when you write to us.", UUID),
        errors=said("Every fault of the stage that refused.", listed(shape("Fault"))),
    )
}
PROBLEM["properties"]["enrollmentId"] = said("With `enrollment_exists`: yours that has the device.", UUID)
FAULT = whole(pointer=said("RFC 6901 JSON pointer; empty for the whole.", TEXT), code=TEXT, detail=TEXT)
FAULT["properties"]["suggestions"] = said("Only where there are any.", listed(TEXT))

WHOLE_NUMBER = {"type": "integer", "minimum": 0}
SANDBOX_SHAPES = {"SandboxReset": whole(ended=WHOLE_NUMBER, left=WHOLE_NUMBER, endpointsRemoved=WHOLE_NUMBER)}

SHAPES: dict[str, Schema] = {
    "Enrollment": ENROLLMENT,
    "Enrollments": whole(data=listed(shape("Enrollment")), nextCursor=nullable(TEXT)),
    "Site": SITE,
    "Utility": UTILITY,
    "CommunityChoiceAggregator": whole(id=UUID, name=TEXT),
    "Candidate": CANDIDATE,
    "Program": whole(id=UUID, name=TEXT, type=one_of(ProgramType.values)),
    "RequiredAction": whole(
        code=one_of(ACTIONS), by=said("Whose move it is.", one_of(By)), description=TEXT, dueAt=nullable(INSTANT)
    ),
    "Review": whole(id=UUID, reason=one_of(ReviewCase.Kind.values), openedAt=INSTANT, dueAt=INSTANT),
    "Moment": MOMENT,
    "History": whole(data=listed(shape("Moment")), nextCursor=nullable(TEXT)),
    "BatchResult": BATCH_RESULT,
    "BatchResults": whole(results=listed(shape("BatchResult"))),
    "EvidenceRequest": EVIDENCE_REQUEST,
    "EvidenceRequests": whole(data=listed(shape("EvidenceRequest")), nextCursor=nullable(TEXT)),
    "EvidenceRecord": whole(
        id=UUID,
        requestId=said("The request that it answered; null where it was sent unasked.", nullable(UUID)),
        method=one_of(EvidenceRecord.Method.values),
        receivedAt=INSTANT,
    ),
    "Evidence": whole(requests=listed(shape("EvidenceRequest")), records=listed(shape("EvidenceRecord"))),
    "EligibilityVerdict": VERDICT,
    "Event": EVENT,
    "EventRead": {
        **EVENT,
        "properties": {**EVENT["properties"], "receivedAt": INSTANT, "processedAt": nullable(INSTANT)},
        "required": [*EVENT["required"], "receivedAt", "processedAt"],
    },
    "EligibilityAnswer": ELIGIBILITY,
    **device_shapes.SHAPES,
    **commands.SHAPES,
    **link_sessions.SHAPES,
    **maintenance.SHAPES,
    **(SANDBOX_SHAPES if settings.SANDBOX else {}),
    "Problem": PROBLEM,
    "Fault": FAULT,
    "Token": whole(
        access_token=TEXT,
        token_type={"const": "Bearer"},
        expires_in=said("Seconds.", {"type": "integer"}),
        scope=said("Separated by spaces.", TEXT),
    ),
    "TokenRefusal": {
        **whole(error=said("As RFC 6749 §5.2 has it.", TEXT)),
    },
    "Liveness": whole(status={"const": "ok"}),
    "Readiness": whole(
        status=one_of(("ready", "unready")),
        wrong={"type": "object", "additionalProperties": TEXT, "description": "Component and what is wrong with it."},
    ),
}
