r"""The form of a utility's account numbers, as staff declare it: a small, safe part of regular expressions.

Characters, `\d`, classes such as `[A-F0-9]`, each once or `{n}`, `{m,n}` or `?` times, and alternatives between `|`:
`\d{10}|\d{10}-\d`. No group, no `*` or `+`, and few open counts, so that no number can keep a process busy.
"""

import re

LONGEST_FORM = 100
LONGEST_NUMBER = 64
MOST_OPEN_COUNTS = 3  # each multiplies the ways to try by 64 at most, of numbers of 64 characters
ITEM = r"(?:[A-Za-z0-9 ]|-|\\d|\[(?:\\d|[A-Za-z0-9](?:-[A-Za-z0-9])?)+\])"
COUNT = r"(?:\{\d{1,2}(?:,\d{1,2})?\}|\?)"
FORM = re.compile(rf"(?:{ITEM}{COUNT}?)+(?:\|(?:{ITEM}{COUNT}?)+)*")
OPEN_COUNT = re.compile(r"\{\d+,\d+\}|\?")
BETWEEN = re.compile(r"[\s.]+")  # people group digits as they like


class UnsafeFormError(Exception):
    """Not a form that can be declared. The text says why, and what would be."""


def check_form(form: str) -> None:
    """Raises UnsafeFormError."""
    if len(form) > LONGEST_FORM:
        raise UnsafeFormError(f"It is longer than {LONGEST_FORM} characters.")
    if not FORM.fullmatch(form):
        raise UnsafeFormError(
            r"Use letters, digits, hyphens, \d and classes such as [A-Z], with counts as {10}, {8,10} or ?, "
            r"and | between alternatives: \d{10}|\d{10}-\d"
        )
    if any(len(OPEN_COUNT.findall(each)) > MOST_OPEN_COUNTS for each in form.split("|")):
        raise UnsafeFormError(f"Each alternative may have {MOST_OPEN_COUNTS} open counts ({{8,10}}, ?) at most.")
    try:
        re.compile(form)
    except re.error as fault:
        raise UnsafeFormError(f"It cannot be read ({fault}).") from None


def compiled(form: str) -> re.Pattern[str]:
    """Of a form that was checked."""
    return re.compile(form, re.ASCII | re.IGNORECASE)


def plain(number: str) -> str:
    """Without the spaces and dots that people put between digits; none where it is longer than any account's."""
    bare = BETWEEN.sub("", number)
    return bare if len(bare) <= LONGEST_NUMBER else ""
