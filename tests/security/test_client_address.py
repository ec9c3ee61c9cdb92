"""Where a request comes from: through proxies that are trusted, and through none that is not."""

import pytest
from django.test import Client

from texture_portal.client_address import client_of, neighbourhood, networks
from texture_portal.models import Act

INNER = networks(["10.0.0.0/8", "fd00::/8"])


@pytest.mark.parametrize(
    ("peer", "forwarded", "client"),
    [
        ("203.0.113.7", "", "203.0.113.7"),
        ("203.0.113.7", "198.51.100.1", "203.0.113.7"),  # whoever is no proxy of ours may write what they like
        ("10.0.0.1", "198.51.100.1", "198.51.100.1"),
        ("10.0.0.1", "192.0.2.9, 198.51.100.1", "198.51.100.1"),  # what stands further left was made up
        ("10.0.0.1", "192.0.2.9, 198.51.100.1, 10.0.0.2", "198.51.100.1"),
        ("10.0.0.1", "10.9.9.9, 10.0.0.2", "10.9.9.9"),  # from within
        ("10.0.0.1", "198.51.100.1, nonsense", "10.0.0.1"),
        ("10.0.0.1", "198.51.100.1:51234", "198.51.100.1"),
        ("fd00::1", "[2001:db8::5]:443", "2001:db8::5"),
        ("", "198.51.100.1", ""),
    ],
)
def test_it_goes_from_the_right_past_trusted_proxies_alone(peer, forwarded, client):
    assert client_of(peer, forwarded, trusts_peer=False, trusted=INNER) == client


@pytest.mark.parametrize(
    ("peer", "forwarded", "client"),
    [
        ("127.0.0.1", "192.0.2.9, 198.51.100.1", "198.51.100.1"),
        ("", "198.51.100.1", "198.51.100.1"),  # over a socket without addresses
        ("127.0.0.1", "", "127.0.0.1"),
        ("127.0.0.1", "198.51.100.1, 10.0.0.2", "198.51.100.1"),
    ],
)
def test_behind_one_proxy_its_word_is_taken_whatever_its_address(peer, forwarded, client):
    assert client_of(peer, forwarded, trusts_peer=True, trusted=INNER) == client


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("198.51.100.1", "198.51.100.2", False),
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        ("::ffff:198.51.100.1", "198.51.100.1", True),
    ],
)
def test_a_customer_of_a_provider_is_one_neighbourhood(one, other, same):
    assert (neighbourhood(one) == neighbourhood(other)) is same


@pytest.mark.django_db
@pytest.mark.parametrize(("trusted", "kept"), [([], "127.0.0.1"), (["127.0.0.0/8"], "198.51.100.1")])
def test_what_is_written_down_names_the_client(settings, trusted, kept):
    settings.TRUSTED_PROXIES = networks(trusted)
    Client(headers={"X-Forwarded-For": "198.51.100.1"}).post("/admin/login/", {"username": "x", "password": "y"})
    assert Act.objects.get().address == kept
