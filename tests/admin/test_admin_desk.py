"""The review desk from its pages: taking and handing over, notes, the counts in the menu, like cases together."""

from datetime import timedelta

import pytest
from django.urls import reverse

from enrollments import review
from enrollments.models import CaseNote, Enrollment, ReviewCase
from enrollments.states import State
from partners.models import RefusedRequest
from tests.admin.conftest import member_of
from tests.factories import NOW, ProgramFactory, ambiguous, enrolled
from texture_portal import clock
from texture_portal.ids import new_id

QUEUE = "/admin/enrollments/reviewcase/"
TOGETHER = f"{QUEUE}together/"


def case_of(enrollment):
    return ReviewCase.objects.get(enrollment=enrollment)


def page_of(row):
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=(row.pk,))


@pytest.fixture
def staff(db):
    return member_of("Program staff")


def test_a_case_is_taken_and_stands_among_mine(staff, carry_out, said):
    mine, other = case_of(ambiguous()), case_of(ambiguous())
    page = carry_out(staff, mine, "take", held_by="", why="")
    assert page.redirect_chain[-1][0] == page_of(mine)
    assert "You look after this case now." in said(page)
    listed = staff.get(QUEUE, {"holder": "me"}).content.decode()
    assert mine.enrollment.device.serial_number in listed
    assert other.enrollment.device.serial_number not in listed
    assert other.enrollment.device.serial_number in staff.get(QUEUE, {"holder": "nobody"}).content.decode()


def test_a_case_is_handed_to_a_colleague_who_may_decide(staff, reviewer, onlooker, carry_out, said):
    case = case_of(ambiguous())
    shown = staff.get(page_of(case)).content.decode()
    assert f'<option value="{reviewer.user.pk}">' in shown
    assert f'<option value="{onlooker.user.pk}">' not in shown
    carry_out(staff, case, "hand-over", to=reviewer.user.pk, held_by="", why="Your street.")
    assert case_of(case.enrollment).assigned_to == reviewer.user
    late = carry_out(staff, case, "take", held_by="", why="")
    assert any("Meanwhile it was given to rita" in message for message in said(late))
    carry_out(staff, case, "put-back", held_by=reviewer.user.pk, why="")
    assert case_of(case.enrollment).assigned_to is None


def test_a_note_is_read_by_auditors_and_written_by_staff_only(staff, carry_out):
    case = case_of(ambiguous())
    carry_out(staff, case, "note", text="The neighbour's bill says the same.")
    auditor = member_of("Auditor")
    assert "The neighbour&#x27;s bill says the same." in auditor.get(page_of(case)).content.decode()
    for verb in ("note", "take", "hand-over", "put-back", "end", "resolve", "request-information"):
        assert carry_out(auditor, case, verb, text="Mine too.").status_code == 403
    assert CaseNote.objects.count() == 1


def test_the_menu_counts_what_waits_and_what_is_mine(staff, carry_out):
    assert badges(staff) == {"Review queue": None, "My cases": None}
    long_ago = clock.now() - timedelta(days=30)
    late, fresh = case_of(ambiguous(now=long_ago, consent=None)), case_of(ambiguous(now=clock.now(), consent=None))
    carry_out(staff, fresh, "take", held_by="", why="")
    assert badges(staff) == {"Review queue": (2, "danger"), "My cases": (1, "primary")}
    carry_out(staff, late, "end", reason="Too late.")
    assert badges(staff) == {"Review queue": (1, "primary"), "My cases": (1, "primary")}
    assert badges(member_of("Partner manager")) == {}


def badges(client):
    groups = client.get("/admin/").context["sidebar_navigation"]
    items = next((group["items"] for group in groups if group["title"] == "Review desk"), [])
    return {item["title"]: (item["badge"], item["badge_variant"]) if "badge" in item else None for item in items}


def test_the_front_page_tells_of_escalated_cases_and_claims(staff):
    enrollment = enrolled()
    for _ in range(2):
        RefusedRequest.objects.create(
            id=new_id(), partner=enrollment.partner, at=NOW, method="POST", path="/v1/enrollments", status=409,
            code="device_enrolled_elsewhere", flag="device_enrolled_elsewhere", about=enrollment.pk,
        )  # fmt: skip
    case = case_of(ambiguous())
    case.escalated_at = NOW
    case.save()
    page = staff.get("/admin/")
    assert page.context["escalated_cases"] == 1
    assert str(enrollment.device) in page.content.decode()
    assert "2 times" in page.content.decode()
    assert case.enrollment.device.serial_number in staff.get(QUEUE, {"pressing": "escalated"}).content.decode()
    shown = staff.get(page_of(enrollment)).content.decode()
    assert "Others who claim this device" in shown


