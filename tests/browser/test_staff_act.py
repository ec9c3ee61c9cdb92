"""What program staff do beside the desk's daily work, each once in the browser: the message, the row, who and why."""

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.db import transaction
from django.urls import reverse

from enrollments import lifecycle
from enrollments.imports import keeping
from enrollments.models import Enrollment, EnrollmentFile, ReviewCase, Terms
from enrollments.states import State
from enrollments.terms import add_terms
from enrollments.timeline import timeline
from programs.models import Program
from tests.browser.test_console import carry_out, page_of
from tests.factories import NOW, PartnerFactory, ProgramFactory, active, enrolled, matched_to
from tests.imports.conftest import a_row, as_csv, in_grid, work_off  # noqa: F401 - a fixture
from texture_portal import actors, clock

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
STAFF = "program-staff"
LONG = "The house is gone, and so is the device; the customer wrote on Monday, and her heirs confirm it. " * 4


def last_of(enrollment):
    found = timeline(Enrollment.objects.get(pk=enrollment.pk))[-1]
    return found.after, found.detail, found.actor, found.actor_name


@pytest.mark.performs("enrollments.enrollment:opt-out", "enrollments.enrollment:revoke")
def test_a_customer_opts_out_and_an_enrollment_is_revoked(sign_in, keep):
    enrollment = active()
    page = sign_in("Program staff")
    page.goto(page_of(enrollment))
    carry_out(page, "opt-out", reason="She asked by telephone.")
    assert "is now opted out." in page.content()
    keep(page, "enrollment-opted-out")
    assert State.OPTED_OUT in Enrollment.objects.values_list("state", flat=True)
    carry_out(page, "revoke", reason=LONG)
    assert "is now revoked." in page.content()
    keep(page, "enrollment-revoked")
    assert last_of(enrollment) == ("revoked", LONG.strip(), "staff", STAFF)
    assert page.locator("form[action$='by-verb/']").count() == 0


@pytest.mark.performs(
    "enrollments.reviewcase:hand-over",
    "enrollments.reviewcase:put-back",
    "enrollments.reviewcase:verify-account",
    "enrollments.reviewcase:refute-transfer",
)
def test_a_case_is_handed_over_put_back_and_decided(sign_in, keep):
    program = ProgramFactory(wants_verified_account=True)
    enrollment = enrolled(finding=matched_to(program.owner), account_verified=True)
    case, colleague = ReviewCase.objects.get(), User.objects.create_superuser("anna")
    page = sign_in("Program staff")
    page.goto(page_of(case))
    page.locator("#hand-over-form").locator("xpath=preceding-sibling::summary").click()
    page.locator("#hand-over-form [name=to]").select_option(str(colleague.pk))
    carry_out(page, "hand-over", why="She knows the utility.")
    assert "anna looks after this case now." in page.content()
    keep(page, "case-handed-over")
    carry_out(page, "put-back", why="She is away.")
    assert "Nobody looks after this case now." in page.content()
    carry_out(page, "verify-account", reason="The utility confirmed it.")
    assert "is now enrolled." in page.content()
    keep(page, "case-account-verified")
    said = list(case.history.order_by("history_id").values_list("history_change_reason", "history_user_id"))
    assert said[-3:] == [
        ("assigned to anna: She knows the utility.", page.user.pk),
        ("taken from anna: She is away.", page.user.pk),
        ("The utility confirmed it.", page.user.pk),
    ]
    assert Enrollment.objects.get(pk=enrollment.pk).state == State.ENROLLED
    the_transfer_is_refuted(page, keep)


def the_transfer_is_refuted(page, keep):
    moved = active()
    with transaction.atomic():
        held = Enrollment.objects.locked().get(pk=moved.pk)
        lifecycle.report_ownership_transfer(held, transferred_at=NOW, now=clock.now(), by=actors.system("tests"))
    case = ReviewCase.objects.get(enrollment=moved)
    page.goto(page_of(case))
    assert page.locator("#refute-transfer-form").is_visible()
    keep(page, "case-ownership")
    carry_out(page, "refute-transfer", reason="The owner says no.")
    assert "The enrollment of" in page.content()
    case.refresh_from_db()
    assert (case.decision, case.decision_reason, case.decided_by) == ("rejected", "The owner says no.", page.user)


