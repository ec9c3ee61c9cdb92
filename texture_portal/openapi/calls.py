"""Every call of the partner API in one table: what it takes, what it answers, which refusals it can give."""

from dataclasses import dataclass, field
from typing import Any

from django.conf import settings

from devices.api import DeviceTypesView
from devices.commands.api import CommandStatusView, CommandsView, CommandView
from devices.commands.documents import CommandQuery, CommandStatusDocument
from devices.telemetry.api import HistoryQuery, HistoryView, TelemetryView
from devices.telemetry.documents import TelemetryDocument
from enrollments import api
from enrollments.devices_api import DeviceQuery, DevicesView, DeviceView
from enrollments.documents import (
    BatchDocument,
    CorrectionDocument,
    EligibilityQuestionDocument,
    EnrollmentDocument,
    GivenConsentDocument,
)
from enrollments.events.api import EventsView, EventView
from enrollments.events.documents import EventDocument
from enrollments.evidence.api import EvidenceRequestsView, EvidenceView
from enrollments.evidence.documents import EvidenceRecordDocument
from enrollments.linking.api import LinkSessionsView, LinkSessionView
from enrollments.linking.documents import LinkSessionDocument
from enrollments.partner_sandbox.api import LatenessView, ResetView, ScenariosView
from enrollments.partner_sandbox.documents import LatenessDocument, ResetDocument, ScenarioDocument
from partners.door import KEYED
from partners.maintenance_api import MaintenanceDocument, MaintenancesView, MaintenanceView
from partners.pagination import PageQuery
from partners.views import PartnerView
from partners.webhooks import api as webhooks
from partners.webhooks.documents import WebhookEndpointDocument
from partners.wire import WireSerializer
from programs.api import ProgramsView
from texture_portal.openapi import commands, device_examples, examples, link_sessions, maintenance
from texture_portal.openapi.problems import (
    ENROLLMENT_ID,
    OF_CONSENT,
    OF_ENROLLING,
    OF_EVERY_CALL,
    OF_KEYED_CALLS,
    OF_SIGNED_CALLS,
    OF_TERRITORY,
)


@dataclass(frozen=True, slots=True)
class Answer:
    """`shape` names a schema of `shapes.SHAPES`."""

    about: str
    shape: str
    example: Any
    names_place: bool = False


@dataclass(frozen=True, slots=True)
class Call:
    """`codes` are those that this call can give beside those of every call; `path` is as OpenAPI writes it."""

    name: str
    method: str
    path: str
    view: type[PartnerView]
    summary: str
    about: str
    answers: dict[int, Answer]
    group: str = "Enrollments"
    body: type[WireSerializer] | None = None
    sent: Any = None
    query: type[WireSerializer] | None = None
    codes: tuple[str, ...] = field(default=())

    @property
    def scope(self) -> str:
        return self.view.scopes[self.method]

    @property
    def is_signed(self) -> bool:
        return self.method != "GET"

    @property
    def is_keyed(self) -> bool:
        return self.method in KEYED

    @property
    def all_codes(self) -> tuple[str, ...]:
        signed = OF_SIGNED_CALLS if self.is_signed else ()
        return (*OF_EVERY_CALL, *signed, *(OF_KEYED_CALLS if self.is_keyed else ()), *self.codes)


ENROLLMENT = "/v1/enrollments/{enrollmentId}"
ENDPOINT = "/v1/webhook-endpoints/{endpointId}"
MAINTENANCE = "/v1/maintenance/{maintenanceId}"

