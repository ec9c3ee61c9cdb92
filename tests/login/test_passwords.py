"""What a password may be, where it is typed, and that nobody keeps one that another knows."""

import hashlib
import re
import tracemalloc

import pytest
from django.contrib.auth.models import User
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from tests.login.conftest import PASSWORD
from texture_portal.login import breaches
from texture_portal.login.guessable import is_dressed_up, is_made_of, is_regular

LONG = "  Ünder the elm, 3 ravens: " + "caw " * 40
PAGE = "/admin/password_change/"


@pytest.mark.parametrize(
    "password",
    [
        "short", "password1234", "Password!2024", "!!qwertyuiop!!", "2024monkey2024", "123456789012345",
        "abcdefghijklmnop", "zzzzzzzzzzzzzz", "abcabcabcabcabc", "passwordpassword", "TexturePortal", "texture-portal1",
        "enrollment-admin", "rita-rita-rita",
    ],
)  # fmt: skip
def test_weak_passwords_are_refused(rita, password):
    with pytest.raises(ValidationError):
        validate_password(password, rita)


@pytest.mark.parametrize(
    "password",
    [
        PASSWORD, "all in lower case", "83017465920384756102", "xvqkzjwbfmtghl", "texture of a walnut shell", LONG,
        "p" * 3 + "aB!?" * 40, "密码很长而且没有规则可循的一句话",
    ],
)  # fmt: skip
def test_passwords_of_any_composition_and_of_any_length_are_taken(rita, password):
    validate_password(password, rita)


def test_the_companys_own_words_are_no_password(settings):
    settings.PASSWORD_WORDS, settings.ALLOWED_HOSTS = ["Wattsworth"], ["gridkeeper.example.com"]
    for password in ("wattsworth2026", "GridKeeper-2026", "wattsworthgridkeeper"):
        with pytest.raises(ValidationError):
            validate_password(password)
    validate_password("the heron at wattsworth pond")


@given(st.text(min_size=1, max_size=60), st.integers(2, 3))
def test_whatever_comes_again_and_again_is_regular(text, times):
    assert is_regular(text * times)


@given(st.text("0123456789!?_- ", max_size=7), st.text("0123456789", max_size=7))
def test_a_common_one_is_known_behind_any_few_signs(before, after):
    assert is_dressed_up(f"{before}Monkey", {"monkey"})
    assert is_dressed_up(f"Monkey{after}", {"monkey"})


@given(st.text(st.characters(codec="ascii"), max_size=7))
def test_our_words_with_any_few_characters_beside_are_ours(beside):
    assert is_made_of(f"Portal{beside}", ["portal"])
    assert is_made_of(f"{beside}PORTAL", ["portal"])


def test_a_password_that_comes_again_is_looked_for_up_to_a_bound_and_a_run_beyond_it():
    assert is_regular("ab!c" * 50)
    assert not is_regular("ab!c" * 51)
    assert is_regular("z" * 60_000)


@pytest.mark.parametrize("rule", [is_regular, lambda text: is_dressed_up(text, {"monkey"})], ids=["run", "dressed"])
def test_a_rule_takes_no_more_than_some_times_the_password(rule):
    password = "monkey" + "7!" * 2_000 + "x"
    tracemalloc.start()
    try:
        assert not rule(password)
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert most < 100 * len(password)


def test_a_password_has_an_end(rita, log_in):
    longest = ("a wren on the gate, " * 205)[:4096]
    client, _ = log_in()
    assert "4,096 characters at most" in change(client, longest + "x").content.decode()
    assert change(client, longest).status_code == 302
    assert log_in(password=longest)[1].status_code == 302


@pytest.fixture
def stolen(tmp_path):
    """A list of 500 passwords, as they are given out."""
    digests = sorted(hashlib.sha1(f"stolen {n}".encode(), usedforsecurity=False).hexdigest() for n in range(500))
    file = tmp_path / "stolen.txt"
    file.write_text("\r\n".join(f"{digest.upper()}:{n}" for n, digest in enumerate(digests)))
    return file


