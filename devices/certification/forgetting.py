"""Whose device a result of certification names is erased: it says a word that names nobody instead (§9).

Runs are against test environments, but a real device may have been in one, or in a cloud that was tried before that was
asked. What was tried, when, and with which outcome stays as it is: the database lets nothing else change.
"""

import json
import re
from collections.abc import Callable, Collection, Mapping
from typing import Any
from uuid import UUID

from django.db.models import JSONField, Model, Q, QuerySet, TextField
from django.db.models.functions import Cast

from devices.models import CheckResult, Waiver
from partners.models import Certificate

SHORTEST = 4  # characters of a word that is looked for within others
Words = Mapping[str, str]
Columns = Mapping[str, Callable[[Any, Words], Any]]  # each, and what makes of it one without the words


def forget(words: Words, *, partners: Collection[UUID]) -> int:
    """Each word by what takes its place, in what these partners' runs say. How many rows."""
    if not words:
        return 0
    results = CheckResult.objects.filter(run__partner__in=partners)
    waivers = Waiver.objects.filter(partner__in=partners)
    certificates = Certificate.objects.filter(partner__in=partners)
    return (
        _rewrite_all(results, words, {"said": _without, "evidence": _without})
        + _rewrite_all(waivers, words, {"reason": _without})
        + _rewrite_all(certificates, words, {"report": _report_without})
    )


def _rewrite_all(rows: "QuerySet[Any]", words: Words, columns: Columns) -> int:
    texts = {f"{column}_text": Cast(column, TextField()) for column in columns}
    mentioned = Q()
    for column in columns:
        is_json = isinstance(rows.model._meta.get_field(column), JSONField)
        for word in words:
            written = json.dumps(word, ensure_ascii=False)[1:-1] if is_json else word
            mentioned |= Q(**{f"{column}_text__contains": written})
    found = rows.alias(**texts).filter(mentioned).select_for_update(of=("self",))
    changed = [row for row in found if _rewrite(row, words, columns)]
    for row in changed:
        row.save(update_fields=columns)
    return len(changed)


def _rewrite(row: Model, words: Words, columns: Columns) -> bool:
    """Whether anything in it is another now."""
    before = {column: getattr(row, column) for column in columns}
    after = {column: without(before[column], words) for column, without in columns.items()}
    for column, said in after.items():
        setattr(row, column, said)
    return after != before


def _report_without(report: Mapping[str, Any], words: Words) -> Mapping[str, Any]:
    """In what was said alone: a number of a section, or of a version, may be somebody's device's name as well."""
    if "results" not in report:
        return report
    return {**report, "results": [_line_without(line, words) for line in report["results"]]}


def _line_without(line: Mapping[str, Any], words: Words) -> dict[str, Any]:
    said = {column: _without(line[column], words) for column in ("said", "evidence") if column in line}
    if waiver := line.get("waiver"):
        said["waiver"] = {**waiver, "reason": _without(waiver["reason"], words)}
    return {**line, **said}


def _without(said: Any, words: Words) -> Any:
    if isinstance(said, str):
        return _text_without(said, words)
    if isinstance(said, list):
        return [_without(each, words) for each in said]
    if isinstance(said, dict):
        return {_text_without(name, words): _without(each, words) for name, each in said.items()}
    return said


def _text_without(text: str, words: Words) -> str:
    """A short one is exchanged only where it is all of the text: a number stands in many."""
    if text in words:
        return words[text]
    for word, instead in words.items():
        if len(word) >= SHORTEST:
            text = instead.join(re.split(rf"(?<![\w-]){re.escape(word)}(?![\w-])", text))
    return text
