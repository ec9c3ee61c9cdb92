"""Requests as they come on the wire: raw paths, bodies without a length, a database that goes away."""

import io
import json

import pytest
from django.core.handlers.wsgi import WSGIRequest
from django.db import connection

from partners import arrivals
from partners.models import Customer
from texture_portal.refusals import Refusal


def request_of(**environ):
    base = {"REQUEST_METHOD": "POST", "PATH_INFO": "/v1/notes", "SERVER_NAME": "testserver", "SERVER_PORT": "80"}
    return WSGIRequest({**base, "wsgi.input": io.BytesIO(b""), **environ})


@pytest.mark.parametrize(
    ("environ", "target"),
    [
        ({"RAW_URI": "/v1/n%6ftes?a=%41&b"}, "/v1/n%6ftes?a=%41&b"),
        ({"RAW_URI": "/v1/notes?"}, "/v1/notes?"),
        ({"RAW_URI": "http://testserver/v1/notes?a=1"}, "/v1/notes?a=1"),
        ({"RAW_URI": "http://testserver"}, "/"),
        ({"REQUEST_URI": "/v1/notes"}, "/v1/notes"),
        ({"QUERY_STRING": "a=%41"}, "/v1/notes?a=%41"),
        ({"PATH_INFO": "/v1/a b\xc3\xa9"}, "/v1/a%20b%C3%A9"),
    ],
)
def test_the_target_is_as_it_was_sent(environ, target):
    assert arrivals.target_of(request_of(**environ)) == target


@pytest.mark.parametrize(("scheme", "host"), [("http", "TestServer:80"), ("https", "testserver:443")])
def test_the_authority_is_in_lower_case_without_the_default_port(scheme, host):
    message = arrivals.message_of(request_of(**{"wsgi.url_scheme": scheme, "HTTP_HOST": host}))
    assert message.derived["@authority"] == "testserver"
    other = arrivals.message_of(request_of(**{"wsgi.url_scheme": scheme, "HTTP_HOST": "testserver:8000"}))
    assert other.derived["@authority"] == "testserver:8000"


def test_a_body_without_a_length_is_read_to_its_end_and_no_further_than_the_limit():
    class Endless(io.RawIOBase):
        def read(self, size=-1):
            assert 0 <= size <= 101, "never more than the limit and one"
            return b"x" * size

    chunked = {"HTTP_TRANSFER_ENCODING": "chunked", "wsgi.input_terminated": True}
    body = io.BytesIO(b'{"referenceId": "cust-81"}')
    assert arrivals.read_body(request_of(**chunked, **{"wsgi.input": body}), limit=100) == body.getvalue()
    with pytest.raises(Refusal) as refused:
        arrivals.read_body(request_of(**chunked, **{"wsgi.input": Endless()}), limit=100)
    assert refused.value.code == "payload_too_large"


def test_a_body_announced_too_large_is_not_read_at_all():
    class Untouched(io.RawIOBase):
        def read(self, size=-1):
            raise AssertionError("it was read")

    with pytest.raises(Refusal) as refused:
        arrivals.read_body(request_of(CONTENT_LENGTH="101", **{"wsgi.input": Untouched()}), limit=100)
    assert refused.value.code == "payload_too_large"


@pytest.mark.django_db
@pytest.mark.urls("door_views")
def test_a_chunked_request_passes_the_door(acme):
    body = json.dumps({"referenceId": "cust-81"}).encode()
    headers = acme.signed_headers("POST", "/v1/notes", body, key="key-1")
    answer = acme.http.generic(
        "POST",
        "/v1/notes",
        content_type="application/json",
        headers={"Authorization": f"Bearer {acme.token}", "Transfer-Encoding": "chunked", **headers},
        CONTENT_TYPE="application/json",
        CONTENT_LENGTH="",
        **{"wsgi.input": io.BytesIO(body), "wsgi.input_terminated": True},
    )
    assert answer.status_code == 201, answer.content
    assert Customer.objects.get().reference_id == "cust-81"


@pytest.mark.django_db(transaction=True)
@pytest.mark.urls("door_views")
def test_a_lost_database_is_unavailable_and_changes_nothing(acme, problem):
    answer = acme.post("/v1/notes", {"referenceId": "lost inside"}, key="key-1")
    assert (answer.status_code, problem(answer)["code"]) == (503, "unavailable")
    assert int(answer["Retry-After"]) > 0
    connection.close()
    assert not Customer.objects.exists()
    assert acme.post("/v1/notes", {"referenceId": "cust-81"}, key="key-1").status_code == 201
