"""TLS is tried, whatever is wrong with it; and a cloud that shows a bad certificate is not asked for more."""

import pytest

from devices.certification.suite import of_clouds
from partners.sandbox.certificates import Authority
from partners.sandbox.handshakes import spoken_by
from tests.webhooks.receiver import answers, receiving

from .concerned import of_section
from .conftest import outcomes, tried

WHY = {
    "expired_certificate": "certificate has expired",
    "wrong_name": "certificate is not valid for '127.0.0.1'",
    "self_signed": "self-signed certificate",
    "old_tls": "protocol version",
}
CUT = {"old_tls": "was cut during the handshake"}  # as some servers do, and others say why
# What is held against calls that came to an end: none did.
NOTHING_WRONG_WITH = {"well-formed", "rate-limits-observed", "tokens-hold"}


def of(report, requirement):
    [line] = [each for each in report.lines if each.result.requirement == requirement]
    return line.result


@pytest.mark.parametrize("fault", WHY)
def test_a_cloud_that_hands_are_not_shaken_with_fails_tls_and_whatever_follows(
    oem, cloud, second_secret, starts_anew, fault
):
    oem.fault(fault)
    starts_anew()
    report = tried(cloud, secret=second_secret)
    assert of(report, "tls").evidence["addresses"] == dict.fromkeys(
        ("API", "authorization", "tokens", "revocation"), "tls_failed"
    )
    assert (WHY | CUT)[fault] in of(report, "tls").evidence["why"]["API"]
    found = {name: outcome for name, outcome in outcomes(report).items() if outcome != "not_applicable"}
    assert {name for name, outcome in found.items() if outcome == "pass"} == NOTHING_WRONG_WITH
    assert set(found) == {each.name for each in of_clouds().requirements}
    assert of(report, "listed").evidence == {"code": "tls_failed"}


@pytest.fixture(scope="module")
def spoken():
    authority = Authority()
    return authority.certificate, spoken_by(authority, ["127.0.0.1"])


@pytest.mark.parametrize("fault", ["sound", *WHY])
def test_a_page_for_end_users_alone_fails_exactly_tls(
    oem, cloud, second_secret, spoken, starts_anew, monkeypatch, tmp_path, fault
):
    """Where it is somewhere else, whatever opens the cloud (§9) is as it was: nothing but a browser goes there."""
    certificate, manners = spoken
    trusted = tmp_path / "authorities.pem"
    with open(oem.told["authority"], "rb") as file:
        trusted.write_bytes(file.read() + certificate)
    monkeypatch.setenv("SSL_CERT_FILE", str(trusted))
    starts_anew()
    with receiving(answers(200), tls=manners[fault]) as there:
        cloud.authorize_url = f"https://127.0.0.1:{there.server_port}/oauth/authorize"
        cloud.save()
        report = tried(cloud, secret=second_secret, of=of_section("9"))
    assert set(report.failed) == (set() if fault == "sound" else {"tls"})
    if fault != "sound":
        assert list(of(report, "tls").evidence["why"]) == ["authorization"]
        assert WHY[fault] in of(report, "tls").evidence["why"]["authorization"]
