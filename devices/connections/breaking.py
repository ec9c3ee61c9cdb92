"""What stands between the portal and a device: a connection that is broken, or a cloud that is away for now."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Breach:
    meaning: str
    remedy: str


RELINK = "Whoever granted it links it again: that puts new tokens into this same connection."
# Why a connection is broken, by the code that stands on its row.
BREACHES = {
    "grant_over": Breach(
        "The cloud no longer knows the grant: it expired there, or whoever gave it took it back.", RELINK
    ),
    "renewal_lost": Breach(
        "The cloud's answer to a renewal was lost (a crash, a cut line), and with it the refresh token that it gave.",
        RELINK,
    ),
    "no_refresh_token": Breach(
        "The access token has expired, and the cloud gave no refresh token.",
        f"Ask for the scope that gives one (often `offline_access`). {RELINK}",
    ),
    "token_refused": Breach(
        "The cloud gave new tokens and refused them, again and again.",
        "Ask the cloud's operator what is wrong with the account, then have it tried again.",
    ),
    "client_refused": Breach(
        "The cloud refused the client id or the client secret.",
        "Set the right secret, on the cloud or on the connection that has its own.",
    ),
    "key_refused": Breach("The cloud refused the API key.", "Set a new key."),
    "request_refused": Breach(
        "The cloud did not understand what it was asked.",
        "Compare the cloud's settings with its documentation, then have the connection tried again.",
    ),
    "url_refused": Breach(
        "The portal may not call the cloud's token URL.", "Correct the URL, then have the connection tried again."
    ),
    "revoked": Breach("Access was given up.", "A new grant makes a new connection."),
    "unreadable": Breach(
        "What is sealed cannot be opened: its key is not among DATA_KEYS.",
        "Put the key back, or have the connection linked again.",
    ),
}


class ConnectionBrokenError(Exception):
    """It needs a person. `reason` is one of `BREACHES`."""

    def __init__(self, reason: str) -> None:
        self.reason, self.breach = reason, BREACHES[reason]
        super().__init__(f"{self.breach.meaning} {self.breach.remedy}")


class ConnectionUnavailableError(Exception):
    """It mends itself: do not ask before `retry_at`. `code` says what came of the last attempt."""

    def __init__(self, code: str, *, retry_at: datetime) -> None:
        super().__init__(code)
        self.code, self.retry_at = code, retry_at
