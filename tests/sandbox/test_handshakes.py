"""Served over TLS it is trusted by whom its authority was given to; and each of its faults is what it is called."""

import socket
import ssl
import warnings

import pytest

from partners.sandbox.faults import IN_HANDSHAKES
from sandbox.running import running_cloud


@pytest.fixture(scope="module")
def over_tls(tmp_path_factory):
    authority = tmp_path_factory.mktemp("authority") / "authority.pem"
    with running_cloud(devices=6, tls=authority) as cloud:
        yield cloud


@pytest.fixture(autouse=True)
def _mended(over_tls):
    yield
    over_tls.control("DELETE", "faults")


def trusting(cloud):
    return ssl.create_default_context(cafile=cloud.told["authority"])


def shaken(cloud, context):
    """The version of TLS that the two agree on. Raises `ssl.SSLError`."""
    host, _, port = cloud.url.removeprefix("https://").partition(":")
    with context.wrap_socket(socket.create_connection((host, int(port)), 10), server_hostname=host) as wrapped:
        return wrapped.version()


def test_it_is_trusted_by_whom_its_authority_was_given_to(over_tls):
    assert shaken(over_tls, trusting(over_tls)) in ("TLSv1.2", "TLSv1.3")
    assert over_tls.get("/v1/devices")["data"]
    with pytest.raises(ssl.SSLCertVerificationError, match="issuer"):
        shaken(over_tls, ssl.create_default_context())


@pytest.mark.parametrize(
    ("kind", "why"),
    [
        ("expired_certificate", "certificate has expired"),
        ("wrong_name", "not valid for '127.0.0.1'"),
        ("self_signed", "self-signed certificate"),
    ],
)
def test_its_certificate_is_bad_until_it_is_mended(over_tls, kind, why):
    over_tls.fault(kind)
    with pytest.raises(ssl.SSLCertVerificationError, match=why):
        shaken(over_tls, trusting(over_tls))
    over_tls.control("DELETE", "faults")
    assert shaken(over_tls, trusting(over_tls))


def test_old_tls_is_really_spoken_with_whom_takes_it(over_tls):
    over_tls.fault("old_tls")
    with pytest.raises((ssl.SSLError, ConnectionResetError)):
        shaken(over_tls, trusting(over_tls))
    lax = trusting(over_tls)
    lax.set_ciphers("DEFAULT:@SECLEVEL=0")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        lax.minimum_version = ssl.TLSVersion.TLSv1_1
    assert shaken(over_tls, lax) == "TLSv1.1"


@pytest.mark.parametrize("kind", IN_HANDSHAKES)
def test_without_tls_there_is_no_handshake_to_spoil(cloud, kind):
    with pytest.raises(AssertionError, match="--tls"):
        cloud.fault(kind)


def test_a_fleet_can_have_been_offline_for_a_while(cloud):
    before = cloud.get("/v1/states")["data"]
    cloud.fault("offline", ago=1200)
    for was, now in zip(before, cloud.get("/v1/states")["data"], strict=True):
        assert now["online"] is False
        assert now["observed_at"] < was["observed_at"]