DEVICE_CALLS = (
    Call(
        "listDevices", "GET", "/v1/devices", DevicesView,
        "List devices", "Your own, newest first, each with its latest state.",
        {200: Answer("A page", "Devices", device_examples.DEVICES)},
        group="Devices", query=DeviceQuery,
    ),
    Call(
        "getDevice", "GET", "/v1/devices/{deviceId}", DeviceView,
        "Read one device", "",
        {200: Answer("The device", "Device", device_examples.DEVICE)},
        group="Devices", codes=("not_found",),
    ),
    Call(
        "sendTelemetry", "POST", "/v1/telemetry", TelemetryView,
        "Send up to 5,000 readings",
        "Each stands or falls alone: `rejected` says which did not, and why. A reading of a device and instant that "
        "are kept already is a duplicate, so whatever is in doubt may be sent again. Bodies up to 16 MiB. See "
        "`/docs/telemetry`.",
        {202: Answer("What became of them", "TelemetryTaken", device_examples.TELEMETRY_TAKEN)},
        group="Telemetry", body=TelemetryDocument, sent=device_examples.TELEMETRY_TO_SEND,
    ),
    Call(
        "getTelemetry", "GET", "/v1/devices/{deviceId}/telemetry", HistoryView,
        "Read a device's history",
        "Oldest first: from `start` on, before `end`, up to 90 days in one range; the last day unless you say. Rolled "
        "up, `state` has the means of numbers, the sums of energies since the last update, and the last words and "
        "flags; late readings count at once.",
        {200: Answer("A page", "Telemetry", device_examples.TELEMETRY)},
        group="Telemetry", query=HistoryQuery, codes=("not_found",),
    ),
    Call(
        "listCommands", "GET", "/v1/commands", CommandsView,
        "List commands",
        "To your devices, newest first. Without webhooks, ask for `status=pending`: those are yours to take, each "
        "until its `expiresAt`. See `/docs/commands`.",
        {200: Answer("A page", "Commands", commands.COMMANDS)},
        group="Commands", query=CommandQuery,
    ),
    Call(
        "getCommand", "GET", "/v1/commands/{commandId}", CommandView,
        "Read one command", "",
        {200: Answer("The command", "Command", commands.PENDING)},
        group="Commands", codes=("not_found",),
    ),
    Call(
        "reportCommand", "POST", "/v1/commands/{commandId}/status", CommandStatusView,
        "Report on a command",
        "`accepted` or `rejected` first, then `in_progress`, `complete` or `failed`; steps may be left out, and the "
        "same may be said again. `error` says why it was rejected or failed: it is kept as it came. What contradicts a "
        "command's end is a conflict.",
        {200: Answer("The command, as it is now", "Command", commands.IN_PROGRESS)},
        group="Commands", body=CommandStatusDocument, sent=commands.STATUS_TO_SEND,
        codes=("not_found", "state_conflict"),
    ),
    Call(
        "listDeviceTypes", "GET", "/v1/device-types", DeviceTypesView,
        "Read the registry of device types",
        "What each type tells of itself, in which unit and with which sign, and which commands it takes. "
        "It is what telemetry and commands are checked against.",
        {200: Answer("A page", "DeviceTypes", device_examples.DEVICE_TYPES)},
        group="Devices", query=PageQuery,
    ),
    Call(
        "listPrograms", "GET", "/v1/programs", ProgramsView,
        "List programs that your devices may join",
        "Those in force that take a device of yours where it stands; every program in force while you have none yet.",
        {200: Answer("A page", "OfferedPrograms", device_examples.PROGRAMS)},
        group="Programs", query=PageQuery,
    ),
)  # fmt: skip

MAINTENANCE_CALLS = (
    Call(
        "announceMaintenance", "POST", "/v1/maintenance", MaintenancesView,
        "Announce planned maintenance of your cloud",
        "Before it begins, and for seven days at most. 48 hours ahead or more, it is left out of your scorecard "
        "(`excluded`); at shorter notice it is shown and counts. See `/docs/maintenance`.",
        {201: Answer("It is announced", "Maintenance", maintenance.ANNOUNCED, names_place=True)},
        group="Maintenance", body=MaintenanceDocument, sent=maintenance.TO_SEND, codes=("state_conflict",),
    ),
    Call(
        "listMaintenance", "GET", "/v1/maintenance", MaintenancesView,
        "List planned maintenance",
        "Of your cloud, announced by you or by staff; what was announced last comes first.",
        {200: Answer("A page", "Maintenances", {"data": [maintenance.ANNOUNCED], "nextCursor": None})},
        group="Maintenance", query=PageQuery,
    ),
    Call(
        "getMaintenance", "GET", MAINTENANCE, MaintenanceView,
        "Read one planned maintenance", "",
        {200: Answer("The maintenance", "Maintenance", maintenance.ANNOUNCED)},
        group="Maintenance", codes=("not_found",),
    ),
    Call(
        "withdrawMaintenance", "DELETE", MAINTENANCE, MaintenanceView,
        "Withdraw planned maintenance",
        "Until it is over. It stays on record, and is left out of nothing any more.",
        {200: Answer("It is withdrawn", "Maintenance", maintenance.WITHDRAWN)},
        group="Maintenance", codes=("not_found", "state_conflict"),
    ),
)  # fmt: skip

