"""A person grants access in a browser: with PKCE, in the browser that was sent, from the cloud that was asked, once."""

import hashlib
from base64 import urlsafe_b64encode
from datetime import timedelta
from urllib.parse import parse_qsl, urlsplit

import pytest

from devices.connections import grants
from devices.connections.access import authorize
from devices.connections.grants import GrantFailedError
from devices.models import Connection, GrantRequest
from tests.devices.connections.conftest import CALLBACK, SCOPES, at_once
from tests.factories import CustomerFactory
from texture_portal import clock
from texture_portal.refusals import Refusal


def asked_by(begun):
    return dict(parse_qsl(urlsplit(begun.url).query))


def code_of(failure):
    return failure.value.code


def test_an_end_user_grants_their_own_devices(linking):
    begun = linking.begin()
    connection = linking.complete(linking.say(begun.url, account="resident-2"))
    accounts = {each["account"] for each in linking.reads(authorize(connection, now=clock.now())).json()["data"]}
    assert accounts == {"resident-2"}
    row = Connection.objects.get()
    assert (row.grantor, row.way, row.status, row.generation) == ("end_user", "authorization_code", "active", 1)
    assert set(row.scopes) == set(SCOPES)
    assert row.expires_at > clock.now() + timedelta(minutes=50)
    assert GrantRequest.objects.get().outcome == "granted"


def test_the_cloud_is_asked_by_pkce_with_a_state_and_the_least_scopes(linking):
    begun = linking.begin()
    asked, request = asked_by(begun), GrantRequest.objects.get()
    challenge = urlsafe_b64encode(hashlib.sha256(request.verifier().encode()).digest()).decode().rstrip("=")
    assert (asked["code_challenge"], asked["code_challenge_method"]) == (challenge, "S256")
    assert (asked["redirect_uri"], asked["scope"].split()) == (CALLBACK, SCOPES)
    assert len(asked["state"]) >= 43
    assert asked["state"] not in repr(begun)


@pytest.mark.parametrize(
    ("changed", "options", "code"),
    [
        ({"iss": "https://elsewhere.example"}, {}, "issuer_differs"),
        ({"iss": ""}, {}, "issuer_differs"),
        ({"state": "a state that nobody made"}, {}, "state_unknown"),
        ({}, {"browser": "another browser"}, "browser_differs"),
        ({}, {"redirect_uri": f"{CALLBACK}/"}, "address_differs"),
        ({}, {"redirect_uri": f"{CALLBACK}?next=1"}, "address_differs"),
        ({}, {"now": clock.now() + timedelta(days=1)}, "expired"),
        ({"code": "a code that nobody made"}, {}, "refused"),
        ({"code": ""}, {}, "refused"),
    ],
)
def test_an_answer_counts_only_where_all_of_it_fits(linking, changed, options, code):
    answer = linking.say(linking.begin().url) | changed
    with pytest.raises(GrantFailedError) as failure:
        linking.complete(answer, **options)
    assert code_of(failure) == code
    assert not Connection.objects.exists()


def test_an_error_of_a_stranger_is_not_believed(linking):
    answer = linking.say(linking.begin().url, "deny") | {"iss": "https://elsewhere.example"}
    with pytest.raises(GrantFailedError) as failure:
        linking.complete(answer)
    assert code_of(failure) == "issuer_differs"


def test_saying_no_links_nothing(linking):
    with pytest.raises(GrantFailedError) as failure:
        linking.complete(linking.say(linking.begin().url, "deny"))
    assert code_of(failure) == "access_denied"
    assert "You said no" in str(failure.value)


def test_an_answer_is_used_once_however_many_bring_it_at_once(linking):
    answer = linking.say(linking.begin().url)

    def bring():
        try:
            return linking.complete(answer)
        except GrantFailedError as failure:
            return failure.code

    came = at_once(5, bring)
    assert sorted(each for each in came if isinstance(each, str)) == ["used"] * 4
    connection = next(each for each in came if isinstance(each, Connection))
    assert linking.reads(authorize(connection, now=clock.now())).status_code == 200, "the code was redeemed once"
    with pytest.raises(GrantFailedError) as failure:
        linking.complete(answer)
    assert code_of(failure) == "used"


def test_a_cloud_that_is_away_grants_nothing_and_says_so(linking):
    answer = linking.say(linking.begin().url)
    linking.sandbox.fault("unavailable", category="token")
    with pytest.raises(GrantFailedError) as failure:
        linking.complete(answer)
    assert code_of(failure) == "away"
    assert GrantRequest.objects.get().outcome == "http_503"


def test_a_cloud_that_does_not_name_itself_gets_an_address_of_its_own(linking):
    """Else an answer of one cloud could be passed off as another's (RFC 9700 §4.4.2)."""
    linking.cloud.issuer = ""
    linking.cloud.save()
    with pytest.raises(Refusal):
        linking.begin()
    own = f"{CALLBACK}/{linking.cloud.pk}"
    answer = linking.say(linking.begin(redirect_uri=own).url)
    assert linking.complete(answer, redirect_uri=own).status == "active"


def test_a_broken_connection_is_linked_again_and_keeps_its_row(linking):
    connection = linking.granted(account="resident-3")
    linking.sandbox.control("POST", "revocations", {"account": "resident-3"})
    with pytest.raises(Exception, match="links it again"):
        authorize(connection, now=clock.now() + timedelta(hours=2))
    again = linking.granted(account="resident-3", customer=connection.customer, renews=connection)
    assert again.pk == connection.pk
    assert Connection.objects.get().status == "active"
    assert linking.reads(authorize(connection, now=clock.now())).status_code == 200


def test_nobody_links_for_another_partners_customer(linking):
    with pytest.raises(Refusal):
        linking.begin(customer=CustomerFactory())
    mine = linking.granted()
    with pytest.raises(Refusal):
        linking.begin(renews=mine)


def test_a_fleet_owner_grants_in_a_browser_too(linking):
    begun = grants.begin(linking.cloud, redirect_uri=CALLBACK, browser="b", now=clock.now())
    connection = linking.complete(linking.say(begun.url), browser="b")
    assert (connection.grantor, connection.customer) == ("fleet", None)


def test_questions_of_long_ago_are_forgotten(linking):
    linking.begin()
    grants.purge(now=clock.now() + timedelta(days=20))
    assert GrantRequest.objects.count() == 1
    grants.purge(now=clock.now() + timedelta(days=40))
    assert not GrantRequest.objects.exists()
