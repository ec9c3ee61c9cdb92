"""Signed enrollments over HTTP, by several clients at once, against the real server."""

import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from enrollments.models import Enrollment
from enrollments.tasks import advance_waiting
from enrollments.waiting import LONGEST_REQUEST
from texture_portal import clock
from texture_portal.bench import bare
from texture_portal.bench.crowd import multiply
from texture_portal.bench.measuring import Measurement
from texture_portal.bench.posting import Sender, Sent, sender
from texture_portal.bench.scratch import scratch_database
from texture_portal.demo import setting
from texture_portal.demo.buildings import Building, buildings
from texture_portal.demo.server import HOST, free_port, serving

CLIENTS = 8
WARM_UP, POSTS = 160, 1600
FEW, MANY = 1_000, 200_000
BATCHES, BATCH_SIZE, BATCH_CLIENTS = 24, 100, 4
ENROLLMENTS, BATCH = "/v1/enrollments", "/v1/enrollments/batch"
BARE = "connections that insert the same rows and commit, into tables without index, key or trigger"
_runs = count(1)


def measure(data: Path | None) -> Measurement:
    """The grid is the demo's, whatever `data` is: what is measured is the way of a request, not of a look-up."""
    with _stage() as stage:
        stage.fill(FEW)
        sent = stage.post_singles(POSTS)
        return Measurement(
            "enrollment",
            sent.rate,
            "enrollments/s",
            sent.seconds,
            stage.bare_rate(connections=CLIENTS, transactions=POSTS),
            f"{CLIENTS} {BARE}",
            {"clients": CLIENTS, "posts": POSTS, "in_table": FEW, "statements": stage.statements, **stage.size()},
        )


def measure_at_size(data: Path | None) -> Measurement:
    """The same, with many enrollments in the table: what it is compared with is the rate with few, in this run."""
    with _stage() as stage:
        stage.fill(FEW)
        few = stage.post_singles(POSTS)
        stage.fill(MANY)
        many = stage.post_singles(POSTS)
        details = {"clients": CLIENTS, "posts": POSTS, "in_table": MANY}
        against = f"the same with {FEW} enrollments in the table"
        return Measurement("enrollment_at_size", many.rate, "enrollments/s", many.seconds, few.rate, against, details)


def measure_batch(data: Path | None) -> Measurement:
    """Seconds are those of a whole batch."""
    with _stage() as stage:
        documents = [{"enrollments": [stage.item() for _ in range(BATCH_SIZE)]} for _ in range(BATCHES)]
        posts = [stage.sender.sign(BATCH, document) for document in documents]
        sent = stage.sender.send(posts, clients=BATCH_CLIENTS, expect=200)
        made, expected = Enrollment.objects.count(), stage.made + BATCHES * BATCH_SIZE
        if made != expected:
            raise RuntimeError(f"{made} enrollments where {expected} were sent: items were refused")
        return Measurement(
            "batch",
            sent.rate * BATCH_SIZE,
            "enrollments/s",
            sent.seconds,
            stage.bare_rate(connections=BATCH_CLIENTS, transactions=BATCHES * BATCH_SIZE),
            f"{BATCH_CLIENTS} {BARE}, one enrollment a transaction",
            {"clients": BATCH_CLIENTS, "batches": BATCHES, "batch_size": BATCH_SIZE},
        )


@dataclass(slots=True)
class _Stage:
    """A served portal with a grid, programs and a partner, whose first enrollments only warmed it up."""

    sender: Sender
    building: Building
    database_url: str
    statements: int
    rows: bare.Rows
    made: int = 0

    def fill(self, total: int) -> None:
        """To so many enrollments: copies of those that are there, from `crowd`."""
        here = Enrollment.objects.count()
        if here < total:
            multiply(total // here - 1)
        self.post_singles(WARM_UP)

    def post_singles(self, number: int) -> Sent:
        posts = [self.sender.sign(ENROLLMENTS, self.document()) for _ in range(number)]
        self.made += number
        return self.sender.send(posts, clients=CLIENTS, expect=201)

    def document(self) -> dict[str, Any]:
        return _document(self.building)

    def item(self) -> dict[str, Any]:
        return {"requestId": f"item-{next(_runs)}", **self.document()}

    def bare_rate(self, *, connections: int, transactions: int) -> float:
        return bare.rate(self.rows, self.database_url, connections=connections, transactions=transactions)

    def size(self) -> dict[str, int]:
        return {"rows": self.rows.count}


@contextmanager
def _stage() -> Iterator[_Stage]:
    with scratch_database() as database_url, tempfile.TemporaryDirectory() as folder:
        setting.lay_grid(None)
        setting.make_programs()
        _settle_programs()
        credentials = json.loads(setting.take_on_partner(now=clock.now()))
        building = next(each for each in buildings() if each.expected.state == "enrolled")
        statements, rows = _in_process(credentials, building)
        port = free_port()
        with serving(port=port, log=Path(folder) / "server.log", database_url=database_url):
            stage = _Stage(sender(HOST, port, credentials), building, database_url, statements, rows, made=2)
            stage.post_singles(WARM_UP)
            yield stage


def _settle_programs() -> None:
    """While nobody is enrolled: else the worker would weigh everybody against the new programs while we measure."""
    began = clock.now()
    for moment in (began, began + LONGEST_REQUEST):
        advance_waiting(now=moment)


def _document(building: Building) -> dict[str, Any]:
    document = building.document(run=f"bench-{next(_runs)}", now=clock.now())
    document["customer"]["referenceId"] = document["device"]["serialNumber"]
    return document


def enroll_one(credentials: dict[str, str]) -> None:
    """By the real door, in this process."""
    building = next(each for each in buildings() if each.expected.state == "enrolled")
    browser = Client(headers={"host": HOST})
    _post_in_process(browser, _sender_within(browser, credentials), building)


def _sender_within(browser: Client, credentials: dict[str, str]) -> Sender:
    form = {"grant_type": "client_credentials", "client_id": credentials["clientId"]}
    answer = browser.post("/oauth/token/", {**form, "client_secret": credentials["clientSecret"]})
    return Sender(HOST, 80, credentials, answer.json()["access_token"])


def _in_process(credentials: dict[str, str], building: Building) -> tuple[int, bare.Rows]:
    """How many statements one enrollment takes, and the rows that it makes; a first one only warms up."""
    browser = Client(headers={"host": HOST})
    within = _sender_within(browser, credentials)
    _post_in_process(browser, within, building)
    with bare.new_rows() as rows, CaptureQueriesContext(connection) as captured:
        _post_in_process(browser, within, building)
    return sum(not _is_transaction_control(query["sql"]) for query in captured.captured_queries), rows


def _is_transaction_control(statement: str) -> bool:
    return statement.startswith(("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE"))


def _post_in_process(browser: Client, within: Sender, building: Building) -> None:
    post = within.sign(ENROLLMENTS, _document(building))
    answer = browser.post(ENROLLMENTS, data=post.body, content_type="application/json", headers=post.headers)
    if answer.status_code != 201:
        raise RuntimeError(f"the enrollment to count was refused: {answer.content!r}")
