"""Enrollments of a selection are suspended, reinstated, opted out or revoked together, after a preview."""

import pytest

from enrollments.ledger import words_of
from enrollments.models import Enrollment
from enrollments.states import State
from tests.admin.conftest import member_of
from tests.factories import active, enrolled
from texture_portal import rehearsal

LIST = "/admin/enrollments/enrollment/"
TOGETHER = f"{LIST}together/"
WHY = "A recall by the maker."

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff(db):
    return member_of("Program staff")


def states():
    return sorted(Enrollment.objects.values_list("state", flat=True))


def test_a_selection_is_suspended_after_a_preview_and_what_cannot_be_is_told(staff, said):
    rows = [active(), active(), enrolled()]
    chosen = {"action": "act_together", "_selected_action": [each.pk for each in rows], "index": "0"}
    page = staff.post(LIST, chosen, follow=True)
    assert page.redirect_chain[-1][0].startswith(TOGETHER)
    assert {row for row, *_ in page.context["rows"]} == set(rows)
    assert [verb.name for verb, _ in page.context["choices"]] == ["suspend", "opt-out", "revoke"]

    given = {"verb": "suspend", "ids": [each.pk for each in rows], "reason": WHY}
    preview = staff.post(TOGETHER, given).content.decode()
    assert preview.count("is now suspended") == 2
    assert preview.count("disabled") == 1
    assert states() == ["active", "active", "enrolled"]

    done = staff.post(TOGETHER, {**given, "step": "carry-out"}, follow=True)
    assert said(done)[0] == "Suspend for compliance: 2 of 3 enrollments."
    assert "Nothing was changed there." in said(done)[1]
    assert states() == ["enrolled", "suspended", "suspended"]
    last = Enrollment.history.filter(id=rows[0].pk).latest("sequence")
    assert (last.state, last.actor_name) == (State.SUSPENDED, staff.user.username)
    assert words_of(last, rows[0].customer) == WHY


def test_too_many_are_refused_and_nothing_happens(staff, said, monkeypatch):
    monkeypatch.setattr("texture_portal.console.together.MOST", 1)
    rows = [active(), active()]
    given = {"verb": "revoke", "ids": [each.pk for each in rows], "reason": WHY, "step": "carry-out"}
    page = staff.post(TOGETHER, given, follow=True)
    assert said(page) == ["At most 1 are changed together. Nothing was changed."]
    assert states() == ["active", "active"]
    assert rehearsal.MOST == 100


def test_a_verb_that_is_for_one_row_alone_is_not_for_many(staff, said):
    row = active()
    page = staff.post(TOGETHER, {"verb": "open-conflict", "ids": [row.pk], "reason": WHY}, follow=True)
    assert said(page) == ["There is no such thing to do with them. Nothing was changed."]


@pytest.mark.parametrize("group", ["Auditor", "Partner manager"])
def test_who_may_not_change_one_does_not_change_many(group):
    row = active()
    client = member_of(group)
    given = {"verb": "revoke", "ids": [row.pk], "reason": WHY, "step": "carry-out"}
    assert client.get(TOGETHER, {"ids": [row.pk]}).status_code == 403
    assert client.post(TOGETHER, given).status_code == 403
    assert "act_together" not in client.get(LIST).content.decode()
    assert states() == ["active"]
