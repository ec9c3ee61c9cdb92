"""The demo's end user: links a battery that the partner has enrolled, and consents on the portal's pages (§11.8)."""

from collections.abc import Iterator
from typing import Any

from examples.oem_client import Portal
from texture_portal.demo import simulated
from texture_portal.demo.person import LostError, Person
from texture_portal.demo.simulated import SimulatedCloud


def play(portal: Portal, cloud: SimulatedCloud) -> Iterator[str]:
    """What happens, line by line. Raises `LostError` where a page is another than the one that was to come."""
    number, battery = next(
        (number, each)
        for number, each in enumerate(simulated.taking_part(cloud))
        if (each["type"], each["account"]) == ("battery", cloud.account)
    )
    [enrollment] = portal.enrollments(manufacturerDeviceId=battery["device_id"])
    session = portal.call("POST", "/v1/link-sessions", {"enrollmentId": enrollment["id"]}).json()
    yield f"the partner makes a link session for the battery {battery['serial_number']} and sends its address"
    person = Person().open(session["url"]).fill_in()
    yield f"the customer opens it on a phone: {person.heading!r}"
    person.choose("cloud").fill_in(account=cloud.account, password=cloud.password, decision="allow")
    person.must_be_at("devices")
    yield f"logs in at the maker, allows access, and comes back: {person.heading!r}"
    person.fill_in(device=battery["device_id"]).must_be_at("address")
    address = simulated.address_of(number)
    person.fill_in(
        street_one=address["streetOne"], city=address["city"], state=address["state"], postal_code=address["postalCode"]
    ).must_be_at("programs")
    yield f"says where it stands, and is offered programs: {person.heading!r}"
    person.fill_in(program=person.all_of("program")).must_be_at("terms").fill_in(agree="yes").must_be_at("done")
    yield f"reads the terms and agrees: {person.heading!r}"
    merged = portal.enrollment(enrollment["id"])
    if merged["method"] != "hybrid":
        raise LostError(f"The linked enrollment is {merged['method']!r}, and not hybrid.")
    yield f"the partner's enrollment is now {merged['method']}, with consents by {_and(merged['consent']['sources'])}"


def _and(words: list[Any]) -> str:
    return " and ".join(map(str, words))
