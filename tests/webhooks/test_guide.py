"""The verification code of docs/webhooks.md, as it stands, at real deliveries."""

import importlib.util
import threading
from pathlib import Path

import pytest
from django.conf import settings

from tests.webhooks.conftest import announce, deliver, states
from tests.webhooks.receiver import receiving

EXAMPLE = Path(settings.BASE_DIR) / "docs" / "examples" / "webhooks.py"


@pytest.fixture
def example():
    spec = importlib.util.spec_from_file_location("webhooks_example", EXAMPLE)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_receiver_of_the_guide_takes_what_is_ours_and_nothing_else(example, endpoint_at, monkeypatch, capfd):
    with receiving() as probe:  # a port that is free
        port = probe.server_port
    server = example.ThreadingHTTPServer(("127.0.0.1", port), example.Receiver)
    endpoint = endpoint_at(f"http://127.0.0.1:{port}/in")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        announce(endpoint, data=lambda: {"number": 1, "id": "an-enrollment", "state": "active"})
        monkeypatch.setenv("WEBHOOK_SECRET", "whsec_bm90IG91cnM=")
        deliver()
        assert states(endpoint) == ["pending"]
        assert endpoint.deliveries.get().outcome == "http_400"
        monkeypatch.setenv("WEBHOOK_SECRET", endpoint.shown_secret)
        endpoint.deliveries.update(due_at=endpoint.created_at)
        deliver()
        assert states(endpoint) == ["delivered"]
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
    assert capfd.readouterr().out == "enrollment.status_changed an-enrollment active\n"


def test_the_guide_refuses_what_is_changed_or_old(example, receiver, endpoint_at):
    there = receiver()
    endpoint = endpoint_at(there.url)
    announce(endpoint, 7)
    deliver()
    [got] = there.received
    sent_at = int(got.headers["webhook-timestamp"])
    assert example.verify(got.headers, got.body, endpoint.shown_secret)["data"] == {"number": 7}
    for headers, body, now in (
        (got.headers, got.body + b" ", None),
        (got.headers, got.body, sent_at + 301),
        (got.headers | {"webhook-id": "another"}, got.body, None),
        ({}, got.body, None),
    ):
        with pytest.raises(ValueError, match=r"\w"):
            example.verify(headers, body, endpoint.shown_secret, now)
