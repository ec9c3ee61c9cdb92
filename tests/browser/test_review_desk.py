"""The review desk in a browser, as each role: who has which button, and what the buttons do."""

from datetime import timedelta

import pytest
from django.urls import reverse

from enrollments import conflicts, notes
from enrollments.models import CaseNote, Enrollment, ReviewCase
from tests.browser.conftest import AT_BOTH_WIDTHS
from tests.browser.test_console import carry_out, page_of
from tests.factories import ProgramFactory, ambiguous, enrolled
from texture_portal import clock

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

QUEUE = "/admin/enrollments/reviewcase/"


def waiting(*owners, hours_ago=1):
    return ReviewCase.objects.get(
        enrollment=ambiguous(*owners, now=clock.now() - timedelta(hours=hours_ago), consent=None)
    )


def badges(page):
    found = {}
    for title in ("Review queue", "My cases"):
        link = page.locator(f"#nav-sidebar a:has-text('{title}')").first
        found[title] = "".join(each for each in (link.text_content() or "").replace(title, "") if each.isdigit())
    return found


@AT_BOTH_WIDTHS
@pytest.mark.performs("enrollments.reviewcase:take", "enrollments.reviewcase:note", "enrollments.reviewcase:end")
def test_staff_take_a_case_write_a_note_and_decide_it(sign_in, keep):
    case, _ = waiting(), waiting(hours_ago=24 * 30)
    page = sign_in("Program staff")
    page.goto("/admin/")
    keep(page, "desk-front-page")
    assert badges(page) == {"Review queue": "2", "My cases": ""}
    page.goto(page_of(case))
    carry_out(page, "take")
    assert "You look after this case now." in page.content()
    carry_out(page, "note", text="The utility's map says it is theirs.")
    keep(page, "desk-case-taken")
    assert badges(page) == {"Review queue": "2", "My cases": "1"}
    assert CaseNote.objects.get().written_by == page.user
    page.goto(f"{QUEUE}?holder=me")
    keep(page, "desk-my-cases")
    page.goto(page_of(case))
    carry_out(page, "end", reason="Neither serves it.")
    case.refresh_from_db()
    assert (case.decision, case.decided_by) == ("rejected", page.user)
    page.goto(page_of(case))
    keep(page, "desk-case-decided")


@pytest.mark.performs("enrollments.reviewcase:together")
def test_like_cases_are_decided_together(sign_in, keep):
    owners = ProgramFactory().owner, ProgramFactory().owner
    cases = [waiting(*owners) for _ in range(3)]
    page = sign_in("Program staff")
    page.goto(page_of(cases[0]))
    page.get_by_text("Decide them together").click()
    page.wait_for_load_state()
    keep(page, "desk-together")
    page.get_by_label(owners[1].name).first.check()
    carry_out(page, "resolve", reason="All on one feeder.")
    keep(page, "desk-together-preview")
    assert ReviewCase.objects.filter(decided_at__isnull=True).count() == 3
    page.locator(f"#row_{cases[2].pk}").uncheck()
    page.get_by_role("button", name="Carry out").click()
    page.wait_for_load_state()
    keep(page, "desk-together-done")
    assert "2 of 2 cases" in page.content()
    assert list(ReviewCase.objects.filter(decided_at__isnull=True)) == [cases[2]]
    assert Enrollment.objects.filter(site__utility=owners[1]).count() == 2


@pytest.mark.performs("enrollments.reviewcase:act_together")
def test_a_selection_in_the_queue_is_decided_together(sign_in, keep):
    owners = ProgramFactory().owner, ProgramFactory().owner
    cases = [waiting(*owners) for _ in range(2)]
    page = sign_in("Program staff")
    page.goto(QUEUE)
    for case in cases:
        page.locator(f"input[name=_selected_action][value='{case.pk}']").check()
    keep(page, "desk-selection")
    page.locator("select[name=action]").select_option("act_together")
    page.get_by_role("button", name="Run").click()
    page.wait_for_load_state()
    assert "For all of them" in page.content()


@pytest.mark.performs("enrollments.enrollment:open-conflict", "enrollments.reviewcase:dismiss-conflict")
def test_a_conflict_is_opened_from_the_enrollment(sign_in, keep):
    enrollment = enrolled()
    page = sign_in("Program staff")
    page.goto(page_of(enrollment))
    carry_out(page, "open-conflict", reason="Another partner sent it twice.")
    page.goto(page_of(ReviewCase.objects.get()))
    keep(page, "desk-conflict")
    carry_out(page, "dismiss-conflict", reason="The receipt is clear.")
    assert ReviewCase.objects.get().decision == "rejected"


def test_of_two_who_decide_the_second_is_told_politely(sign_in, keep):
    case = waiting()
    first, second = sign_in("Program staff"), sign_in("Administrator")
    for page in (first, second):
        page.goto(page_of(case))
    carry_out(first, "end", reason="Neither serves it.")
    carry_out(second, "end", reason="I say so too.")
    keep(second, "desk-closed-meanwhile")
    assert "closed already, by program-staff" in second.content()
    assert ReviewCase.objects.get().decision_reason == "Neither serves it."


def test_an_auditor_sees_the_desk_and_touches_nothing(sign_in, keep):
    case = waiting()
    page = sign_in("Auditor")
    notes.add_note(case, text="For the auditor to read.", now=clock.now(), user=page.user)
    page.goto(QUEUE)
    assert page.locator("select[name=action]").count() == 0
    page.goto(page_of(case))
    keep(page, "desk-auditor")
    assert "For the auditor to read." in page.content()
    assert page.locator("form[action$='by-verb/']").count() == 0
    assert page.goto(f"{QUEUE}together/?like={case.pk}").status == 403
    enrollment = enrolled()
    page.goto(page_of(enrollment))
    assert page.locator("#open-conflict-form").count() == 0


def test_a_partner_manager_has_no_desk(sign_in):
    enrollment = enrolled()
    page = sign_in("Partner manager")
    conflicts.open_conflict(enrollment, reason="Two want it.", now=clock.now(), user=page.user)
    page.goto("/admin/")
    assert page.locator("#nav-sidebar a:has-text('Review queue')").count() == 0
    assert page.goto(QUEUE).status == 403
    assert page.goto(page_of(ReviewCase.objects.get())).status == 403
    assert page.goto(reverse("admin:enrollments_reviewcase_together")).status == 403
    page.goto(page_of(enrollment))
    assert page.locator("#open-conflict-form").count() == 0
