"""Webhooks and the stream: signed, at least once, resumable; late and twice where a fault wants it."""

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise

import pytest
import requests
from standardwebhooks import Webhook

from tests.waiting import PATIENCE, wait_for


class Receiver:
    """Answers `refusals` times 503 and then 200, and keeps what it got."""

    def __init__(self):
        self.got, self.refusals = [], 0
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.got.append(({name.lower(): value for name, value in self.headers.items()}, body))
                refused = receiver.refusals > 0
                receiver.refusals -= refused
                self.send_response(503 if refused else 200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *args):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever)
        self.thread.start()
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook"

    def close(self):
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()

    def messages(self, count):
        wait_for(lambda: len(self.got) >= count, f"message {count}")
        return self.got

    def names(self):
        return [headers["webhook-id"] for headers, _ in self.got]

    def ticks(self):
        return [int(float(name)) for name in self.names()]


@pytest.fixture
def receiver():
    receiver = Receiver()
    yield receiver
    receiver.close()


@pytest.fixture
def subscribed(cloud, receiver):
    made = cloud.api("POST", "/v1/webhooks", json={"url": receiver.url}).json()
    yield made
    assert cloud.api("DELETE", f"/v1/webhooks/{made['webhook_id']}").status_code == 204


def test_readings_are_pushed_and_signed(cloud, receiver, subscribed):
    headers, body = receiver.messages(1)[0]
    message = Webhook(subscribed["secret"]).verify(body, headers)
    assert message["id"] == headers["webhook-id"]
    assert len(message["data"]) == cloud.told["devices"]
    assert subscribed["webhook_id"] in {each["webhook_id"] for each in cloud.get("/v1/webhooks")["data"]}


@pytest.fixture
def refuses_the_first(receiver):
    receiver.refusals = 1


def test_a_push_that_is_refused_comes_again_with_its_id(refuses_the_first, receiver, subscribed):
    receiver.messages(3)
    names = receiver.names()
    assert names[0] == names[1] != names[2]


def test_pushes_come_twice(cloud, receiver, subscribed):
    cloud.fault("duplicate_pushes", count=1)
    wait_for(lambda: len(set(receiver.names())) < len(receiver.names()), "a second of a push")
    receiver.messages(len(receiver.got) + 2)
    names = receiver.names()
    assert len(names) - len(set(names)) == 1


def test_pushes_come_late_and_out_of_order(cloud, receiver, subscribed):
    cloud.fault("late_pushes", seconds=2, count=1)
    wait_for(lambda: receiver.ticks() != sorted(receiver.ticks()), "a late push")
    ticks = receiver.ticks()
    assert len(set(ticks)) == len(ticks)


def test_pushes_are_lost(cloud, receiver, subscribed):
    receiver.messages(1)
    cloud.fault("lost_pushes", count=2)
    wait_for(lambda: max(leaps(receiver.ticks()), default=1) > 1, "a gap")
    assert max(leaps(receiver.ticks())) == 3


def leaps(ticks):
    return [after - before for before, after in pairwise(ticks)]


@pytest.mark.parametrize("url", ["ftp://x.example/", "nowhere", 5, None])
def test_a_webhook_wants_an_address(cloud, url):
    assert cloud.api("POST", "/v1/webhooks", json={"url": url}).status_code == 400


def events(cloud, *, count, last=None):
    headers = {"X-API-Key": cloud.told["api_key"]} | ({"Last-Event-ID": last} if last else {})
    found, name = [], None
    with requests.get(f"{cloud.url}/v1/stream", headers=headers, stream=True, timeout=PATIENCE) as answer:
        assert answer.status_code == 200, answer.text
        for line in answer.iter_lines():
            field, _, value = line.decode().partition(": ")
            if field == "id":
                name = value
            if field == "data":
                found.append((name, json.loads(value)))
                if len(found) == count:
                    return found
    raise AssertionError("the stream ended")


def test_the_stream_tells_every_device(cloud):
    [(_, message)] = events(cloud, count=1)
    assert len(message["data"]) == cloud.told["devices"]


def test_a_stream_that_was_cut_goes_on_where_it_was(cloud):
    first = events(cloud, count=2)
    time.sleep(1.2)
    again = events(cloud, count=3, last=first[0][0])
    assert again[0] == first[1]
    ticks = [int(name.partition(".")[0]) for name, _ in again]
    assert ticks == list(range(ticks[0], ticks[0] + 3))


def test_a_stream_wants_an_id_of_its_own(cloud):
    assert (
        cloud.api("GET", "/v1/stream", headers={"X-API-Key": cloud.told["api_key"], "Last-Event-ID": "x"}).status_code
        == 400
    )
