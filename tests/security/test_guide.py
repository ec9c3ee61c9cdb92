"""docs/security.md and docs/asvs.md: every risk and every item has an answer, and every answer a test that there is."""

import ast
import re
from pathlib import Path

from django.conf import settings

ROOT = Path(settings.BASE_DIR)
GUIDE = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
ASVS = (ROOT / "docs" / "asvs.md").read_text(encoding="utf-8")
NAMED = sorted(set(re.findall(r"`(tests/[\w/]+\.py)(?:::(\w+))?`", GUIDE + ASVS)))
ITEMS = [
    [cell.strip() for cell in line.strip("|").split("|")] for line in ASVS.splitlines() if re.match(r"\| \d", line)
]
# The numbers of OWASP ASVS 5.0.0 at levels 1 and 2: how many each section begins with; higher ones are of level 3.
LEVELS_1_AND_2 = {
    "1.1": 2, "1.2": 9, "1.3": 11, "1.4": 3, "1.5": 2, "2.1": 3, "2.2": 3, "2.3": 4, "2.4": 1, "3.2": 2, "3.3": 4,
    "3.4": 6, "3.5": 5, "3.7": 2, "4.1": 3, "4.2": 1, "4.3": 2, "4.4": 4, "5.1": 1, "5.2": 3, "5.3": 2, "5.4": 3,
    "6.1": 3, "6.2": 12, "6.3": 4, "6.4": 4, "6.5": 5, "6.6": 3, "6.8": 4, "7.1": 3, "7.2": 4, "7.3": 2, "7.4": 5,
    "7.5": 2, "7.6": 2, "8.1": 2, "8.2": 3, "8.3": 1, "8.4": 1, "9.1": 3, "9.2": 4, "10.1": 2, "10.2": 2, "10.3": 4,
    "10.4": 11, "10.5": 5, "10.6": 2, "10.7": 3, "11.1": 2, "11.2": 3, "11.3": 3, "11.4": 4, "11.5": 1, "11.6": 1,
    "12.1": 3, "12.2": 2, "12.3": 4, "13.1": 1, "13.2": 5, "13.3": 2, "13.4": 5, "14.1": 2, "14.2": 4, "14.3": 3,
    "15.1": 3, "15.2": 3, "15.3": 7, "16.1": 1, "16.2": 5, "16.3": 4, "16.4": 3, "16.5": 3, "17.1": 1, "17.2": 4,
    "17.3": 2,
}  # fmt: skip


def rows(heading):
    part = GUIDE.partition(f"## {heading}")[2].partition("\n## ")[0]
    lines = [line for line in part.splitlines() if line.startswith("|")][2:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def test_each_of_the_ten_risks_is_answered_and_shown():
    told = rows("OWASP API Security Top 10 (2023)")
    assert [row[0].split()[0] for row in told] == [f"API{number}" for number in range(1, 11)]
    assert all(row[1] and "`tests/" in row[2] for row in told)


def test_every_item_of_asvs_at_levels_1_and_2_has_a_row():
    told = [row[0] for row in ITEMS]
    assert told == [f"{section}.{n}" for section, count in LEVELS_1_AND_2.items() for n in range(1, count + 1)]
    assert len(told) == 70 + 183


def test_every_item_is_shown_or_says_why_not():
    for item, answer, shown in ITEMS:
        if answer.startswith(("not applicable: ", "open: ")):
            assert (answer.partition(": ")[2], shown) != ("", ""), item
        else:
            assert answer, item
            assert re.fullmatch(r"`tests/[^`]+`(, `tests/[^`]+`)*", shown), item


def test_what_is_open_says_what_it_would_take_and_nothing_else_does():
    listed = re.findall(r"^- \*\*([\d.]+)\*\*: .{40}", ASVS, re.MULTILINE)
    pointed_at = [item for item, answer, _ in ITEMS if answer.startswith("open: ") or "see Open" in answer]
    assert listed == pointed_at


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
