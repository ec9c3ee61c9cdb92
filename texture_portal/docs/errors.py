"""The page of errors, from the one table of codes (contract §7), so that every problem's `type` leads somewhere."""

import json
from dataclasses import dataclass
from itertools import groupby

from django.utils.safestring import SafeString

from partners.problems import FAULTS, PROBLEMS, Problem
from texture_portal.docs.markdown import coloured
from texture_portal.openapi.problems import example_of

SAID_OF = {
    "validation": "The request cannot be read, or its fields are not right. Nothing was done and nothing is kept.",
    "authentication": "Who calls, and whether what arrived is what was signed.",
    "authorization": "The partner is known, and may not do this.",
    "not_found": "It does not exist, or it is not yours: the answer is the same.",
    "conflict": "What is there already stands against it.",
    "territory": "Where the site is. Nothing was enrolled.",
    "consent": "What makes a consent valid. Nothing was enrolled, and no consent was taken.",
    "rate_limit": "Too many at once.",
    "server": "The portal's own trouble. The same request again is safe: its idempotency key sees to that.",
}


@dataclass(frozen=True, slots=True)
class Entry:
    code: str
    problem: Problem
    example: SafeString


@dataclass(frozen=True, slots=True)
class Category:
    name: str
    said: str
    entries: list[Entry]


def categories() -> list[Category]:
    by_category = groupby(PROBLEMS.items(), key=lambda item: item[1].category)
    return [Category(name, SAID_OF[name], [_entry(*item) for item in items]) for name, items in by_category]


def fault_codes() -> dict[str, str]:
    """What `errors` can hold beneath `validation_failed`."""
    return FAULTS


def _entry(code: str, problem: Problem) -> Entry:
    example = json.dumps(example_of(code), indent=2, ensure_ascii=False)
    return Entry(code, problem, coloured(example, "json"))
