"""What is stolen or sent again opens nothing: an answer of the maker, a code, a session, somebody else's pages."""

from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest

from devices.models import Connection, GrantRequest
from enrollments.models import Enrollment, LinkSession

pytestmark = pytest.mark.browser


@pytest.fixture
def caught(maker, walk):
    """A victim says yes at the maker; the answer is caught on its way back, and never reaches the victim's browser."""
    way = walk().begin().to_maker()
    asked = dict(parse_qsl(urlsplit(way.page.url).query))
    form = {**asked, "account": "resident-1", "password": "sandbox", "decision": "allow"}
    answer = maker.sandbox.http.post(f"{maker.sandbox.url}/oauth/authorize", data=form, allow_redirects=False)
    return way, answer.headers["Location"]


def test_a_stolen_answer_opens_nothing_elsewhere_and_still_works_where_it_belongs(caught, people, look):
    way, answer = caught
    thief = people()
    thief.goto(answer)
    thief.wait_for_selector("h1:has-text('This was begun in another browser')")
    look(thief, "link-theft-answer")
    assert not Connection.objects.exists()
    way.page.goto(answer)
    way.page.wait_for_url("**/devices/")


def test_an_answer_opens_once(caught, look):
    way, answer = caught
    way.page.goto(answer)
    way.page.wait_for_url("**/devices/")
    way.page.goto(answer)
    way.page.wait_for_selector("h1:has-text('This answer was used before')")
    look(way.page, "link-theft-replayed")
    assert Connection.objects.count() == 1
    assert Connection.objects.get().status == "active"


@pytest.mark.parametrize(
    ("change", "title"),
    [
        ({"state": "made up"}, "This answer belongs to nothing"),
        ({"iss": "https://elsewhere.example"}, "The answer came from somebody else"),
        ({"code": "made up"}, "The maker did not give access"),
    ],
)
def test_an_answer_that_was_changed_opens_nothing(caught, look, change, title):
    way, answer = caught
    parts = urlsplit(answer)
    changed = urlencode({**dict(parse_qsl(parts.query)), **change})
    way.page.goto(f"{parts.scheme}://{parts.netloc}{parts.path}?{changed}")
    way.page.wait_for_selector(f"h1:has-text('{title}')")
    look(way.page, f"link-theft-{next(iter(change))}")
    assert not Connection.objects.exists()


def test_an_answer_at_another_makers_address_opens_nothing(caught, maker):
    way, answer = caught
    way.page.goto(answer.replace(str(maker.cloud.pk), "00000000-0000-7000-8000-000000000000"))
    way.page.wait_for_selector("h1:has-text('The answer came to another address')")
    assert not Connection.objects.exists()


def test_no_step_of_anothers_visit_is_seen_or_taken(maker, walk, people):
    way = walk().begin().to_maker().decide()
    way.page.wait_for_url("**/devices/")
    thief = people()
    for step in ("maker", "devices", "address", "programs", "terms", "done", "problem", "left"):
        answer = thief.goto(way.page.url.replace("/devices/", f"/{step}/"))
        assert answer.status == 404
        assert maker.battery()["serial_number"] not in thief.content()
    session = LinkSession.objects.get()
    assert (session.state, session.fault) == ("opened", "")


def test_a_form_from_another_site_is_not_taken(maker, walk, client):
    """Nor one without the token that our own pages carry."""
    client.handler.enforce_csrf_checks = True
    way = walk().begin()
    path = urlsplit(way.page.url).path
    client.cookies["sessionid"] = next(
        each["value"] for each in way.page.context.cookies() if each["name"] == "sessionid"
    )
    assert client.get(path).status_code == 200
    assert client.post(path, {"cloud": str(maker.cloud.pk)}).status_code == 403
    assert not GrantRequest.objects.exists()
    assert not Enrollment.objects.exists()


def test_an_address_whose_secret_is_wrong_is_nothing(maker, sent, people):
    address, session = sent(device_id="PW3-1")
    page = people()
    answer = page.goto(f"/link/s/{session.pk}/{'0' * 48}/")
    assert answer.status == 404
    assert page.goto(address).status == 200


def test_the_pages_say_what_they_may_load(maker, people):
    page = people()
    policy = page.goto("/link/").headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src" not in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert page.goto("/account/").headers["cache-control"] == "no-store"