def test_every_line_of_the_list_is_found_and_nothing_else(stolen, tmp_path):
    assert all(breaches.is_known(f"stolen {n}", file=stolen) for n in range(500))
    assert not any(breaches.is_known(f"mine {n}", file=stolen) for n in range(500))
    (tmp_path / "empty").touch()
    assert not breaches.is_known("stolen 1", file=tmp_path / "empty")


def test_a_stolen_password_is_refused_where_there_is_a_list(stolen, settings):
    validate_password("stolen 1 and 77")
    stolen.write_text(hashlib.sha1(b"stolen 1 and 77", usedforsecurity=False).hexdigest())
    settings.BREACHED_PASSWORDS_FILE = stolen
    with pytest.raises(ValidationError, match="theft"):
        validate_password("stolen 1 and 77")


def change(client, new, old=PASSWORD):
    return client.post(PAGE, {"old_password": old, "new_password1": new, "new_password2": new})


def test_a_password_is_changed_by_who_knows_it_and_is_taken_as_it_was_typed(rita, log_in):
    client, _ = log_in()
    assert "incorrect" in change(client, LONG, old="not hers").content.decode()
    assert change(client, LONG).status_code == 302
    assert log_in(password=LONG)[1].status_code == 302
    for other in (LONG.strip(), LONG.lower(), LONG[:64], LONG[:72]):
        assert log_in(password=other)[1].status_code == 200


def test_a_changed_password_ends_every_other_session(rita, log_in):
    mine, stolen = log_in()[0], log_in()[0]
    assert change(mine, LONG).status_code == 302
    assert mine.get("/admin/").status_code == 200
    assert stolen.get("/admin/").status_code == 302


@pytest.mark.parametrize("path", ["/admin/login/", PAGE])
def test_passwords_are_masked_and_managers_of_passwords_help(rita, log_in, path):
    page = (log_in()[0] if path == PAGE else Client()).get(path).content.decode()
    fields = re.findall(r"<input[^>]*password[^>]*>", page)
    assert fields
    for field in fields:
        assert 'type="password"' in field
        assert re.search('autocomplete="(current|new)-password"', field), field
        assert not re.search("onpaste|maxlength|readonly", field), field


def test_who_was_given_a_password_chooses_another_before_anything_else(administrator, rita, log_in):
    given = {"password1": "a walnut in the snow", "password2": "a walnut in the snow"}
    assert administrator.post(f"/admin/auth/user/{rita.pk}/password/", given).status_code == 302
    client, _ = log_in(password="a walnut in the snow")
    for path in ("/admin/", "/admin/auth/user/", "/admin/find/?q=x"):
        assert client.get(path).url == PAGE, path
    assert client.post("/admin/auth/group/add/", {"name": "Friends"}).url == PAGE
    assert change(client, "a wren on the gate", old="a walnut in the snow").status_code == 302
    assert client.get("/admin/").status_code == 200
    assert log_in(password="a wren on the gate")[0].get("/admin/").status_code == 200


def test_who_was_taken_on_chooses_a_password_too(administrator, log_in):
    made = {"username": "nils", "password1": "a walnut in the snow", "password2": "a walnut in the snow",
            "usable_password": "true"}  # fmt: skip
    assert administrator.post("/admin/auth/user/add/", made).status_code == 302
    User.objects.filter(username="nils").update(is_staff=True)
    client, _ = log_in("nils", "a walnut in the snow")
    assert client.get("/admin/").url == PAGE


def test_a_password_given_anew_does_not_go_around_the_second_factor(administrator, rita, log_in, settings):
    settings.REQUIRE_SECOND_FACTOR = True
    rita.set_password("a walnut in the snow")
    rita.save()
    assert log_in(password="a walnut in the snow")[0].get("/admin/").url.startswith("/admin/second-factor/")