def test_a_conflict_is_opened_and_dismissed_from_the_pages(staff, carry_out):
    enrollment = enrolled()
    carry_out(staff, enrollment, "open-conflict", reason="Another partner sent it twice.")
    case = case_of(enrollment)
    assert "open-conflict-form" not in staff.get(page_of(enrollment)).content.decode()
    carry_out(staff, case, "dismiss-conflict", reason="The receipt is clear.")
    assert (case_of(enrollment).decision, Enrollment.objects.get().state) == ("rejected", State.ENROLLED)


# -- together --


@pytest.fixture
def alike(db):
    owners = ProgramFactory().owner, ProgramFactory().owner
    return owners, [case_of(ambiguous(*owners)) for _ in range(3)]


def test_like_cases_are_decided_together_after_a_preview(staff, alike, said):
    (_, chosen), cases = alike
    stray = case_of(ambiguous())
    assert "2 other open cases are decided by the same facts" in staff.get(page_of(cases[0])).content.decode()
    listed = staff.get(TOGETHER, {"like": cases[0].pk})
    assert {row for row, *_ in listed.context["rows"]} == set(cases)
    given = {"verb": "resolve", "ids": [each.pk for each in cases], "candidate": chosen.pk, "reason": "The bill."}
    preview = staff.post(TOGETHER, given)
    assert preview.content.decode().count("is now enrolled") == 3
    assert ReviewCase.objects.filter(decided_at__isnull=True).count() == 4
    kept = {**given, "ids": [each.pk for each in cases[:2]], "step": "carry-out"}
    done = staff.post(TOGETHER, kept, follow=True)
    assert said(done) == ["Resolve to a utility: 2 of 2 cases."]
    undecided = set(ReviewCase.objects.filter(decided_at__isnull=True))
    assert undecided == {cases[2], stray}
    assert set(ReviewCase.objects.filter(decided_by=staff.user).values_list("decision_reason", flat=True)) == {
        "The bill."
    }


def test_a_selection_in_the_queue_leads_to_the_same_page(staff, alike):
    _, cases = alike
    chosen = {"action": "act_together", "_selected_action": [each.pk for each in cases[:2]], "index": "0"}
    page = staff.post(QUEUE, chosen, follow=True)
    assert page.redirect_chain[-1][0].startswith(TOGETHER)
    assert {row for row, *_ in page.context["rows"]} == set(cases[:2])


def test_what_is_not_alike_is_not_decided_together(staff, alike, said):
    _, cases = alike
    page = staff.get(TOGETHER, {"ids": [cases[0].pk, case_of(ambiguous()).pk]}, follow=True)
    assert any("not alike" in message for message in said(page))


def test_without_a_reason_the_form_comes_back_and_nothing_happens(staff, alike):
    (_, chosen), cases = alike
    page = staff.post(TOGETHER, {"verb": "resolve", "ids": [cases[0].pk], "candidate": chosen.pk, "step": "carry-out"})
    assert "This field is required" in page.content.decode()
    assert ReviewCase.objects.filter(decided_at__isnull=True).count() == 3


def test_one_that_a_colleague_closed_meanwhile_is_told_and_the_others_are_done(staff, alike, reviewer, said):
    (_, chosen), cases = alike
    review.end_enrollment(cases[1], reason="Moved away.", now=NOW, user=reviewer.user)
    given = {"verb": "resolve", "ids": [each.pk for each in cases], "candidate": chosen.pk, "reason": "The bill."}
    messages = said(staff.post(TOGETHER, {**given, "step": "carry-out"}, follow=True))
    assert messages[0] == "Resolve to a utility: 2 of 3 cases."
    assert "closed already, by rita" in messages[1]


@pytest.mark.parametrize("group", ["Auditor", "Partner manager"])
def test_who_may_not_decide_does_not_act_together_either(group, alike):
    _, cases = alike
    client = member_of(group)
    given = {"verb": "end", "ids": [cases[0].pk], "reason": "Mine.", "step": "carry-out"}
    assert client.get(TOGETHER, {"like": cases[0].pk}).status_code == 403
    assert client.post(TOGETHER, given).status_code == 403
    assert "act_together" not in client.get(QUEUE).content.decode()
    assert not ReviewCase.objects.filter(decided_at__isnull=False).exists()
