"""Accounts that come to what somebody wants to see, whoever else is linking meanwhile: who tries, logs in as one."""

from partners.sandbox.refusals import Refused

DENIED, NO_DEVICES, REFUSED, DOWN = "denied", "no-devices", "refused", "down"
OUTCOMES = {
    DENIED: "The end user says no, whatever is chosen on the page.",
    NO_DEVICES: "Access is given, and there are no devices.",
    REFUSED: "Access is given, and the code is refused when it is exchanged.",
    DOWN: "Access is given, and the cloud does not answer when the code is exchanged.",
}


def away() -> Refused:
    return Refused(503, "unavailable", "We are being maintained.", "Try again later.", headers={"Retry-After": "5"})
