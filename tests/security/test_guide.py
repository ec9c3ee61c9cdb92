"""docs/security.md: every risk has an answer, and every answer a test that there is."""

import ast
import re
from pathlib import Path

from django.conf import settings

ROOT = Path(settings.BASE_DIR)
GUIDE = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
NAMED = sorted(set(re.findall(r"`(tests/[\w/]+\.py)(?:::(\w+))?`", GUIDE)))


def rows(heading):
    part = GUIDE.partition(f"## {heading}")[2].partition("\n## ")[0]
    lines = [line for line in part.splitlines() if line.startswith("|")][2:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def test_each_of_the_ten_risks_is_answered_and_shown():
    told = rows("OWASP API Security Top 10 (2023)")
    assert [row[0].split()[0] for row in told] == [f"API{number}" for number in range(1, 11)]
    assert all(row[1] and "`tests/" in row[2] for row in told)


def test_each_chapter_of_asvs_is_answered_and_shown():
    told = rows("OWASP ASVS 5, by chapter")
    assert [row[0].split()[0] for row in told] == [f"V{number}" for number in range(1, 18)]
    assert all("`tests/" in row[2] for row in told if not row[0].startswith("V17"))


def test_every_test_that_it_names_is_there():
    missing = []
    for file, name in NAMED:
        path = ROOT / file
        names = (
            {node.name for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.FunctionDef)}
            if path.exists()
            else None
        )
        if names is None or (name and name not in names):
            missing.append(f"{file}::{name}")
    assert missing == []
    assert len(NAMED) > 50


def test_the_table_of_limits_is_the_codes():
    from texture_portal.gates import WIDTHS

    told = {row[0].split("`")[1]: (int(row[1]), float(row[2].split()[0])) for row in rows("Limits by address")}
    assert told == {gate.value: (width.burst, width.seconds) for gate, width in WIDTHS.items()}
