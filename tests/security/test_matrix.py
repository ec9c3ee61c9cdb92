"""Every route, as each role, and as a stranger to what it is about (OWASP API1, API3 and API5)."""

import re
import uuid
from collections import Counter
from datetime import timedelta

import pytest
from django.contrib import admin
from django.contrib.auth.models import User
from django.db import models
from django.test import Client
from django.urls import reverse
from simple_history.admin import SimpleHistoryAdmin

from enrollments.models import Enrollment
from partners.onboarding import create_partner
from tests.admin.conftest import member_of
from tests.browser.offered import BY_VERB, address
from tests.browser.offers import EVERY_GROUP, may
from tests.browser.specimens import one_of_everything
from tests.factories import NOW, active
from tests.faults.test_strangers import ROUTES, address_of
from tests.security.matrix import BESIDE, For, leads_on, of_models, of_partners, routes
from texture_portal import actors, clock
from texture_portal.models import Look

pytestmark = pytest.mark.django_db

LOGIN = "/admin/login/"
NOWHERE = str(uuid.UUID(int=7))


def path_of(route: str, **known: str) -> str:
    """An address of this route; an id that is not known is nobody's."""
    plain = re.sub(r"\(\?P<(\w+)>[^)]*\)", r"<\1>", route).replace("^", "").replace("$", "")
    kinds = {"int": "2147483000", "uuid": NOWHERE}
    return "/" + re.sub(r"<(?:(\w+):)?(\w+)>", lambda at: known.get(at[2], kinds.get(at[1] or "", "nothing")), plain)


def test_every_route_has_an_entry():
    """One that is new fails here, until somebody has said who may call it."""
    told = {*BESIDE, *of_models(), *of_partners()}
    assert {route for route, _ in routes()} - told - {each for each, _ in routes() if leads_on(each)} == set()
    assert set(BESIDE) - {route for route, _ in routes()} == set(), "an entry for what is no route"
    assert of_partners() - {*ROUTES} == {r"^v1(/.*)?$"}, "tests/faults/test_strangers.py has no line for it"


# -- who is logged in to nothing, or to something else ----------------------------------------------------------------


@pytest.fixture
def enrolled():
    return active()


def visitor(*customers):
    """An end user who came in by a link from an e-mail."""
    client = Client()
    session = client.session
    until = clock.now() + timedelta(days=365)
    session["account"] = {"customers": [str(each.pk) for each in customers], "until": until.isoformat()}
    session.save()
    return client


def holder_of_a_token():
    made = create_partner("Token Energy", kind="oem", now=clock.now(), by=actors.system("tests"))
    basic = {"client_id": made.client.application.client_id, "client_secret": made.client.secret}
    answer = Client().post("/oauth/token/", {"grant_type": "client_credentials", **basic})
    return Client(headers={"Authorization": f"Bearer {answer.json()['access_token']}"})


def outsiders(enrolled):
    """Everybody who is not a member of staff."""
    plain = Client()
    plain.force_login(User.objects.create_user("just-a-user"))
    return {"nobody": Client(), "visitor": visitor(enrolled.customer), "partner": holder_of_a_token(), "user": plain}


def is_kept_out(answer) -> bool:
    return answer.status_code in (403, 405) or (answer.status_code == 302 and answer.url.startswith(LOGIN))


def console_paths():
    staff_only = {route for route, whose in BESIDE.items() if whose == For.STAFF and route != "admin/logout/"}
    for route in sorted({*staff_only, *of_models()}):
        yield route, path_of(route)


def test_nobody_but_staff_opens_a_page_of_the_console(enrolled):
    let_in = []
    for who, client in outsiders(enrolled).items():
        for route, path in console_paths():
            for method in ("GET", "POST"):
                answer = client.generic(method, path)
                leads_to_the_row = (
                    answer.status_code == 302 and answer.url == f"{path}change/"
                )  # of Django, says nothing
                own_log_out = route.endswith("logout/")
                if not (is_kept_out(answer) or leads_to_the_row or own_log_out):
                    let_in.append((who, method, path, answer.status_code))
    assert let_in == []


def test_a_log_in_to_the_console_or_to_my_devices_is_worth_nothing_at_the_partner_api(enrolled):
    browsers = {"administrator": member_of("Administrator"), "visitor": visitor(enrolled.customer)}
    let_in = [
        (who, method, route)
        for who, client in browsers.items()
        for route, methods in ROUTES.items()
        for method in methods or {}
        if client.generic(method, address_of(route, str(enrolled.pk))).status_code != 401
    ]
    assert let_in == []


# -- staff ------------------------------------------------------------------------------------------------------------


def console_calls(model_admin, row):
    """(action, method, address) of each of its routes: reading asks about the row, writing about none that there is."""
    stem = f"{model_admin.opts.app_label}_{model_admin.opts.model_name}_"
    url = lambda name, *args: reverse(f"admin:{stem}{name}", args=args)  # noqa: E731
    nobody = 2147483000 if isinstance(model_admin.opts.pk, models.IntegerField) else NOWHERE
    for name in {each.name.removeprefix(stem) for each in model_admin.get_urls() if each.name}:
        if name == "changelist":
            yield "view", "GET", url(name)
        elif name == "change":
            yield "view", "GET", url(name, row.pk)
            yield "change", "POST", url(name, nobody)
        elif name == "add":
            yield from (("add", method, url(name)) for method in ("GET", "POST"))
        elif name == "delete":
            yield from (("delete", method, url(name, nobody)) for method in ("GET", "POST"))
        elif name == "history":
            yield ("history" if isinstance(model_admin, SimpleHistoryAdmin) else "view"), "GET", url(name, row.pk)
        elif name == BY_VERB:
            yield from ((verb.name, "POST", url(name, nobody, verb.name)) for verb in model_admin.verbs)
        elif name != "simple_history" or row.history.exists():
            yield name, "GET or POST", address(model_admin, name, row)


