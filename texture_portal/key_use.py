"""Which of the portal's own keys this process used, and when last. `texture_portal.keys` writes it down."""

import hashlib
import time
from functools import cache

_used: dict[tuple[str, str], float] = {}


def note(ring: str, key: str) -> None:
    """Cheap enough for every seal and signature."""
    _used[ring, key] = time.time()


def taken() -> dict[tuple[str, str], float]:
    """Ring and key, and when it was last used (seconds since 1970), since this was asked before."""
    found = dict(_used)
    for each in found:
        _used.pop(each, None)
    return found


@cache
def name_of(key: str) -> str:
    """Slow to make, on purpose: from a name nobody tries out keys."""
    return hashlib.scrypt(key.encode(), salt=b"texture-key-name", n=2**14, r=8, p=1, dklen=5).hex()
