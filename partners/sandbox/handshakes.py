"""TLS as a cloud should speak it, or as one does whose certificates nobody looks after: by the faults in force."""

import ssl
import tempfile
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from partners.sandbox.certificates import Authority, Pair, by_nobody

SOUND = "sound"
SOMEBODY_ELSE = "somebody-else.example"


def spoken_by(authority: Authority, names: Sequence[str]) -> dict[str, ssl.SSLContext]:
    """What a server that is reached by these names can speak: well, or by the name of a fault."""
    good = authority.issue(names)
    return {
        SOUND: _speaking(good),
        "expired_certificate": _speaking(authority.issue(names, ended=True)),
        "wrong_name": _speaking(authority.issue([SOMEBODY_ELSE])),
        "self_signed": _speaking(by_nobody(names)),
        "old_tls": _speaking(good, is_old=True),
    }


class Handshakes(ssl.SSLContext):
    """Asks `fault` at each connection anew how it is to be spoken with."""

    def __new__(cls, *given: Any) -> "Handshakes":
        return super().__new__(cls, ssl.PROTOCOL_TLS_SERVER)

    def __init__(self, spoken: dict[str, ssl.SSLContext], fault: Callable[[], str | None]) -> None:
        self._spoken, self._fault = spoken, fault

    def wrap_bio(self, *given: Any, **options: Any) -> ssl.SSLObject:
        return self._spoken[self._fault() or SOUND].wrap_bio(*given, **options)


def _speaking(pair: Pair, *, is_old: bool = False) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with tempfile.TemporaryDirectory() as folder:  # OpenSSL reads it from a file only
        file = Path(folder, "pair.pem")
        file.touch(mode=0o600)
        file.write_bytes(pair.key + pair.certificate)
        context.load_cert_chain(file)
    if is_old:
        _age(context)
    return context


def _age(context: ssl.SSLContext) -> None:
    """TLS 1.1 at most, which libraries of today speak only when they are told twice."""
    context.set_ciphers("DEFAULT:@SECLEVEL=0")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = ssl.TLSVersion.TLSv1
        context.maximum_version = ssl.TLSVersion.TLSv1_1
