"""The stages of a device in an event, in words and colours: for badges, the map and the tables alike."""

from dataclasses import dataclass

from programs.dispatch.picture import Count


@dataclass(frozen=True, slots=True)
class Group:
    """`css` is the class of its shapes (static/console/dispatch.css), `kind` that of its badges."""

    title: str
    short: str
    css: str
    kind: str
    stages: tuple[str, ...]


OUT = ("left_out", "dropped", "opted_out", "withdrawn", "cancelled")
GROUPS = (
    Group("Wait for their turn, or for an answer", "Waiting", "waits", "info", ("planned", "pending")),
    Group("Acknowledged", "Acknowledged", "answered", "warning", ("accepted", "in_progress")),
    Group("Act, or took part", "Acting", "acts", "success", ("complete", "took_part")),
    Group("Refused, failed or silent", "Not", "fails", "danger", ("refused", "rejected", "failed", "expired")),
    Group("Left out, sat out or stopped", "Out", "out", "", OUT),
)
IN_EVENT = tuple(stage for group in GROUPS[:3] for stage in group.stages)
NOT_ASKED = (*GROUPS[3].stages, *OUT)
WORDS = {
    "planned": "waits for its turn", "pending": "told, no answer yet", "accepted": "accepted",
    "in_progress": "in progress", "complete": "acts", "took_part": "took part", "refused": "refused",
    "rejected": "rejected", "failed": "failed", "expired": "never answered", "left_out": "left out",
    "dropped": "not told any more", "opted_out": "customer sat out", "withdrawn": "no longer allowed",
    "cancelled": "cancelled",
}  # fmt: skip
MARKS = {stage: group.kind for group in GROUPS for stage in group.stages} | {"asked": "info"}
# What devices/safety and the planning call their rules, for people
REASONS = {
    "orders_stopped": "Its partner or a portfolio of it is suspended, or has ended",
    "not_cleared": "No active enrollment with a valid consent", "program_not_consented": "Outside the consent's scope",
    "state_stale": "Its latest state is too old", "state_unknown": "It has told no state yet",
    "storm_mode": "The battery holds its charge for a storm", "second_event": "In another event then",
    "events_a_day": "It has had its events of the day", "hours_a_year": "It would be over its hours of the year",
    "not_capable": "It does not take the command", "command_missing": "It takes no command that does this",
    "rating_missing": "Its maker states no rating for it", "type_not_asked": "Nothing is asked of its type",
    "restore_refused": "No command could give it back as it is set",
    "not_cooling": "It is not set to cool", "reserve": "Nothing above the customer's reserve",
    "not_reachable": "Its connection is not active", "event_cancelled": "The event was cancelled",
    "customer_opted_out": "The customer sat out", "window_over": "The window was over before its turn",
    "rejected_by_partner": "Rejected at the other side", "not_acknowledged": "Sent, and never acknowledged",
    "not_sent": "It could not be sent in time", "outcome_unknown": "Nobody could say what came of it",
    "failed_at_device": "Failed at the device", "consent_revoked": "The customer revoked consent",
}  # fmt: skip


def reason_in_words(code: str) -> str:
    return REASONS.get(code) or code.replace("_", " ").capitalize()


def group_of(stage: str) -> Group:
    return next(group for group in GROUPS if stage in group.stages)


def against(counts: list[Count]) -> list[Count]:
    """Why devices are not in it, the most frequent reason first."""
    found = [each for each in counts if each.stage in NOT_ASKED and each.of]
    return sorted(found, key=lambda each: -each.devices)
