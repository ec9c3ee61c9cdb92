"""What can be done to find out: the closed list of steps. Each goes to the cloud and adds to the bench's facts."""

from collections.abc import Callable

from devices.certification.steps import commanding, documentation, keys, listing, past, sampling, states, transport

STEPS: dict[str, Callable[..., None]] = {
    each.__name__: each
    for each in (
        listing.list_devices, listing.recall_devices,
        states.ask_states,
        sampling.sample_calls,
        past.ask_oldest_day, past.ask_following_ranges,
        commanding.send_harmless, commanding.follow, commanding.send_unsafe,
        keys.ask_without_a_key, keys.renew_a_grant, keys.revoke_a_token, keys.use_both_secrets,
        transport.shake_hands,
        documentation.read_page,
    )
}  # fmt: skip
