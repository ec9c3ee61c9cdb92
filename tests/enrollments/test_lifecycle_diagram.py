import xml.etree.ElementTree as ET
from itertools import pairwise

import pytest
from django.core.management import CommandError, call_command

from enrollments.diagram import BOXES, arrows, mermaid
from enrollments.models.enrollment import legal_transitions
from enrollments.picture import FRAMES, WAYS, svg
from enrollments.states import State


def test_the_arrows_are_exactly_the_legal_transitions():
    drawn = [pair for arrow in arrows() for pair in arrow.pairs()]
    assert sorted(set(drawn)) == legal_transitions()


def test_no_two_arrows_have_the_same_ends():
    ends = [arrow.ends for arrow in arrows()]
    assert len(ends) == len(set(ends))


def test_each_box_holds_the_next():
    assert all(outer.states > inner.states for outer, inner in pairwise(BOXES))


def test_the_picture_has_a_way_for_every_arrow_and_no_other():
    assert set(WAYS) == {arrow.ends for arrow in arrows()}
    assert set(FRAMES) == {box.name for box in BOXES}


def test_the_picture_is_well_formed_and_numbers_every_arrow():
    texts = [element.text for element in ET.fromstring(svg()).iter("{http://www.w3.org/2000/svg}text")]
    assert {state.label for state in State} <= set(texts)
    assert [text for text in texts if text.isdecimal()] == [str(n) for n in range(1, len(arrows()) + 1)]


def test_mermaid_puts_each_state_into_one_box_only():
    lines = [line.strip() for line in mermaid().splitlines()]
    boxed = [state for state in State if lines.count(state) == 1]
    assert set(boxed) == BOXES[0].states


def test_the_page_and_the_picture_in_the_docs_are_fresh(capsys):
    call_command("lifecycle_diagram", "--check")
    assert "Fresh" in capsys.readouterr().out


def test_the_check_fails_where_a_page_is_stale_or_missing(tmp_path):
    call_command("lifecycle_diagram", "--docs", str(tmp_path))
    (tmp_path / "lifecycle.md").write_text("An old page")
    with pytest.raises(CommandError, match=r"lifecycle\.md\."):
        call_command("lifecycle_diagram", "--check", "--docs", str(tmp_path))
    (tmp_path / "lifecycle.svg").unlink()
    with pytest.raises(CommandError, match=r"lifecycle\.md, lifecycle\.svg"):
        call_command("lifecycle_diagram", "--check", "--docs", str(tmp_path))
