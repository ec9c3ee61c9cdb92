"""What is known only afterwards: one that saw all of an outage may come after others that saw its end alone. Pure."""

from collections.abc import Sequence
from datetime import datetime, timedelta

Seen = tuple[str, datetime, datetime]  # a state, since when, and when it was last seen so


def amended(seen: Sequence[Seen], *, guess: str, state: str, since: datetime, patience: timedelta) -> list[Seen]:
    """From `since` on it was in `state` wherever nobody saw it and `guess` was written. As if that were told first.

    What was seen stands. A guess that began hardly before is taken for the same.
    """
    found: list[Seen] = []
    for each in seen:
        for part in _parts(each, guess=guess, state=state, since=since, patience=patience):
            if found and found[-1][0] == part[0]:
                found[-1] = (part[0], found[-1][1], part[2])
            else:
                found.append(part)
    return found


def _parts(each: Seen, *, guess: str, state: str, since: datetime, patience: timedelta) -> list[Seen]:
    was, began, until = each
    if was != guess or until <= since:
        return [each]
    at = max(began, since)
    return [*([(was, began, at)] if at - began > patience else []), (state, at, until)]