@pytest.mark.performs("enrollments.terms:delete")
def test_terms_that_nobody_agreed_to_are_taken_away(sign_in, keep):
    partner, by = PartnerFactory(), User.objects.create_superuser("root")
    terms = add_terms(version="2031-01", text="You agree.", partner=partner, program=None, now=clock.now(), user=by)
    page = sign_in("Program staff")
    page.goto(page_of(terms))
    keep(page, "terms-unused")
    page.locator("a[href$='/delete/']").first.click()
    page.wait_for_load_state()
    keep(page, "terms-delete")
    page.locator("form input[type=submit], form button[type=submit]").filter(visible=True).last.click()
    page.wait_for_load_state()
    assert "was deleted successfully" in page.content()
    assert not Terms.objects.exists()
    assert LogEntry.objects.get().user == page.user


@pytest.mark.performs("enrollments.enrollmentfile:stop", "enrollments.enrollmentfile:erase")
def test_a_file_is_stopped_and_erased(sign_in, keep, request):
    request.getfixturevalue("in_grid")
    page = sign_in("Program staff")
    keeping.upload([as_csv([a_row(1)])], name="may.csv", partner=PartnerFactory(), now=clock.now(), user=page.user)
    work_off()
    file = EnrollmentFile.objects.get()
    page.goto(page_of(file))
    carry_out(page, "start", reason="As agreed.")
    carry_out(page, "stop", reason="The wrong partner.")
    assert "Stopped. What is enrolled stays; the rest waits." in page.content()
    keep(page, "upload-stopped")
    carry_out(page, "erase", reason="It was sent by mistake.")
    assert "What was in the file is erased." in page.content()
    keep(page, "upload-erased")
    file.refresh_from_db()
    assert (file.status, file.erased_at is None, file.chunks.count()) == ("checked", False, 0)
    said = list(file.history.order_by("history_id").values_list("history_change_reason", "history_user_id"))
    assert said[-2:] == [
        ("stopped: The wrong partner.", page.user.pk),
        ("erased: It was sent by mistake.", page.user.pk),
    ]
    assert Enrollment.objects.count() == 0


@pytest.mark.performs(
    "programs.program:add", "programs.program:change", "programs.program:history", "programs.program:simple_history"
)
def test_a_program_is_made_changed_and_its_history_read(sign_in, keep):
    owner = ProgramFactory().owner
    page = sign_in("Program staff")
    page.goto(reverse("admin:programs_program_add"))
    keep(page, "program-add")
    page.fill("[name=name]", "Summer Saver")
    page.evaluate(
        "([id, name]) => document.querySelector('[name=owner]').append(new Option(name, id, true, true))",
        [str(owner.pk), owner.name],
    )
    page.select_option("[name=type]", "demand_response")
    page.check("[name=device_types][value=battery]")
    page.locator("[name=_save]").first.click()
    page.wait_for_load_state()
    program = Program.objects.get(name="Summer Saver")
    page.goto(page_of(program))
    page.fill("[name=max_enrollments]", "500")
    keep(page, "program-change")
    page.locator("[name=_continue]").first.click()
    page.wait_for_load_state()
    assert Program.objects.get(pk=program.pk).max_enrollments == 500
    page.locator("a:has-text('History')").filter(visible=True).last.click()
    page.wait_for_load_state()
    assert "Max enrollments: - → 500" in page.content()
    keep(page, "program-history")
    versions = program.history.all()
    assert [each.history_user for each in versions] == [page.user, page.user]
    page.goto(reverse("admin:programs_program_simple_history", args=(program.pk, versions[1].pk)))
    keep(page, "program-version")
    assert page.get_by_role("button", name="Revert").count() == 0
