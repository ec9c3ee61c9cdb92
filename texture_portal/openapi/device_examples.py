"""What the document shows of devices, their types and programs."""

from devices.kinds import KINDS, DeviceType
from devices.presentation import show_kind
from texture_portal.openapi.examples import CAPABILITIES, ENROLLED, ENROLLMENT_TO_SEND, PROGRAM, UTILITY
from texture_portal.openapi.problems import ENROLLMENT_ID

DEVICE_ID = ENROLLED["device"]["id"]
STATE = {"chargePercentage": 71.5, "chargingState": "charging", "chargeRate": -1200, "backupReserve": 20}
DEVICE = {
    "id": DEVICE_ID,
    "manufacturerDeviceId": "PW3-00017-A",
    "serialNumber": "TG123456789",
    "manufacturer": "Acme Energy",
    "model": "PowerStack 3",
    "type": "battery",
    "capabilities": CAPABILITIES,
    "ratings": ENROLLMENT_TO_SEND["device"]["ratings"],
    "siteId": ENROLLED["site"]["id"],
    "enrollmentId": ENROLLMENT_ID,
    "state": STATE,
    "lastSeenAt": "2026-05-01T17:03:00Z",
    "freshness": "fresh",
}
DEVICES = {"data": [DEVICE], "nextCursor": None}
DEVICE_TYPES = {"data": [show_kind(KINDS[DeviceType.BATTERY])], "nextCursor": None}
PROGRAMS = {
    "data": [
        {
            **PROGRAM,
            "deviceTypes": ["battery"],
            "requiredCommands": ["battery:set-operating-mode"],
            "utility": UTILITY,
            "startsOn": "2026-01-01",
            "endsOn": None,
            "open": True,
        }
    ],
    "nextCursor": None,
}
TELEMETRY_TO_SEND = {
    "readings": [
        {"manufacturerDeviceId": "PW3-00017-A", "observedAt": "2026-05-01T17:03:00Z", "state": STATE},
        {
            "manufacturerDeviceId": "PW3-00018-X",
            "observedAt": "2026-05-01T17:03:00Z",
            "state": {"chargePercentage": 100, "chargeRate": 0},
        },
    ]
}
TELEMETRY_TAKEN = {
    "accepted": 1,
    "duplicates": 0,
    "rejected": [{"index": 1, "code": "unknown_device", "detail": "You have no device of this manufacturerDeviceId."}],
}
TELEMETRY = {
    "data": [
        {
            "observedAt": "2026-05-01T17:00:00Z",
            "state": {"chargePercentage": 71.5, "chargingState": "charging", "gridEnergy": 210.5},
            "readings": 3,
            "minimum": {"chargePercentage": 70.2},
            "maximum": {"chargePercentage": 72.9},
        }
    ],
    "nextCursor": None,
}
