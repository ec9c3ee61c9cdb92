"""Signed enrollments over HTTP, by several clients at once, against the real server."""

import json
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path
from typing import Any

import requests
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from examples.oem_client import Portal
from texture_portal import clock
from texture_portal.bench import bare
from texture_portal.bench.measuring import Measurement
from texture_portal.bench.scratch import scratch_database
from texture_portal.demo import setting
from texture_portal.demo.buildings import Building, buildings
from texture_portal.demo.server import HOST, free_port, serving

CLIENTS = 8
WARM_UP, POSTS = 40, 480
ENROLLMENTS = "/v1/enrollments"
_runs = count(1)


def measure(data: Path | None) -> Measurement:
    """The grid is the demo's, whatever `data` is: what is measured is the way of a request, not of a look-up."""
    with scratch_database() as database_url, tempfile.TemporaryDirectory() as folder:
        setting.lay_grid(None)
        setting.make_programs()
        credentials = json.loads(setting.take_on_partner(now=clock.now()))
        building = next(each for each in buildings() if each.expected.state == "enrolled")
        statements, rows = _in_process(credentials, building)
        port = free_port()
        with serving(port=port, log=Path(folder) / "server.log", database_url=database_url):
            clients = [_client(f"http://{HOST}:{port}", credentials) for _ in range(CLIENTS)]
            _post_all(clients, building, WARM_UP)
            seconds, rate = _post_all(clients, building, POSTS)
        return Measurement(
            "enrollment",
            rate,
            "enrollments/s",
            seconds,
            bare.rate(rows, database_url, connections=CLIENTS, transactions=POSTS),
            f"{CLIENTS} connections that insert the same rows and commit, into tables without index, key or trigger",
            {"clients": CLIENTS, "posts": POSTS, "statements": statements, "rows": rows.count},
        )


def _client(url: str, credentials: dict[str, str]) -> Portal:
    portal = Portal(url, credentials)
    portal.http.trust_env = False
    portal.token()
    return portal


def _post_all(clients: list[Portal], building: Building, posts: int) -> tuple[list[float], float]:
    """The seconds of each post, and posts a second over all."""
    documents = [_document(building) for _ in range(posts)]
    began = time.perf_counter()
    with ThreadPoolExecutor(len(clients)) as pool:
        shares = [documents[place :: len(clients)] for place in range(len(clients))]
        seconds = [each for share in pool.map(_post_share, clients, shares) for each in share]
    return seconds, posts / (time.perf_counter() - began)


def _post_share(client: Portal, documents: list[dict[str, Any]]) -> list[float]:
    seconds = []
    for document in documents:
        began = time.perf_counter()
        client.enroll(document)
        seconds.append(time.perf_counter() - began)
    return seconds


def _document(building: Building) -> dict[str, Any]:
    document = building.document(run=f"bench-{next(_runs)}", now=clock.now())
    document["customer"]["referenceId"] = document["device"]["serialNumber"]
    return document


def _in_process(credentials: dict[str, str], building: Building) -> tuple[int, bare.Rows]:
    """How many statements one enrollment takes, and the rows that it makes; a first one only warms up."""
    browser = Client(headers={"host": HOST})
    form = {"grant_type": "client_credentials", "client_id": credentials["clientId"]}
    answer = browser.post("/oauth/token/", {**form, "client_secret": credentials["clientSecret"]})
    token = answer.json()["access_token"]
    _post_in_process(browser, token, credentials, building)
    with bare.new_rows() as rows, CaptureQueriesContext(connection) as captured:
        _post_in_process(browser, token, credentials, building)
    return sum(not _is_transaction_control(query["sql"]) for query in captured.captured_queries), rows


def _is_transaction_control(statement: str) -> bool:
    return statement.startswith(("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE"))


def _post_in_process(browser: Client, token: str, credentials: dict[str, str], building: Building) -> None:
    signed = requests.Request(
        "POST",
        f"http://{HOST}{ENROLLMENTS}",
        json=_document(building),
        headers={"Authorization": f"Bearer {token}", "Idempotency-Key": f"in-process-{next(_runs)}"},
        auth=Portal("", credentials).signature,
    ).prepare()
    answer = browser.post(ENROLLMENTS, data=signed.body, content_type="application/json", headers=dict(signed.headers))
    if answer.status_code != 201:
        raise RuntimeError(f"the enrollment to count was refused: {answer.content!r}")
