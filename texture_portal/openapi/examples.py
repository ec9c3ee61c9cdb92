"""What the document shows of each call: one question and its answer. Tests hold them against the schema."""

from typing import Any

from texture_portal.openapi.problems import ENROLLMENT_ID, example_of

ADDRESS = {
    "streetOne": "3501 Civic Center Dr",
    "city": "San Rafael",
    "state": "CA",
    "postalCode": "94903",
    "country": "US",
}
CAPABILITIES = {
    "controllable": True,
    "telemetry": True,
    "commands": ["battery:set-reserve", "battery:set-operating-mode"],
}
CONSENT_TO_SEND = {
    "optedIn": True,
    "grantedAt": "2026-05-01T17:03:00Z",
    "source": "device_app",
    "termsVersion": "2026-01",
    "programTypes": ["demand_response", "virtual_power_plant"],
    "evidence": {"method": "digital_form", "ipAddress": "203.0.113.7", "userAgent": "AcmeApp/9.1"},
}
ENROLLMENT_TO_SEND: dict[str, Any] = {
    "device": {
        "manufacturerDeviceId": "PW3-00017-A",
        "serialNumber": "TG123456789",
        "manufacturer": "Acme Energy",
        "model": "PowerStack 3",
        "type": "battery",
        "commissionedOn": "2026-05-01",
        "capabilities": CAPABILITIES,
        "ratings": {"energyCapacityWh": 13500, "maxChargePowerW": 5000, "maxDischargePowerW": 5000},
    },
    "site": {"address": ADDRESS},
    "customer": {"referenceId": "cust-81", "utilityAccountNumber": "5512345678"},
    "consent": CONSENT_TO_SEND,
    "eligibility": {
        "programIds": [],
        "utilityAccountVerified": False,
        "installerId": "inst-9",
        "salesChannel": "retail",
    },
}
BATCH_TO_SEND = {
    "enrollments": [
        {"requestId": "line-1", **ENROLLMENT_TO_SEND},
        {"requestId": "line-2", **ENROLLMENT_TO_SEND, "customer": {"referenceId": "cust-82"}},
    ]
}
QUESTION_TO_SEND = {"address": ADDRESS, "device": {"type": "battery", "capabilities": CAPABILITIES}}
CORRECTION_TO_SEND = {
    "customer": {"utilityAccountNumber": "5512345678"},
    "eligibility": {"utilityAccountVerified": True},
}