@pytest.mark.django_db(transaction=True)
def test_each_group_is_let_in_where_the_table_says_and_nowhere_else():
    rows = one_of_everything()
    wrong, asked = [], Counter()
    for group in EVERY_GROUP:
        client = member_of(group)
        for model_admin in admin.site._registry.values():
            label = model_admin.opts.label_lower
            for action, method, path in console_calls(model_admin, rows[label][0]):
                answers = [client.generic(each, path) for each in method.split(" or ")]
                asked[group] += len(answers)
                if all(map(is_kept_out, answers)) == may(group, label, action):
                    wrong.append((group, method, path, action, [each.status_code for each in answers]))
    assert wrong == [], "\n".join(map(str, wrong))
    assert min(asked.values()) > 250


def test_staff_without_a_group_open_nothing_of_anybodys(enrolled):
    client = Client()
    client.force_login(User.objects.create_user("new-here", is_staff=True))
    seen = []
    for model_admin in admin.site._registry.values():
        for _, method, path in console_calls(model_admin, model_admin.model(pk=NOWHERE)):
            for each in method.split(" or "):
                answer = client.generic(each, path)
                is_nothing = answer.status_code == 404 or (answer.status_code == 302 and answer.url == "/admin/")
                if not (is_kept_out(answer) or is_nothing):
                    seen.append((each, path, answer.status_code))
    assert seen == []
    assert not Look.objects.exists()


# -- end users --------------------------------------------------------------------------------------------------------


def visitors_routes():
    return [route for route, whose in BESIDE.items() if whose == For.VISITOR]


@pytest.mark.parametrize("route", visitors_routes())
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_who_is_not_logged_in_to_my_devices_is_asked_to(enrolled, route, method):
    answer = Client().generic(method, path_of(route, enrollment_id=str(enrolled.pk)))
    assert answer.status_code == 405 or (answer.status_code, answer.url) == (302, "/account/")


@pytest.mark.parametrize("route", [each for each in visitors_routes() if "enrollment_id" in each])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_an_end_user_finds_nothing_of_another_and_changes_nothing(enrolled, route, method):
    other = active()
    program = str(enrolled.device.participations.get().program_id)
    known = {"enrollment_id": str(enrolled.pk), "program_id": program, "event_id": NOWHERE}
    stranger = visitor(other.customer)
    before = Enrollment.objects.values().get(pk=enrolled.pk)
    there = stranger.generic(method, path_of(route, **known))
    nowhere = stranger.generic(method, path_of(route, **{**known, "enrollment_id": NOWHERE}))
    assert there.status_code == nowhere.status_code
    assert there.status_code in (404, 405)
    assert Enrollment.objects.values().get(pk=enrolled.pk) == before
    if method == "GET" and there.status_code == 404:
        assert visitor(enrolled.customer).get(path_of(route, **known)).status_code in (200, 405)


@pytest.mark.django_db(transaction=True)  # no cloud is asked within a transaction
@pytest.mark.parametrize("route", [route for route, whose in BESIDE.items() if whose == For.BROWSER])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_visit_is_its_own_browsers(enrolled, route, method):
    answer = visitor(enrolled.customer).generic(method, path_of(route))
    assert answer.status_code in (400, 403, 404, 405, 410) or answer.url.startswith("/link/problem/")


# -- everybody --------------------------------------------------------------------------------------------------------


FOR_ANYBODY = [route for route, whose in BESIDE.items() if whose == For.ANYBODY]
THE_WAY_IN = ("account/", "admin/")  # shows whoever is in already where to go


@pytest.mark.parametrize("route", [each for each in FOR_ANYBODY if not each.startswith(THE_WAY_IN)])
def test_what_is_for_anybody_tells_nobody_more(enrolled, route):
    """Whoever asks is answered alike: no page for everybody shows more to one who is logged in somewhere."""
    path = path_of(route)
    statuses = {who: client.get(path).status_code for who, client in outsiders(enrolled).items()}
    assert len(set(statuses.values())) == 1, statuses


def test_figures_are_read_by_a_token_of_the_settings_alone(enrolled, settings):
    settings.METRICS_TOKENS = ["a token for those who look after it"]
    everybody = {**outsiders(enrolled), "administrator": member_of("Administrator")}
    assert {who: client.get("/metrics").status_code for who, client in everybody.items()} == dict.fromkeys(
        everybody, 404
    )
    assert Client(headers={"Authorization": "Bearer a guess"}).get("/metrics").status_code == 404


def test_the_token_endpoint_gives_nothing_without_the_secret():
    made = create_partner("Acme Energy", kind="oem", now=NOW, by=actors.system("tests"))
    form = {"grant_type": "client_credentials", "client_id": made.client.application.client_id}
    assert Client().get("/oauth/token/").status_code == 405
    for wrong in ({}, {"client_secret": ""}, {"client_secret": "guess"}):
        assert Client().post("/oauth/token/", {**form, **wrong}).status_code == 401
