"""Many at once: one enrollment for one key, one device, one request id, and no deadlock (§2.4, §3)."""

import threading
import uuid
from collections.abc import Callable

from .client import Answer, Client, send
from .payloads import again, consent, enrollment
from .signing import sign


def _at_once(count: int, call: Callable[[int], Answer]) -> list[Answer]:
    """Every thread waits for the last one, then all call."""
    answers: list[Answer] = []
    together = threading.Barrier(count)

    def one(number: int) -> None:
        together.wait()
        answers.append(call(number))

    threads = [threading.Thread(target=one, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == count
    return answers


def test_fifty_parallel_posts_of_one_key_make_one_enrollment(lone_oem: Client) -> None:
    key, body = str(uuid.uuid4()), enrollment()
    request = sign(lone_oem.draft("POST", "/v1/enrollments", body, key=key), lone_oem.key)
    answers = _at_once(50, lambda _: send(request).check())
    made = [answer for answer in answers if answer.status == 201]
    busy = [answer for answer in answers if answer.status != 201]
    assert len({answer.body for answer in made}) == 1
    assert [answer.replayed for answer in made].count(False) == 1
    assert {answer.code for answer in busy} <= {"request_in_progress"}
    assert all(int(answer.headers["Retry-After"]) > 0 for answer in busy)
    assert lone_oem.enroll(body, key=key).body == made[0].body
    assert len(lone_oem.enrollments()) == 1


def test_parallel_posts_of_one_device_under_many_keys_make_one_enrollment(lone_oem: Client) -> None:
    body = enrollment()
    answers = _at_once(12, lambda _: lone_oem.enroll(body))
    assert sorted(answer.status for answer in answers) == [201] + [409] * 11
    assert {answer.code for answer in answers if answer.status == 409} == {"enrollment_exists"}
    assert len(lone_oem.enrollments()) == 1


def test_parallel_posts_of_one_customer_share_the_site(lone_oem: Client) -> None:
    bodies = [again(enrollment()) for _ in range(8)]
    for body in bodies:
        body["customer"] = bodies[0]["customer"]
    answers = _at_once(8, lambda number: lone_oem.enroll(bodies[number]))
    assert {answer.status for answer in answers} == {201}
    assert len({answer.json["site"]["id"] for answer in answers}) == 1


def test_parallel_batches_of_the_same_items_in_any_order_enroll_each_once(lone_oem: Client) -> None:
    items = [{"requestId": f"r-{number}", **enrollment()} for number in range(6)]
    orders = [items, items[::-1], items[3:] + items[:3], items[::2] + items[1::2]]
    answers = _at_once(8, lambda number: lone_oem.post("/v1/enrollments/batch", {"enrollments": orders[number % 4]}))
    assert {answer.status for answer in answers} == {200}
    made: dict[str, set[str]] = {}
    for result in (result for answer in answers for result in answer.json["results"]):
        if result["status"] == 201:
            made.setdefault(result["requestId"], set()).add(result["enrollment"]["id"])
        else:
            assert result["problem"]["code"] == "request_in_progress"
    assert {request_id: len(ids) for request_id, ids in made.items()} == {item["requestId"]: 1 for item in items}
    assert len(lone_oem.enrollments()) == 6


def test_parallel_patches_and_consents_of_one_enrollment_leave_it_whole(lone_oem: Client) -> None:
    path = f"/v1/enrollments/{lone_oem.enrolled(enrollment(consent={'optedIn': False}))['id']}"

    def one(number: int) -> Answer:
        if number % 2:
            return lone_oem.patch(path, {"customer": {"utilityAccountNumber": str(number)}})
        return lone_oem.post(f"{path}/consents", consent("demand_response"))

    assert {answer.status for answer in _at_once(8, one)} <= {200, 201}
    got = lone_oem.get(path).json
    assert (got["state"], len(got["programs"])) == ("enrolled", 1)
