"""Whose device a result of certification names is erased: it says a word that names nobody instead (§9).

Runs are against test environments, but a real device may have been in one, or in a cloud that was tried before that was
asked. What was tried, when, and with which outcome stays as it is: the database lets nothing else change.
"""

import json
import re
from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID

from django.db.models import Model, Q, QuerySet, TextField
from django.db.models.functions import Cast

from devices.models import CheckResult
from partners.models import Certificate

SHORTEST = 4  # characters of a word that is looked for within others


def forget(words: Mapping[str, str], *, partners: Collection[UUID]) -> int:
    """Each word by what takes its place, in what these partners' runs say. How many rows."""
    if not words:
        return 0
    results = CheckResult.objects.filter(run__partner__in=partners)
    certificates = Certificate.objects.filter(partner__in=partners)
    changed = [
        *_changed(results, words, ("said", "evidence")),
        *_changed(certificates, words, ("report",)),
    ]
    for row, columns in changed:
        row.save(update_fields=columns)
    return len(changed)


def _changed(
    rows: "QuerySet[Any]", words: Mapping[str, str], columns: tuple[str, ...]
) -> list[tuple[Model, tuple[str, ...]]]:
    texts = {f"{column}_text": Cast(column, TextField()) for column in columns}
    mentioned = Q()
    for word in words:
        for text in texts:
            mentioned |= Q(**{f"{text}__contains": json.dumps(word, ensure_ascii=False)[1:-1]})
    found = rows.alias(**texts).filter(mentioned).select_for_update(of=("self",))
    return [(row, columns) for row in found if _rewrite(row, words, columns)]


def _rewrite(row: Model, words: Mapping[str, str], columns: tuple[str, ...]) -> bool:
    """Whether anything in it is another now."""
    is_changed = False
    for column in columns:
        before = getattr(row, column)
        after = _without(before, words)
        is_changed = is_changed or after != before
        setattr(row, column, after)
    return is_changed


def _without(said: Any, words: Mapping[str, str]) -> Any:
    if isinstance(said, str):
        return _text_without(said, words)
    if isinstance(said, list):
        return [_without(each, words) for each in said]
    if isinstance(said, dict):
        return {_text_without(name, words): _without(each, words) for name, each in said.items()}
    return said


def _text_without(text: str, words: Mapping[str, str]) -> str:
    """A short one is exchanged only where it is all of the text: a number stands in many."""
    if text in words:
        return words[text]
    for word, instead in words.items():
        if len(word) >= SHORTEST:
            text = instead.join(re.split(rf"(?<![\w-]){re.escape(word)}(?![\w-])", text))
    return text
