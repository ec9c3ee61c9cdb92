"""Sessions as Django keeps them in the database. Which of the secret keys signed each is noted: so one sees when an
older one is needed no longer."""

from typing import Any

from django.conf import settings
from django.contrib.auth import SESSION_KEY as USER
from django.contrib.sessions.backends import db
from django.contrib.sessions.exceptions import SessionInterrupted
from django.core import signing
from django.db import transaction
from django.utils.encoding import force_str

from texture_portal import key_use
from texture_portal.key_rings import Ring
from texture_portal.login import open_sessions


class SessionStore(db.SessionStore):
    @classmethod
    def get_model_class(cls) -> Any:
        return db.SessionStore.get_model_class()

    @transaction.atomic
    def cycle_key(self) -> None:
        """Raises `SessionInterrupted` where it was ended meanwhile: a new key would bring it back, unlisted."""
        old = self.session_key
        if old and not open_sessions.hold(old) and USER in self:
            raise SessionInterrupted("The session was ended meanwhile: log in again.")
        super().cycle_key()
        if old:
            open_sessions.has_a_new_key(old, self.session_key)

    def decode(self, session_data: bytes | str) -> dict[str, Any]:
        for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS):
            if _is_signed_by(key, session_data, salt=self.key_salt):
                key_use.note(Ring.SECRET_KEY, key)
                break
        content: dict[str, Any] = super().decode(session_data)
        return content


def _is_signed_by(key: str, session_data: bytes | str, *, salt: str) -> bool:
    try:
        signing.TimestampSigner(key=key, salt=salt, fallback_keys=[]).unsign(force_str(session_data))
    except signing.BadSignature:
        return False
    return True
