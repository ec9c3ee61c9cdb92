"""Passwords that are known from thefts: a file with the SHA-1 of each, sorted, a line each, as Have I Been Pwned gives
them out (`HASH:COUNT`). Read where it lies, by halves: it may have billions of lines."""

import hashlib
import mmap
from pathlib import Path

DIGEST_CHARACTERS = 40


def is_known(password: str, *, file: Path) -> bool:
    """Raises OSError where the file cannot be read."""
    wanted = hashlib.sha1(password.encode(), usedforsecurity=False).hexdigest().upper().encode()
    if not file.stat().st_size:
        return False
    with file.open("rb") as opened, mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ) as lines:
        return _found(lines, wanted)


def _found(lines: mmap.mmap, wanted: bytes) -> bool:
    low, high = 0, len(lines)
    while low < high:
        middle = (low + high) // 2
        begins = lines.rfind(b"\n", low, middle) + 1 or low
        ends = lines.find(b"\n", begins)
        ends = len(lines) if ends < 0 else ends
        digest = lines[begins : begins + DIGEST_CHARACTERS].upper()
        if digest == wanted:
            return True
        low, high = (ends + 1, high) if digest < wanted else (low, begins)
    return False
