"""Which colour a state has, wherever it is shown."""

from django.utils.safestring import SafeString

from enrollments.consent import ConsentStatus
from enrollments.models.enrollment import MatchOutcome
from enrollments.states import State
from texture_portal.console.marks import badge

STATES = {
    State.DISCOVERED.value: "",
    State.ELIGIBLE.value: "info",
    State.OPTED_IN.value: "info",
    State.PENDING_VERIFICATION.value: "warning",
    State.ENROLLED.value: "success",
    State.ACTIVE.value: "success",
    State.SUSPENDED.value: "danger",
    State.OPTED_OUT.value: "",
    State.REVOKED.value: "",
}
CONSENTS = {
    ConsentStatus.NONE.value: "",
    ConsentStatus.VALID.value: "success",
    ConsentStatus.EXPIRED.value: "warning",
    ConsentStatus.REVOKED.value: "danger",
}
OUTCOMES = {
    MatchOutcome.MATCHED.value: "success",
    MatchOutcome.PARTIAL.value: "info",
    MatchOutcome.AMBIGUOUS.value: "warning",
    MatchOutcome.DEFERRED.value: "warning",
    MatchOutcome.INVALID_LOCATION.value: "danger",
}


def state_badge(state: str) -> SafeString:
    return badge(State(state).label, STATES[state])


def consent_badge(status: str) -> SafeString:
    return badge(status, CONSENTS[status])


def outcome_badge(outcome: str) -> SafeString:
    return badge(MatchOutcome(outcome).label, OUTCOMES[outcome])