UTILITY = {
    "id": "0199d0b0-0001-7000-8000-000000000001",
    "name": "Pacific Gas & Electric",
    "eiaId": "14328",
    "segment": "investor_owned_utility",
}
CCA = {"id": "0199d0b0-0002-7000-8000-000000000002", "name": "Marin Clean Energy"}
PROGRAM = {"id": "0199d0b0-0003-7000-8000-000000000003", "name": "Peak Saver", "type": "demand_response"}
CANDIDATE = {"utility": UTILITY, "evidence": ["boundary", "zip_table", "county_table"], "score": 0.97}
REPORT_TELEMETRY = {
    "code": "report_telemetry",
    "by": "partner",
    "description": "Participation begins with the device's first reading.",
    "dueAt": None,
}
ENROLLED: dict[str, Any] = {
    "id": ENROLLMENT_ID,
    "state": "enrolled",
    "stateReason": None,
    "method": "oem",
    "device": {
        "id": "0199d0c0-15e1-7d40-8c11-1f2e3d4c5b6a",
        "manufacturerDeviceId": "PW3-00017-A",
        "type": "battery",
        "serialNumber": "TG123456789",
    },
    "site": {
        "id": "0199d0c0-15e0-7e55-9a01-aabbccddeeff",
        "latitude": 37.9975,
        "longitude": -122.5311,
        "timezone": "America/Los_Angeles",
        "accuracyMeters": 2400.0,
        "utility": UTILITY,
        "cca": CCA,
    },
    "match": {"outcome": "matched", "reason": None, "candidates": [CANDIDATE]},
    "programs": [PROGRAM],
    "consent": {
        "status": "valid",
        "grantedAt": "2026-05-01T17:03:00Z",
        "programTypes": ["demand_response", "virtual_power_plant"],
        "sources": ["oem"],
    },
    "requiredActions": [REPORT_TELEMETRY],
    "review": None,
    "createdAt": "2026-05-01T17:05:12.480113Z",
    "updatedAt": "2026-05-01T17:05:12.480113Z",
}
IN_REVIEW: dict[str, Any] = {
    **ENROLLED,
    "state": "pending_verification",
    "stateReason": "territory_ambiguous",
    "site": {**ENROLLED["site"], "utility": None, "cca": None},
    "match": {
        "outcome": "ambiguous",
        "reason": "Only Pacific Gas & Electric may serve this place, and no more than 31% speak for it.",
        "candidates": [{**CANDIDATE, "evidence": ["county_table"], "score": 0.31}],
    },
    "programs": [],
    "requiredActions": [
        {
            "code": "confirm_territory",
            "by": "portal",
            "description": "Staff decide which utility serves the site.",
            "dueAt": "2026-05-11T17:05:12.480113Z",
        }
    ],
    "review": {
        "id": "0199d0c0-15e3-7b60-a7c1-102030405060",
        "reason": "territory",
        "openedAt": "2026-05-01T17:05:12.480113Z",
        "dueAt": "2026-05-11T17:05:12.480113Z",
    },
}
ENROLLMENTS = {"data": [ENROLLED], "nextCursor": None}
HISTORY = {
    "data": [
        {
            "at": "2026-05-01T17:05:12.480113Z",
            "kind": "state",
            "from": None,
            "to": "discovered",
            "reason": "enrollment_received",
            "actor": "partner",
            "source": None,
            "termsVersion": None,
        },
        {
            "at": "2026-05-01T17:05:12.480113Z",
            "kind": "consent",
            "from": "none",
            "to": "valid",
            "reason": "consent_granted",
            "actor": "partner",
            "source": "device_app",
            "termsVersion": "2026-01",
        },
    ],
    "nextCursor": None,
}
BATCH_RESULTS = {
    "results": [
        {"requestId": "line-1", "status": 201, "enrollment": ENROLLED},
        {"requestId": "line-2", "status": 409, "problem": example_of("enrollment_exists")},
    ]
}
VERDICT = {
    "outcome": "matched",
    "utility": UTILITY,
    "cca": CCA,
    "candidates": [CANDIDATE],
    "programs": [
        {**PROGRAM, "eligible": True, "reasons": []},
        {
            "id": "0199d0b0-0004-7000-8000-000000000004",
            "name": "Thermostat Rewards",
            "type": "demand_response",
            "eligible": False,
            "reasons": ["device_type_not_taken"],
        },
    ],
}
EVIDENCE_TO_SEND = {
    "method": "signed_form",
    "capturedAt": "2026-05-01T17:03:00Z",
    "termsVersion": "2026-01",
    "ipAddress": "203.0.113.7",
    "userAgent": "AcmeApp/9.1",
    "modifications": ["Scope extended to virtual_power_plant on 2026-05-03."],
    "file": {"name": "form-81.pdf", "mediaType": "application/pdf", "content": "JVBERi0xLjcK"},
}
EVIDENCE_REQUEST = {
    "id": "0199d0d0-0001-7000-8000-000000000001",
    "enrollmentId": ENROLLMENT_ID,
    "manufacturerDeviceId": "PW3-00017-A",
    "consent": {"grantedAt": "2026-05-01T17:03:00Z", "source": "device_app", "termsVersion": "2026-01"},
    "message": "Please send the form that the customer signed.",
    "requestedAt": "2026-06-01T09:00:00Z",
    "dueAt": "2026-06-15T09:00:00Z",
    "answeredAt": None,
}
EVIDENCE_REQUESTS = {"data": [EVIDENCE_REQUEST], "nextCursor": None}
EVIDENCE_RECORD = {
    "id": "0199d0d0-0002-7000-8000-000000000002",
    "requestId": EVIDENCE_REQUEST["id"],
    "method": "signed_form",
    "receivedAt": "2026-06-03T12:30:00Z",
}
EVIDENCE = {
    "requests": [{**EVIDENCE_REQUEST, "answeredAt": "2026-06-03T12:30:00Z"}],
    "records": [EVIDENCE_RECORD],
}
EVENT_TO_SEND = {
    "id": "evt-1",
    "type": "consent.revoked",
    "manufacturerDeviceId": "PW3-00017-A",
    "occurredAt": "2026-05-20T09:30:00Z",
    "data": {"revokedAt": "2026-05-20T09:30:00Z", "source": "device_app"},
}
EVENT: dict[str, Any] = {
    "id": "evt-1",
    "status": "processed",
    "enrollmentId": ENROLLMENT_ID,
    "enrollmentState": "opted_out",
}
EVENT_READ = {**EVENT, "receivedAt": "2026-05-20T09:30:02.114Z", "processedAt": "2026-05-20T09:30:02.114Z"}
TOKEN = {
    "access_token": "vT4sT0k3nTh4tNev3rW4s",
    "expires_in": 3600,
    "token_type": "Bearer",
    "scope": "enrollments:read enrollments:write",
}
WRONG_SCOPE = {"error": "invalid_scope"}
UNREADY = {"status": "unready", "wrong": {"database": "does not answer"}}

ENDPOINT_TO_SEND = {
    "url": "https://hooks.acme.example/texture",
    "eventTypes": ["enrollment.created", "enrollment.status_changed", "consent.revoked"],
}
ENDPOINT: dict[str, Any] = {
    "id": "0199d0c2-0a10-7c11-8d22-3e4f5a6b7c8d",
    "url": "https://hooks.acme.example/texture",
    "eventTypes": ["consent.revoked", "enrollment.created", "enrollment.status_changed"],
    "status": "enabled",
    "disabledAt": None,
    "createdAt": "2026-05-01T16:40:00Z",
}
NEW_ENDPOINT = {**ENDPOINT, "secret": "whsec_VGhpcyBpcyBhbiBleGFtcGxlIG9mIGEgc2VjcmV0ISE="}
MESSAGE_KEY = "0199d0c3-77aa-7b01-9c33-0d1e2f3a4b5c"
MESSAGE = {
    "type": "enrollment.status_changed",
    "version": "1.0.0",
    "key": MESSAGE_KEY,
    "timestamp": "2026-05-01T17:20:00Z",
    "data": {
        **ENROLLED,
        "state": "active",
        "requiredActions": [],
        "updatedAt": "2026-05-01T17:20:00Z",
        "previousState": "enrolled",
        "reason": "participation_began",
    },
}
