"""What a portal with a public host refuses to start with, and what one on one's own machine needs."""

import json
import os
import stat
from pathlib import Path

import pytest

PUBLIC = {
    "ALLOWED_HOSTS": "portal.example.com",
    "SECRET_KEY": "k" * 48,
    "DATA_KEYS": "d" * 48,
    "CHECKPOINT_KEY": "c" * 48,
    "DATABASE_URL": "postgresql://portal@127.0.0.1:1/portal",
}


def start(manage, **variables: str):
    return manage("diffsettings", **variables)


def test_production_starts_with_its_own_secrets_and_database(manage):
    done = start(manage, **PUBLIC)
    assert done.returncode == 0, done.stderr
    assert "DEBUG = False" not in done.stdout  # the default, so not among the differences
    assert "SECURE_SSL_REDIRECT = True" in done.stdout


@pytest.mark.parametrize("host", ["portal.example.com", "*", ".example.com", "localhost,10.0.0.1"])
def test_debug_is_refused_on_a_public_host(manage, host):
    done = start(manage, **{**PUBLIC, "ALLOWED_HOSTS": host, "DEBUG": "1"})
    assert done.returncode != 0
    assert "DEBUG is on for a public host" in done.stderr


@pytest.mark.parametrize("name", ["SECRET_KEY", "DATA_KEYS", "CHECKPOINT_KEY"])
def test_a_missing_secret_is_refused_on_a_public_host(manage, name):
    done = start(manage, **{**PUBLIC, name: ""})
    assert done.returncode != 0
    assert f"{name} is not set" in done.stderr


@pytest.mark.parametrize("name", ["SECRET_KEY", "DATA_KEYS", "CHECKPOINT_KEY"])
def test_a_development_secret_is_refused_on_a_public_host_and_not_shown(manage, name):
    done = start(manage, **{**PUBLIC, name: "own,development-abcdefgh"})
    assert done.returncode != 0
    assert f"{name} is a development secret" in done.stderr
    assert "abcdefgh" not in done.stderr


def test_a_missing_database_is_refused_on_a_public_host(manage):
    done = start(manage, **{**PUBLIC, "DATABASE_URL": ""})
    assert done.returncode != 0
    assert "DATABASE_URL is not set" in done.stderr


def test_a_refusal_is_said_in_words_without_a_traceback(manage):
    assert "Traceback" not in start(manage, **{**PUBLIC, "DEBUG": "1"}).stderr


def test_development_secrets_are_made_once_and_readable_by_their_owner_only(manage, environment):
    database = PUBLIC["DATABASE_URL"]
    file = Path(environment["PORTAL_HOME"]) / "secrets.json"
    assert start(manage, DATABASE_URL=database).returncode == 0
    first = json.loads(file.read_text())
    assert start(manage, DATABASE_URL=database).returncode == 0
    assert json.loads(file.read_text()) == first
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [name for name in os.listdir(file.parent) if name.startswith("tmp")] == []
    assert len({*first.values()}) == len(first) == 3


def test_a_secret_that_a_newer_portal_needs_is_added_and_the_others_stay(manage, environment):
    file = Path(environment["PORTAL_HOME"]) / "secrets.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    before = {"SECRET_KEY": "development-" + "s" * 48, "DATA_KEYS": "development-" + "d" * 48}
    file.write_text(json.dumps(before))
    assert start(manage, DATABASE_URL=PUBLIC["DATABASE_URL"]).returncode == 0
    after = json.loads(file.read_text())
    assert {name: after[name] for name in before} == before
    assert after["CHECKPOINT_KEY"].startswith("development-")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_home_that_cannot_be_written_is_said(manage):
    done = start(manage, PORTAL_HOME="/proc/nowhere", DATABASE_URL=PUBLIC["DATABASE_URL"])
    assert done.returncode != 0
    assert "Remedy: set PORTAL_HOME" in done.stderr
