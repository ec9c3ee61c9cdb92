"""The outbound client: where it goes, where it refuses to, and how long and how much it takes."""

import socket
import ssl
import struct
import threading
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from partners import http
from partners.addresses import is_callable
from partners.http import OutboundError, Request, UrlRefusedError, check_url
from tests.webhooks.receiver import answers, in_turn, receiving, sleeps, trickles

NAME = "hooks.acme.example"


@pytest.fixture
def outbound():
    """A client whose names lead where the test says, in turn."""
    made = []

    def make(*places: str, tls: ssl.SSLContext | None = None) -> http.Outbound:
        left = list(places)

        async def resolve(host, port, family):
            address = left.pop(0) if len(left) > 1 else left[0]
            return [
                {"hostname": host, "host": each, "port": port, "family": socket.AF_INET, "proto": 0, "flags": 0}
                for each in address.split()
            ]

        made.append(http.Outbound(resolve=resolve if places else None, tls=tls))
        return made[-1]

    yield make
    for each in made:
        each.close()


@pytest.fixture(autouse=True)
def _nothing_is_allowed(settings):
    settings.OUTBOUND_ALLOWED_HOSTS = []


@pytest.fixture
def loopback(settings):
    settings.OUTBOUND_ALLOWED_HOSTS = ["127.0.0.1", NAME]


def get(client, url, **options):
    return client.call(Request("GET", url, **options))


def refused(client, url, **options) -> str:
    with pytest.raises(OutboundError) as caught:
        get(client, url, **options)
    assert caught.value.__cause__ is None  # nothing of the URL is dragged along
    return caught.value.code


@pytest.mark.parametrize(
    ("address", "callable_"),
    [
        ("93.184.216.34", True), ("2606:4700::1111", True), ("64:ff9b::5db8:d822", True), ("127.0.0.1", False),
        ("0.0.0.0", False), ("10.1.2.3", False), ("172.16.0.1", False), ("192.168.1.1", False),
        ("169.254.169.254", False), ("100.64.0.1", False), ("224.0.0.1", False), ("255.255.255.255", False),
        ("198.18.0.1", False), ("192.0.2.1", False), ("240.0.0.1", False), ("::1", False), ("::", False),
        ("fe80::1", False), ("fc00::1", False), ("fec0::1", False), ("ff02::1", False), ("2001:db8::1", False),
        ("::ffff:127.0.0.1", False), ("::ffff:93.184.216.34", True), ("64:ff9b::7f00:1", False),
        ("2002:7f00:1::", False), ("2002:a01:203::1", False),
    ],
)  # fmt: skip
def test_only_globally_routable_addresses_are_called_however_they_are_written(address, callable_):
    assert is_callable(ip_address(address)) is callable_


@pytest.mark.parametrize(
    "url",
    [
        "ftp://example.com/", "//example.com/", "example.com", "https://", "https://user@example.com/",
        "https://user:password@example.com/", "https://example.com/#part", "https://example.com/ x",
        "https://example.com:99999/", "https://127.0.0.1/", "https://[::1]/", "https://[::ffff:10.0.0.1]/",
        "https://169.254.169.254/latest", "javascript:alert(1)", "https://exämple.com/", "https://example.com/\n",
        "http:///x", "file:///etc/passwd",
    ],
)  # fmt: skip
def test_a_url_that_would_never_be_called_is_refused_at_once(url):
    with pytest.raises(UrlRefusedError):
        check_url(url)


def test_http_is_taken_only_where_the_settings_take_it(settings):
    check_url("http://example.com/in?x=1")
    settings.ACCEPT_HTTP_URLS = False
    check_url("https://example.com:8443/in")
    with pytest.raises(UrlRefusedError, match="https://"):
        check_url("http://example.com/in")


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "0.0.0.0", "127.1", "2130706433", "0x7f000001"])
def test_no_way_of_writing_it_leads_inside(outbound, host):
    with receiving() as inside:
        url = f"http://{host}:{inside.server_port}/"
        assert refused(outbound(), url) in {"address_refused", "name_unknown"}
    assert inside.received == []


def test_a_name_that_leads_inside_is_refused_also_when_only_one_of_its_addresses_does(outbound):
    with receiving() as inside:
        url = f"http://{NAME}:{inside.server_port}/"
        assert refused(outbound("127.0.0.1"), url) == "address_refused"
        assert refused(outbound("93.184.216.34 127.0.0.1"), url) == "address_refused"
    assert inside.received == []


