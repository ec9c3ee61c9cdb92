"""Chance that is the same every time: a number from names, so that a seed and an instant settle everything."""

from hashlib import blake2b

SPAN = 2.0**64


def fraction(*names: object) -> float:
    """In [0, 1)."""
    return int.from_bytes(_digest(names, 8), "big") / SPAN


def between(least: float, most: float, *names: object) -> float:
    return least + (most - least) * fraction(*names)


def identifier(*names: object) -> str:
    return _digest(names, 8).hex()


def _digest(names: tuple[object, ...], size: int) -> bytes:
    return blake2b("\x1f".join(map(str, names)).encode(), digest_size=size).digest()
