"""To whom a requirement applies: each says why it does not, or nothing. Pure."""

from collections.abc import Callable

from devices.certification.facts import Subject
from devices.connectors.pull.documents import Document


def its_devices_are_asked(subject: Subject) -> str:
    return (
        "" if subject.document else "The portal asks no cloud of this partner: its data is pushed, or comes natively."
    )


def it_lists_devices(subject: Subject) -> str:
    return _of_document(subject, lambda found: bool(found.discovery), "Its document has no discovery.")


def it_tells_states(subject: Subject) -> str:
    return _of_document(
        subject, lambda found: any(each.state.call or each.state.bulk for each in found.entries), "It tells no states."
    )


def it_has_history(subject: Subject) -> str:
    return _of_document(
        subject, lambda found: any(each.history for each in found.entries), "Its document has no call of history."
    )


def it_takes_commands(subject: Subject) -> str:
    return _of_document(
        subject, lambda found: found.control is not None, "No device of this integration is claimed to be controllable."
    )


def it_gives_tokens(subject: Subject) -> str:
    return "" if subject.has_token_url else "The cloud is opened by keys: it gives no tokens."


def its_end_users_grant_access(subject: Subject) -> str:
    return "" if subject.has_authorize_url else "No end user grants access at this cloud (§3.2, §3.3)."


def it_is_reached_over_a_network(subject: Subject) -> str:
    if not subject.is_called:
        return "The portal calls no address of this partner's cloud."
    return (
        "The cloud is on this very machine, without TLS: nothing goes over a network."
        if subject.is_plain_on_this_machine
        else ""
    )


def _of_document(subject: Subject, holds: Callable[[Document], bool], said: str) -> str:
    return its_devices_are_asked(subject) or ("" if subject.document and holds(subject.document) else said)


PRECONDITIONS: dict[str, Callable[..., str]] = {
    each.__name__: each
    for each in (
        its_devices_are_asked, it_lists_devices, it_tells_states, it_has_history, it_takes_commands, it_gives_tokens,
        its_end_users_grant_access, it_is_reached_over_a_network,
    )
}  # fmt: skip