CALLS: tuple[Call, ...] = (
    Call(
        "enroll", "POST", "/v1/enrollments", api.EnrollmentsView,
        "Enroll a device",
        "The address is located and matched to a utility and its programs, and the enrollment moves as far as the "
        "facts carry it; `requiredActions` says what is missing. The signed request is kept as evidence of consent.",
        {
            201: Answer("Enrolled as far as the facts carry", "Enrollment", examples.ENROLLED, names_place=True),
            202: Answer(
                "The match is ambiguous (staff review it) or deferred (no geocoder was in reach)", "Enrollment",
                examples.IN_REVIEW, names_place=True,
            ),
            200: Answer(
                "The customer had linked the device already: this consent was added", "Enrollment",
                {**examples.ENROLLED, "method": "hybrid"},
            ),
        },
        body=EnrollmentDocument, sent=examples.ENROLLMENT_TO_SEND, codes=OF_ENROLLING,
    ),
    Call(
        "listEnrollments", "GET", "/v1/enrollments", api.EnrollmentsView,
        "List enrollments",
        "Your own, newest first; with `updatedSince` the oldest change first, to follow what changes.",
        {200: Answer("A page", "Enrollments", examples.ENROLLMENTS)},
        query=api.EnrollmentQuery,
    ),
    Call(
        "enrollBatch", "POST", "/v1/enrollments/batch", api.BatchView,
        "Enroll up to 500 devices",
        "Each item stands or falls alone; results come in the order of the items. An item sent again with the same "
        "`requestId` and content gets its first result.",
        {200: Answer("One result per item", "BatchResults", examples.BATCH_RESULTS)},
        body=BatchDocument, sent=examples.BATCH_TO_SEND,
    ),
    Call(
        "getEnrollment", "GET", ENROLLMENT, api.EnrollmentView,
        "Read one enrollment", "",
        {200: Answer("The enrollment", "Enrollment", examples.ENROLLED)},
        codes=("not_found",),
    ),
    Call(
        "correctEnrollment", "PATCH", ENROLLMENT, api.EnrollmentView,
        "Correct an enrollment, or supply what a review asked for",
        "JSON Merge Patch (RFC 7396): what is absent stays, null removes. A new address is matched again; where it "
        "does not match, nothing is changed.",
        {200: Answer("The enrollment, as it is now", "Enrollment", examples.ENROLLED)},
        body=CorrectionDocument, sent=examples.CORRECTION_TO_SEND,
        codes=("not_found", "state_conflict", *OF_TERRITORY),
    ),
    Call(
        "giveConsent", "POST", f"{ENROLLMENT}/consents", api.ConsentsView,
        "Add a consent",
        "A first opt-in, or a later one. A newer consent replaces the older one's scope.",
        {201: Answer("The enrollment, as it is now", "Enrollment", examples.ENROLLED, names_place=True)},
        body=GivenConsentDocument, sent=examples.CONSENT_TO_SEND,
        codes=("not_found", "state_conflict", *OF_CONSENT),
    ),
    Call(
        "getHistory", "GET", f"{ENROLLMENT}/history", api.HistoryView,
        "Read an enrollment's history", "States and consents, oldest first.",
        {200: Answer("A page", "History", examples.HISTORY)},
        query=PageQuery,
        codes=("not_found",),
    ),
    Call(
        "getEvidence", "GET", f"{ENROLLMENT}/evidence", EvidenceView,
        "Read which records of a consent were asked for, and which were sent", "",
        {200: Answer("Both, oldest first", "Evidence", examples.EVIDENCE)},
        group="Evidence", codes=("not_found",),
    ),
    Call(
        "sendEvidence", "POST", f"{ENROLLMENT}/evidence", EvidenceView,
        "Send a record of a consent",
        "What you have kept of it (§11.5): when and how it was captured, the terms, and a file. It answers the open "
        "request, if there is one; you may send records unasked. Bodies up to 8 MiB. They are kept encrypted, and "
        "their digest in the audit chain.",
        {201: Answer("The record, as it is kept", "EvidenceRecord", examples.EVIDENCE_RECORD)},
        group="Evidence", body=EvidenceRecordDocument, sent=examples.EVIDENCE_TO_SEND,
        codes=("not_found", "state_conflict"),
    ),
    Call(
        "listEvidenceRequests", "GET", "/v1/evidence-requests", EvidenceRequestsView,
        "List the records that you are asked for", "The open requests, what is due first first.",
        {200: Answer("A page", "EvidenceRequests", examples.EVIDENCE_REQUESTS)},
        group="Evidence", query=PageQuery,
    ),
    Call(
        "askEligibility", "POST", "/v1/eligibility", api.EligibilityView,
        "Ask whether a device would be eligible",
        "Answered by the same rules as enrolling. Nothing is kept but the answer, for 24 hours.",
        {200: Answer("The verdict", "EligibilityAnswer", examples.VERDICT)},
        group="Eligibility", body=EligibilityQuestionDocument, sent=examples.QUESTION_TO_SEND,
    ),
    Call(
        "makeLinkSession", "POST", "/v1/link-sessions", LinkSessionsView,
        "Make a link session",
        "Send your customer to `url`, where they link the device by OAuth at your cloud and agree to the terms. It is "
        "good for one hour and in one browser; opening the page changes nothing until they go on. See "
        "`/docs/linking`.",
        {201: Answer("Made; `url` is for this customer only", "LinkSession", link_sessions.MADE, names_place=True)},
        group="Linking", body=LinkSessionDocument, sent=link_sessions.TO_SEND, codes=("not_found", "state_conflict"),
    ),
    Call(
        "getLinkSession", "GET", "/v1/link-sessions/{sessionId}", LinkSessionView,
        "Read a link session", "",
        {200: Answer("The link session", "LinkSession", link_sessions.MADE)},
        group="Linking", codes=("not_found",),
    ),
    Call(
        "sendEvent", "POST", "/v1/events", EventsView,
        "Report what happened to a device or its consent",
        "Events count in the order of the facts' own times, however they arrive. A suspended partner's "
        "`consent.revoked` and `device.decommissioned` are taken all the same. See `/docs/events`.",
        {
            202: Answer(
                "Taken: `processed`, `accepted` (it waits), or `superseded` by a later fact", "Event",
                examples.EVENT, names_place=True,
            ),
            200: Answer(
                "The same event again under a new key: its first outcome", "Event", examples.EVENT, names_place=True
            ),
        },
        group="Events", body=EventDocument, sent=examples.EVENT_TO_SEND, codes=("not_found", "state_conflict"),
    ),
    Call(
        "getEvent", "GET", "/v1/events/{eventId}", EventView,
        "Read what became of an event", "By the id that you gave it.",
        {200: Answer("The event", "EventRead", examples.EVENT_READ)},
        group="Events", codes=("not_found",),
    ),
    *DEVICE_CALLS,
    *MAINTENANCE_CALLS,
    Call(
        "addWebhookEndpoint", "POST", "/v1/webhook-endpoints", webhooks.WebhookEndpointsView,
        "Add a webhook endpoint",
        "From then on you are told of what it takes. The secret is in this answer and in no other. See "
        "`/docs/webhooks`.",
        {201: Answer("Added, with its secret", "NewWebhookEndpoint", examples.NEW_ENDPOINT, names_place=True)},
        group="Webhooks", body=WebhookEndpointDocument, sent=examples.ENDPOINT_TO_SEND, codes=("state_conflict",),
    ),
    Call(
        "listWebhookEndpoints", "GET", "/v1/webhook-endpoints", webhooks.WebhookEndpointsView,
        "List webhook endpoints", "Your own, newest first.",
        {200: Answer("A page", "WebhookEndpoints", {"data": [examples.ENDPOINT], "nextCursor": None})},
        group="Webhooks", query=PageQuery,
    ),
    Call(
        "getWebhookEndpoint", "GET", ENDPOINT, webhooks.WebhookEndpointView,
        "Read one webhook endpoint", "",
        {200: Answer("The endpoint", "WebhookEndpoint", examples.ENDPOINT)},
        group="Webhooks", codes=("not_found",),
    ),
    Call(
        "removeWebhookEndpoint", "DELETE", ENDPOINT, webhooks.WebhookEndpointView,
        "Remove a webhook endpoint", "Nothing more is sent to it, not even what waits.",
        {200: Answer("It is removed", "RemovedWebhookEndpoint", {"id": examples.ENDPOINT["id"], "deleted": True})},
        group="Webhooks", codes=("not_found",),
    ),
    Call(
        "rotateWebhookSecret", "POST", f"{ENDPOINT}/rotate-secret", webhooks.RotateSecretView,
        "Rotate an endpoint's secret",
        "Both the old and the new secret sign for 24 hours: change yours within that time.",
        {200: Answer("The endpoint with its new secret", "NewWebhookEndpoint", examples.NEW_ENDPOINT)},
        group="Webhooks", codes=("not_found",),
    ),
    Call(
        "testWebhookEndpoint", "POST", f"{ENDPOINT}/test", webhooks.SendTestView,
        "Send a test to an endpoint", "It goes out like every other message, whatever types the endpoint takes.",
        {202: Answer("It is on its way", "TestSent", {"type": "test", "key": examples.MESSAGE_KEY})},
        group="Webhooks", codes=("not_found", "state_conflict"),
    ),
)  # fmt: skip
if settings.SANDBOX:
    CALLS = (
        *CALLS,
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
