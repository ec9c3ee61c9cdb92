"""A requirement as its YAML document says it: section, precondition, steps, criteria. Pure.

    title: Telemetry is fresher than 15 minutes
    section: "4.1"
    applies: [its_devices_are_asked]
    steps:
      - ask_states
    criteria:
      - younger_than: {minutes: 15}

The document's name is the requirement's. What it says that there is no word for, is told with its place.
"""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

MEMBERS = {"title", "section", "applies", "steps", "criteria", "remedy", "last", "recommended"}
Words = Mapping[str, Callable[..., Any]]


class RequirementError(ValueError):
    """The message says which document, where in it, and what there is instead."""


@dataclass(frozen=True, slots=True)
class Said:
    """One word of a vocabulary with what it is told."""

    word: str
    given: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Requirement:
    """`is_last`: judged when the others are through, by what they met. `is_recommended`: it stands in nobody's way."""

    name: str
    title: str
    section: str
    applies: tuple[Said, ...]
    steps: tuple[Said, ...]
    criteria: tuple[Said, ...]
    remedy: str
    is_last: bool = False
    is_recommended: bool = False


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """`applies` and `criteria` are pure; `steps` go out and find facts. Each takes what it is about, then names."""

    applies: Words
    steps: Words
    criteria: Words


def requirements_in(folder: Path, vocabulary: Vocabulary) -> list[Requirement]:
    """Of a folder, in the order in which they are tried: by section, and what comes last at the end.

    Raises `RequirementError`.
    """
    found = [read(path.stem, path.read_text(encoding="utf-8"), vocabulary) for path in folder.glob("*.yaml")]
    return sorted(found, key=lambda each: (each.is_last, place_of(each.section), each.name))


def read(name: str, text: str, vocabulary: Vocabulary) -> Requirement:
    try:
        raw = yaml.safe_load(text)
    except yaml.YAMLError as wrong:
        raise RequirementError(f"{name}: it is no YAML: {wrong}") from None
    if not isinstance(raw, dict) or not {"title", "section", "criteria", "remedy"} <= set(raw):
        raise RequirementError(f"{name}: it needs a title, a section, criteria and a remedy.")
    if unknown := sorted(set(raw) - MEMBERS):
        raise RequirementError(
            f"{name}: there is no member {', '.join(unknown)}; there are {', '.join(sorted(MEMBERS))}."
        )
    return Requirement(
        name=name,
        title=str(raw["title"]),
        section=str(raw["section"]),
        applies=_said(raw.get("applies", []), vocabulary.applies, at=f"{name}.applies"),
        steps=_said(raw.get("steps", []), vocabulary.steps, at=f"{name}.steps"),
        criteria=_said(raw["criteria"], vocabulary.criteria, at=f"{name}.criteria"),
        remedy=str(raw["remedy"]).strip(),
        is_last=raw.get("last") is True,
        is_recommended=raw.get("recommended") is True,
    )


def place_of(section: str) -> tuple[int, ...]:
    """`4.10` comes after `4.2`."""
    return tuple(int(part) for part in section.split("."))


def _said(raw: Any, words: Words, *, at: str) -> tuple[Said, ...]:
    if not isinstance(raw, list):
        raise RequirementError(f"{at}: it is a list.")
    return tuple(_one(each, words, at=f"{at}[{number}]") for number, each in enumerate(raw))


def _one(raw: Any, words: Words, *, at: str) -> Said:
    given = {raw: {}} if isinstance(raw, str) else raw
    if not isinstance(given, dict) or len(given) != 1:
        raise RequirementError(f"{at}: it is one word, or one word with what it is told.")
    [(word, told)] = given.items()
    if word not in words:
        raise RequirementError(f"{at}: there is no {word}; there are {', '.join(sorted(words))}.")
    if not isinstance(told, dict):
        raise RequirementError(f"{at}: what {word} is told has names.")
    try:
        inspect.signature(words[word]).bind(None, **told)
    except TypeError as wrong:
        raise RequirementError(f"{at}: {word}: {wrong}.") from None
    return Said(word, told)