def test_a_name_that_turns_inside_after_it_was_looked_up_is_called_where_it_was(outbound, settings):
    """DNS rebinding: whoever looks twice is fooled; here the second look is a connection of its own, and refused."""
    looked = []

    async def rebinding(host, port, family):
        looked.append(host)
        there = "93.184.216.34" if len(looked) == 1 else "127.0.0.1"
        return [{"hostname": host, "host": there, "port": port, "family": socket.AF_INET, "proto": 0, "flags": 0}]

    client = http.Outbound(resolve=rebinding)
    try:
        with receiving() as inside:
            url = f"http://{NAME}:{inside.server_port}/"
            assert refused(client, url, seconds=0.5) in {"timed_out", "not_reached"}  # at 93.184.216.34
            assert inside.received == []
            assert looked == [NAME]
    finally:
        client.close()


@pytest.mark.usefixtures("loopback")
def test_no_redirect_is_followed(outbound):
    with receiving() as inside, receiving(answers(307, Location=inside.url)) as there:
        answer = get(outbound(), there.url)
    assert (answer.status, answer.headers["Location"]) == (307, inside.url)
    assert inside.received == []


@pytest.mark.usefixtures("loopback")
def test_proxy_variables_are_not_heeded(outbound, monkeypatch):
    with receiving() as proxy, receiving(answers(200, b"direct")) as there:
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url)
        assert get(outbound(), there.url).body == b"direct"
    assert proxy.received == []


@pytest.mark.usefixtures("loopback")
@pytest.mark.parametrize("manner", [sleeps(30), trickles(30)], ids=["silent", "trickling"])
def test_the_whole_exchange_has_its_time(outbound, manner):
    with receiving(manner) as there:
        assert refused(outbound(), there.url, seconds=0.3) == "timed_out"


@pytest.mark.usefixtures("loopback")
def test_an_answer_is_taken_so_far_and_no_further(outbound):
    with receiving(answers(200, b"x" * 3_000_000)) as there:
        answer = get(outbound(), there.url, most_bytes=1000)
    assert (len(answer.body), answer.is_cut) == (1000, True)


@pytest.mark.usefixtures("loopback")
def test_a_connection_is_used_again_and_one_that_was_closed_meanwhile_is_no_failure(outbound):
    def says_and_hangs_up(handler, received):
        handler.say(200)
        handler.close_connection = True  # without saying so

    with receiving(in_turn(says_and_hangs_up, answers(200))) as there:
        client = outbound()
        again = Request("POST", there.url, body=b"x", is_repeatable=True)
        assert [client.call(again).status for _ in range(3)] == [200, 200, 200]


def test_what_cannot_be_reached_says_why(outbound, settings):
    settings.OUTBOUND_ALLOWED_HOSTS = ["127.0.0.1", "nowhere.invalid"]
    assert refused(outbound(), "http://127.0.0.1:1/") == "not_reached"
    assert refused(outbound(), "http://nowhere.invalid/") == "name_unknown"


@pytest.mark.usefixtures("loopback")
def test_who_hangs_up_at_once_has_no_tls_to_offer_or_was_asked_for_none(outbound):
    with hanging_up() as place:
        assert refused(outbound(), f"https://{place}/") == "tls_failed"
        assert refused(outbound(), f"http://{place}/") in {"disconnected", "not_reached"}  # as the system has it


@contextmanager
def hanging_up():
    """Takes every connection and resets it."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def take() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                connection.close()

        threading.Thread(target=take, daemon=True).start()
        yield f"127.0.0.1:{server.getsockname()[1]}"
        server.shutdown(socket.SHUT_RDWR)


@pytest.mark.usefixtures("loopback")
def test_tls_and_host_keep_the_name_while_the_address_is_the_one_that_was_looked_up(outbound, tmp_path):
    server, trusting = _tls(tmp_path, NAME)
    with receiving(answers(200), tls=server) as there:
        answer = get(outbound("127.0.0.1", tls=trusting), f"https://{NAME}:{there.server_port}/in")
        assert answer.status == 200
        assert there.received[0].headers["host"] == f"{NAME}:{there.server_port}"
        other = outbound("127.0.0.1", tls=ssl.create_default_context())
        assert refused(other, f"https://{NAME}:{there.server_port}/in") == "tls_failed"


@pytest.mark.usefixtures("loopback")
def test_a_certificate_of_another_name_is_none(outbound, tmp_path):
    server, trusting = _tls(tmp_path, "somebody.else.example")
    with receiving(answers(200), tls=server) as there:
        assert refused(outbound("127.0.0.1", tls=trusting), f"https://{NAME}:{there.server_port}/") == "tls_failed"


def _tls(folder, name: str) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """A server's context with a certificate of this name, and a client's that trusts it."""
    key = generate_private_key(SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = certificate.public_bytes(Encoding.PEM)
    (folder / "pair.pem").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()) + pem)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(folder / "pair.pem")
    return server, ssl.create_default_context(cadata=pem.decode())
