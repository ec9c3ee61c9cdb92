"""A member of staff's authenticator (RFC 6238). Its key is sealed: a copy of the database is no second factor.

django-otp's own model keeps the key as it is; its codes, its throttle and its log-in are used as they are.
"""

import time
from base64 import b32encode
from urllib.parse import quote, urlencode

from django.conf import settings
from django.db import models
from django_otp.models import Device, ThrottlingMixin, TimestampMixin
from django_otp.oath import TOTP

from texture_portal import sealed_columns
from texture_portal.vault import new_key

KEY_BYTES = 20  # RFC 4226 §4: as long as the digest of HMAC-SHA-1, which every authenticator knows
STEP_SECONDS, DIGITS = 30, 6
TOLERANCE = 1  # steps before and after


class Authenticator(TimestampMixin, ThrottlingMixin, Device):
    sealed_key = models.BinaryField(editable=False)
    drift = models.SmallIntegerField(default=0, help_text="By how many steps its clock is ahead.")
    last_t = models.BigIntegerField(default=-1, help_text="The step of the last code: none is good twice.")

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["user", "confirmed"], name="one_authenticator_beside_a_new_one")]

    @property
    def bin_key(self) -> bytes:
        opened = sealed_columns.opened(self, "sealed_key")
        if opened is None:
            raise LookupError(f"authenticator {self.pk} has no key")
        return opened

    def make_key(self) -> None:
        sealed_columns.seal(self, "sealed_key", new_key()[:KEY_BYTES])

    def verify_token(self, token: str) -> bool:
        """Each code is good once. A wrong one makes the next wait longer."""
        if not self.verify_is_allowed()[0]:
            return False
        steps = TOTP(self.bin_key, step=STEP_SECONDS, digits=DIGITS, drift=self.drift)
        steps.time = time.time()
        if not (token.isdecimal() and steps.verify(int(token), TOLERANCE, self.last_t + 1)):
            self.throttle_increment(commit=True)
            return False
        self.last_t, self.drift = steps.t(), steps.drift
        self.throttle_reset(commit=False)
        self.set_last_used_timestamp(commit=False)
        self.save()
        return True

    def get_throttle_factor(self) -> int:
        return 1

    @property
    def config_url(self) -> str:
        """What the authenticator reads from the picture (the key URI format)."""
        issuer = settings.OTP_TOTP_ISSUER
        asked = {
            "secret": b32encode(self.bin_key).decode(), "algorithm": "SHA1", "digits": DIGITS, "period": STEP_SECONDS,
            "issuer": issuer,
        }  # fmt: skip
        return f"otpauth://totp/{quote(f'{issuer}:{self.user.get_username()}')}?{urlencode(asked, quote_via=quote)}"
