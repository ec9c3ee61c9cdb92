"""From an enrollment to its evidence, linking and events."""

from enrollments import api
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
from partners.pagination import PageQuery
from texture_portal.openapi import examples, link_sessions
from texture_portal.openapi.calls.call import Answer, Call
from texture_portal.openapi.problems import (
    OF_CONSENT,
    OF_ENROLLING,
    OF_TERRITORY,
)

ENROLLMENT = "/v1/enrollments/{enrollmentId}"

ENROLLMENT_CALLS = (
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
)  # fmt: skip
