"""Applications that may ask for access, and where they may be sent back to."""

import hmac
import ipaddress
import secrets
from dataclasses import dataclass, field
from urllib.parse import urlsplit

SCOPES = ("devices.read", "telemetry.read", "commands.write", "offline_access")


@dataclass(slots=True)
class Client:
    """`secrets` may be several, so that they rotate without downtime. `program` narrows what client credentials see.

    `origins`: of web sites that are trusted with every address of theirs.
    """

    id: str
    secrets: list[str]
    redirect_uris: tuple[str, ...] = ()
    program: str | None = None
    origins: tuple[str, ...] = ()

    def is_proved_by(self, secret: str) -> bool:
        return any(hmac.compare_digest(each.encode(), secret.encode()) for each in self.secrets)

    def returns_to(self, address: str) -> bool:
        """Registered exactly, or any port of this machine (RFC 8252 §7.3) for a client that registered nothing."""
        if any(address.startswith(f"{each}/") for each in self.origins):
            return True
        return address in self.redirect_uris or (not self.redirect_uris and _is_loopback(address))


@dataclass(slots=True)
class Clients:
    known: dict[str, Client] = field(default_factory=dict)

    def add(
        self, *, name: str | None = None, redirect_uris: tuple[str, ...] = (), program: str | None = None
    ) -> Client:
        client = Client(name or f"app-{secrets.token_hex(4)}", [self.new_secret()], redirect_uris, program)
        self.known[client.id] = client
        return client

    def new_secret(self) -> str:
        return secrets.token_urlsafe(32)

    def proved(self, client_id: str | None, secret: str | None) -> Client | None:
        client = self.known.get(client_id or "")
        return client if client and client.is_proved_by(secret or "") else None


def _is_loopback(address: str) -> bool:
    parts = urlsplit(address)
    if parts.scheme not in ("http", "https") or parts.fragment:
        return False
    if parts.hostname == "localhost":
        return True
    try:
        return ipaddress.ip_address(parts.hostname or "").is_loopback
    except ValueError:
        return False
