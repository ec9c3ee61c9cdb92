"""Who comes at once: over real HTTP and in real transactions, exactly one wins, and every state and chain is whole."""

from collections import Counter
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import transaction

from enrollments import lifecycle, review
from enrollments.models import Enrollment, ReviewCase
from enrollments.states import State
from programs.models import Participation, Program
from territories.models import Utility
from tests.contract import grid
from tests.contract.client import close_connections
from tests.contract.payloads import ago, changed, consent, enrollment
from texture_portal import actors, clock
from texture_portal.refusals import Refusal

pytestmark = pytest.mark.django_db(transaction=True)

BY = actors.system("tests")


@pytest.fixture
def partner(live_server, onboard):
    """Onboards one after another, with its token in hand so that a race is of enrollments alone."""

    def make():
        client = onboard(live_server.url.removeprefix("http://"))
        assert client.token
        return client

    yield make
    close_connections()


@pytest.fixture
def oem(partner):
    return partner()


@pytest.fixture(autouse=True)
def _the_trail_is_whole_in_the_end(transactional_db):
    yield
    call_command("verify_audit_trail")


def told(answers) -> Counter:
    return Counter(answer.status if answer.status < 400 else answer.code for answer in answers)


@pytest.mark.parametrize("round_", range(3))
def test_two_partners_enroll_one_serial_number_and_one_wins(partner, in_threads, round_):
    first, second = partner(), partner()
    ours, theirs = enrollment(), enrollment()
    theirs["device"]["serialNumber"] = f" {ours['device']['serialNumber'].lower()} "
    answers = in_threads(lambda: first.enroll(ours), lambda: second.enroll(theirs))
    assert told(answers) == {201: 1, "device_enrolled_elsewhere": 1}
    assert Enrollment.objects.count() == 1


def test_one_device_under_many_keys_is_enrolled_once(oem, in_threads):
    body = enrollment()
    answers = in_threads(*[lambda: oem.enroll(body)] * 10)
    assert told(answers) == {201: 1, "enrollment_exists": 9}
    (made,) = [answer.json["id"] for answer in answers if answer.status == 201]
    assert {answer.json["enrollmentId"] for answer in answers if answer.status == 409} == {made}
    assert Enrollment.objects.count() == 1


def test_twenty_at_once_into_three_places(oem, program_id, in_threads):
    Program.objects.filter(pk=program_id).update(max_enrollments=3)
    bodies = [enrollment(consent=consent("demand_response")) for _ in range(20)]
    answers = in_threads(*[lambda body=body: oem.enroll(body) for body in bodies])
    assert told(answers) == {201: 20}
    assert Counter(answer.json["state"] for answer in answers) == {"enrolled": 3, "opted_in": 17}
    assert Counter(Enrollment.objects.values_list("state", flat=True)) == {"enrolled": 3, "opted_in": 17}
    assert Participation.objects.live().count() == 3


def ambiguous(oem) -> ReviewCase:
    made = oem.enrolled(enrollment(grid.AMBIGUOUS))
    assert made["state"] == "pending_verification"
    return ReviewCase.objects.get(enrollment=made["id"])


@pytest.mark.parametrize("round_", range(3))
def test_a_correction_and_a_decision_at_once_are_in_some_order(oem, in_threads, round_):
    case = ambiguous(oem)
    reviewer = User.objects.create_user("rita", password=None)
    utility = Utility.objects.get(eia_id="90002")
    corrected, decided = in_threads(
        lambda: oem.patch(f"/v1/enrollments/{case.enrollment_id}", {"site": {"address": grid.MATCHED}}),
        lambda: review.resolve_territory(
            case, utility=utility, reason="The meter says so.", now=clock.now(), user=reviewer
        ),
    )
    assert corrected.status == 200
    assert isinstance(decided, Enrollment) or (isinstance(decided, Refusal) and decided.code == "state_conflict")
    case.refresh_from_db()
    assert case.decision == ("confirmed" if isinstance(decided, Enrollment) else "moot")
    shown = oem.get(f"/v1/enrollments/{case.enrollment_id}").json
    assert (shown["state"], shown["site"]["utility"]["eiaId"]) == ("enrolled", "90001")
    assert shown["review"] is None


def test_two_reviewers_at_once_decide_a_case_once(oem, in_threads):
    case = ambiguous(oem)
    users = [User.objects.create_user(name, password=None) for name in ("rita", "ravi", "rosa")]
    utility = Utility.objects.get(eia_id="90002")
    decided = in_threads(
        lambda: review.resolve_territory(case, utility=utility, reason="The meter.", now=clock.now(), user=users[0]),
        lambda: review.end_enrollment(case, reason="Nobody of ours.", now=clock.now(), user=users[1]),
        lambda: review.resolve_territory(case, utility=utility, reason="The bill.", now=clock.now(), user=users[2]),
    )
    (winner,) = [each for each in decided if isinstance(each, Enrollment)]
    assert [each.code for each in decided if isinstance(each, Refusal)] == ["state_conflict"] * 2
    case.refresh_from_db()
    assert case.decided_by == users[decided.index(winner)]


def revoke_consent(enrollment_id: str) -> None:
    now = clock.now()
    with transaction.atomic():
        held = Enrollment.objects.locked().get(pk=enrollment_id)
        lifecycle.revoke_consent(held, revoked_at=now - timedelta(minutes=5), source="device_app", now=now, by=BY)


@pytest.mark.parametrize(
    ("granted_at", "ends"),
    [("later than the revocation", "enrolled"), ("before the revocation", "opted_out")],
)
def test_a_consent_and_a_revocation_at_once_end_as_their_own_times_say(oem, in_threads, granted_at, ends):
    made = oem.enrolled(enrollment())
    granted = ago(seconds=60) if ends == "enrolled" else ago(minutes=30)
    answer, revoked = in_threads(
        lambda: oem.post(f"/v1/enrollments/{made['id']}/consents", consent(grantedAt=granted)),
        lambda: revoke_consent(made["id"]),
    )
    assert revoked is None
    assert answer.status == 201 or (ends, answer.code) == ("opted_out", "consent_revoked")
    shown = oem.get(f"/v1/enrollments/{made['id']}").json
    assert (shown["state"], shown["consent"]["status"]) == (ends, "valid" if ends == "enrolled" else "revoked")
    assert bool(shown["programs"]) is (ends == "enrolled")
    assert Participation.objects.live().count() == len(shown["programs"])


def test_everything_at_once_on_one_enrollment_leaves_a_legal_state(oem, in_threads):
    made = oem.enrolled(enrollment())
    path = f"/v1/enrollments/{made['id']}"
    results = in_threads(
        lambda: oem.patch(path, {"customer": {"utilityAccountNumber": "1"}}),
        lambda: oem.post(f"{path}/consents", consent("demand_response")),
        lambda: revoke_consent(made["id"]),
        lambda: oem.patch(path, {"site": {"address": grid.PARTIAL}}),
        lambda: oem.post(f"{path}/consents", consent("virtual_power_plant", grantedAt=ago(seconds=30))),
        lambda: oem.enroll(changed(enrollment(), "/device", enrollment()["device"])),
    )
    assert [each for each in results if isinstance(each, BaseException)] == []
    state = oem.get(path).json["state"]
    assert state in set(State)
    assert Enrollment.history.filter(id=made["id"]).latest("sequence").state == state
