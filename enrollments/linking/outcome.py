"""What came of it, as the end user is told: where a device stands, and what is still to come."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from enrollments.actions import required_actions
from enrollments.linking.words import DEVICE
from enrollments.models import Enrollment
from enrollments.overview import overview
from enrollments.states import State
from programs.models import Program

Text = str | Promise
STATE: dict[str, Text] = {
    State.DISCOVERED: _("Linked, waiting for a program"),
    State.ELIGIBLE: _("Linked, waiting for your consent"),
    State.OPTED_IN: _("Linked, waiting for a program"),
    State.PENDING_VERIFICATION: _("Linked, something is being checked"),
    State.ENROLLED: _("Enrolled"),
    State.ACTIVE: _("Taking part"),
    State.SUSPENDED: _("Paused"),
    State.OPTED_OUT: _("Ended by you"),
    State.REVOKED: _("Ended"),
}
STILL_TO_COME: dict[str, Text] = {
    "confirm_territory": _("We check which utility serves your address. This takes two working days at most."),
    "await_geocoding": _("We could not look up your address just now. We try again by ourselves, and go on then."),
    "verify_utility_account": _("Your utility account is to be verified first. You need not do anything now."),
    "confirm_ownership": _("Somebody reported that the device changed hands. We check that first."),
    "await_program": _("There is no program for it right now. It joins by itself when there is one you agreed to."),
    "report_telemetry": _("You take part from the moment your device first reports to us, usually within the hour."),
    "restore_connectivity": _("Your device has been silent for a while. See that it is on and on line."),
    "resolve_compliance": _("We have to clear something up with the maker first."),
    "renew_consent": _("Your consent has run out. Link the device again to go on."),
    "provide_consent": _("Your consent is missing. Link the device again to go on."),
    "correct_address": _("We cannot find your address. Tell the company that sent you here."),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Outcome:
    enrollment: Enrollment
    title: str
    kind: Text
    state: Text
    programs: tuple[Program, ...]
    still_to_come: tuple[Text, ...]

    @property
    def is_well(self) -> bool:
        return self.enrollment.state in (State.ENROLLED, State.ACTIVE)


def outcome_of(enrollment: Enrollment) -> Outcome:
    """Give it one from `Enrollment.objects.shown()`."""
    shown = overview(enrollment)
    device = enrollment.device
    is_over = enrollment.state in (State.OPTED_OUT, State.REVOKED)
    actions = [] if is_over else [action.code for action in required_actions(shown)]
    return Outcome(
        enrollment=enrollment,
        title=" ".join(dict.fromkeys(f"{device.manufacturer} {device.model}".split())),
        kind=DEVICE[device.type],
        state=STATE[str(enrollment.state)],
        programs=shown.programs,
        still_to_come=tuple(STILL_TO_COME[code] for code in dict.fromkeys(actions) if code in STILL_TO_COME),
    )
