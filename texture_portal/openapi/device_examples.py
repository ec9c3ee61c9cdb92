"""What the document shows of devices, their types and programs."""

from devices.kinds import KINDS, DeviceType
from devices.presentation import show_kind
from texture_portal.openapi.examples import CAPABILITIES, ENROLLED, ENROLLMENT_TO_SEND, PROGRAM, UTILITY
from texture_portal.openapi.problems import ENROLLMENT_ID

DEVICE_ID = ENROLLED["device"]["id"]
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
    "state": None,
    "lastSeenAt": None,
    "freshness": "never",
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
