"""The text that end users agree to: the partner's own where there is one, else the portal's standard one (§11.5)."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from enrollments.models import LinkSession, Terms
from enrollments.terms import add_terms
from partners.models import Partner
from programs.models import Program
from texture_portal.refusals import Refusal

TEXTS = Path(__file__).with_name("texts")
STANDARD = "standard-1"
LANGUAGES = tuple(LinkSession.Language.values)


@dataclass(frozen=True, slots=True)
class Part:
    """A heading and the paragraphs below it."""

    heading: str
    paragraphs: tuple[str, ...]


def terms_of(partner: Partner, *, language: str, now: datetime) -> Terms:
    """The newest of the partner's, in this language: a version that ends in `.es` is Spanish, one without is for all.

    A partner that has none gets the portal's standard text, as a version of its own, when it is first shown.
    """
    own = Terms.objects.filter(partner=partner).order_by("-added_at", "-id")
    found = next((each for each in own if _is_for(each, language) and not each.version.startswith(STANDARD)), None)
    return found or _standard(partner, language=language, now=now)


def terms_of_programs(programs: Sequence[Program], *, language: str) -> list[Terms]:
    """What programs want agreed to beside it: the newest of each that has any."""
    own = Terms.objects.filter(program__in=programs).order_by("program__name", "-added_at", "-id")
    newest: dict[object, Terms] = {}
    for each in own.select_related("program"):
        if _is_for(each, language):
            newest.setdefault(each.program_id, each)
    return list(newest.values())


def fingerprint(terms: Sequence[Terms]) -> str:
    """Stands in the form: what is agreed to is what was shown, or it is shown again."""
    return hashlib.sha256(b"".join(bytes(each.digest) for each in terms)).hexdigest()


def parts(text: str) -> Iterator[Part]:
    """`# A heading` on a line of its own, paragraphs on lines of theirs."""
    heading, paragraphs = "", list[str]()
    for line in filter(None, map(str.strip, text.split("\n"))):
        if line.startswith("# "):
            if heading or paragraphs:
                yield Part(heading, tuple(paragraphs))
            heading, paragraphs = line.removeprefix("# "), []
        else:
            paragraphs.append(line)
    if heading or paragraphs:
        yield Part(heading, tuple(paragraphs))


def _is_for(terms: Terms, language: str) -> bool:
    ending = terms.version.rpartition(".")[2]
    return ending == language or ending not in LANGUAGES


def _standard(partner: Partner, *, language: str, now: datetime) -> Terms:
    version = f"{STANDARD}.{language}"
    kept = Terms.objects.filter(partner=partner, version=version)
    if (found := kept.first()) is not None:
        return found
    text = (TEXTS / f"{version}.txt").read_text(encoding="utf-8")
    try:
        return add_terms(version=version, text=text, partner=partner, program=None, now=now, user=None)
    except Refusal:  # another visitor's page was first
        return kept.get()
