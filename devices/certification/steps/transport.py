"""A handshake with every address that the portal calls."""

from devices.certification.bench import Bench
from devices.certification.facts import Reached
from partners import handshakes


def shake_hands(bench: Bench) -> None:
    cloud = bench.cloud
    addresses = {
        "API": cloud.base_url, "authorization": cloud.authorize_url, "tokens": cloud.token_url,
        "revocation": cloud.revoke_url,
    }  # fmt: skip
    for place, url in addresses.items():
        if url:
            bench.facts.reached.append(_reached(place, url))


def _reached(place: str, url: str) -> Reached:
    if not url.startswith("https://"):
        return Reached(place, False, "not_https")
    shaken = handshakes.shake(url)
    return Reached(place, True, shaken.code, shaken.why)
