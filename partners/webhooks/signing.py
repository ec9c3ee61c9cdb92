"""Standard Webhooks signatures (contract §9): one for each secret that signs now. Pure."""

import base64
from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from standardwebhooks import Webhook

PREFIX = "whsec_"
SECRET_BYTES = 32


def as_shown(secret: bytes) -> str:
    """The form in which partners are given it."""
    return PREFIX + base64.b64encode(secret).decode()


def headers(*, key: UUID | str, body: str, secrets: Iterable[bytes], now: datetime) -> dict[str, str]:
    """`now` is in UTC; `key` is the same on every retry, the time and with it the signature are not."""
    return {
        "webhook-id": str(key),
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": " ".join(Webhook(secret).sign(str(key), now, body) for secret in secrets),
    }
