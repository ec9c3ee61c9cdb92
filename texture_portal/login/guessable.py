"""Whether a password is one that many people would try first. Pure: the words that are known come from the caller."""

from collections.abc import Collection, Iterable
from itertools import pairwise

LEAST_BESIDE = 8  # characters beside what anybody would guess
LONGEST_REPEATED = 200  # characters: whoever types more is looked at for nothing that takes the square of them


def is_made_of(password: str, words: Iterable[str]) -> bool:
    """Of such words, in whatever case, and little else."""
    left = password.lower()
    for word in sorted(words, key=len, reverse=True):
        left = left.replace(word.lower(), "")
    return len(left) < min(LEAST_BESIDE, len(password))


def is_dressed_up(password: str, common: Collection[str]) -> bool:
    """A common one, with digits and signs before or after it that make it long enough."""
    stem = _stem(password).lower()
    if not stem or stem not in common:
        return False
    beside = password.lower().replace(stem, "", 1)
    return len(beside) < LEAST_BESIDE or beside in common or is_regular(beside)


def is_regular(password: str) -> bool:
    """Each character follows from the one before it (12345…, abcde…), or the same comes again and again (abcabc…)."""
    return _climbs(password) or (len(password) <= LONGEST_REPEATED and _repeats(password))


def _stem(password: str) -> str:
    """From the first letter to the last."""
    letters = [at for at, each in enumerate(password) if each.isalnum() and not each.isdecimal()]
    return password[letters[0] : letters[-1] + 1] if letters else ""


def _repeats(password: str) -> bool:
    return any(password.startswith(password[unit:]) for unit in range(1, len(password) // 2 + 1))


def _climbs(password: str) -> bool:
    around = 10 if password.isdecimal() else 26
    steps = {(ord(after) - ord(before)) % around for before, after in pairwise(password)}
    return len(steps) <= 1 and password.isalnum()
