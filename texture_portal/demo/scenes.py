"""What the demo does over HTTP, with the example client, and what must come of it."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import requests

from examples.oem_client import Portal, ProblemError, RequestSignature
from texture_portal import clock
from texture_portal.demo.buildings import Building, Expectation

ENROLLMENTS = "/v1/enrollments"
# What the demo must have shown, on its own grid, by the time it ends
EVERY_OUTCOME = frozenset(
    {
        "matched", "partial", "ambiguous", "territory_unsupported", "location_invalid", "consent_stale",
        "replayed", "enrollment_exists", "signature_invalid",
    }
)  # fmt: skip
# These hang on the request alone, whatever the grid is.
ON_ANY_GRID = frozenset({"location_invalid", "consent_stale"})


@dataclass(frozen=True, slots=True)
class Result:
    """One entry of the table. `note`: why not, or what it waits for. `deviations`: what should have been otherwise."""

    title: str
    detail: str
    status: int
    outcome: str
    state: str = ""
    served_by: str = ""
    programs: str = ""
    note: str = ""
    deviations: list[str] = field(default_factory=list)


class AlteredAfterSigning(RequestSignature):
    """What an attacker does who has seen a request, but not the key."""

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        signed = super().__call__(request)
        signed.headers["Idempotency-Key"] += "-altered"
        return signed


@dataclass(frozen=True, slots=True)
class Visit:
    """One run of the demo: `run` marks its devices, `own_grid` says that every outcome is known beforehand."""

    portal: Portal
    run: str
    own_grid: bool
    now: datetime
    first_answers: dict[int, bytes] = field(default_factory=dict)

    def enroll(self, building: Building) -> Result:
        document = building.document(run=self.run, now=self.now)
        detail = f"{building.address_line} ({building.device})"
        try:
            answer = self.portal.call("POST", ENROLLMENTS, document, idempotency_key=self.key(building))
        except ProblemError as problem:
            shown = _refused(building.name, detail, problem)
            seen = Expectation(problem.code, "", "", "", ())
        else:
            self.first_answers[building.number] = answer.content
            shown = _shown(building.name, detail, answer)
            seen = _seen(answer.json())
        expected = building.expected
        if self.own_grid or expected.outcome in ON_ANY_GRID:
            shown.deviations.extend(_differences(expected, seen))
        elif shown.status >= 500:
            shown.deviations.append("the portal failed")
        return shown

    def key(self, building: Building) -> str:
        return f"demo-{self.run}-{building.number}"

    def replay(self, building: Building) -> Result:
        """The same request, newly signed, as after a time-out: the first answer again, byte for byte."""
        document = building.document(run=self.run, now=self.now)
        title = f"{building.name}, sent again"
        detail = "the same idempotency key and the same bytes: the first answer, byte for byte"
        try:
            answer = self.portal.call("POST", ENROLLMENTS, document, idempotency_key=self.key(building))
        except ProblemError as problem:
            return _with_check(_refused(title, detail, problem), "replayed")
        replayed = answer.headers.get("Idempotent-Replayed") == "true"
        shown = _shown(title, detail, answer, outcome="replayed" if replayed else "not replayed")
        if answer.content != self.first_answers[building.number]:
            shown.deviations.append("the answer is not the first one, byte for byte")
        device = document["device"]["manufacturerDeviceId"]
        if len(list(self.portal.enrollments(manufacturerDeviceId=device))) != 1:
            shown.deviations.append("the device was enrolled twice")
        return _with_check(shown, "replayed")

    def duplicate(self, building: Building) -> Result:
        document = building.document(run=self.run, now=self.now)
        detail = "the same device under a new idempotency key: it has an open enrollment"
        return _with_check(self._attempt(f"{building.name}, enrolled twice", detail, document), "enrollment_exists")

    def forge(self, building: Building, credentials: dict[str, str]) -> Result:
        forger = Portal(self.portal.url, credentials, attempts=1)
        forger.http = self.portal.http
        forger.signature = AlteredAfterSigning(credentials)
        forged = Visit(forger, f"{self.run}-forged", self.own_grid, self.now)
        document = building.document(run=forged.run, now=self.now)
        detail = "altered after it was signed: nobody can tell who sent it"
        return _with_check(forged._attempt(f"{building.name}, forged", detail, document), "signature_invalid")

    def opt_in_later(self, building: Building) -> Result:
        """The consent that was missing comes on its own, and carries the enrollment on."""
        title, detail = f"{building.name}, opted in later", "the customer's consent, sent on its own"
        path = f"{ENROLLMENTS}/{json.loads(self.first_answers[building.number])['id']}/consents"
        shown = self._attempt(title, detail, building.consent(now=self.now), path=path)
        if self.own_grid and shown.state != "enrolled":
            shown.deviations.append(f"state should be enrolled, and is {_said(shown.state)}")
        return shown

    def _attempt(self, title: str, detail: str, document: dict[str, Any], *, path: str = ENROLLMENTS) -> Result:
        try:
            answer = self.portal.call("POST", path, document)
        except ProblemError as problem:
            return _refused(title, detail, problem)
        return _shown(title, detail, answer)


def play(visit: Visit, buildings: list[Building], credentials: dict[str, str]) -> Iterator[Result]:
    yield from map(visit.enroll, buildings)
    known = buildings[0]
    if known.number in visit.first_answers:
        yield visit.replay(known)
        yield visit.duplicate(known)
    yield visit.forge(known, credentials)
    undecided = [each for each in buildings if each.told == "not_opted_in" and each.number in visit.first_answers]
    yield from map(visit.opt_in_later, undecided)


def new_visit(portal: Portal, *, run: str, own_grid: bool) -> Visit:
    return Visit(portal, run, own_grid, clock.now())


def _refused(title: str, detail: str, problem: ProblemError) -> Result:
    note = problem.errors[0]["detail"] if problem.errors else problem.detail
    return Result(title, detail, problem.status, problem.code, note=note)


def _shown(title: str, detail: str, answer: requests.Response, *, outcome: str = "") -> Result:
    enrollment = answer.json()
    site = enrollment["site"]
    programs = sorted(program["name"] for program in enrollment["programs"])
    waits_for = [f"{action['code']} (by {action['by']})" for action in enrollment["requiredActions"]]
    owners = [owner["name"] for owner in (site["utility"], site["cca"]) if owner]
    return Result(
        title,
        detail,
        answer.status_code,
        outcome or enrollment["match"]["outcome"],
        state=enrollment["state"],
        served_by=" / ".join(owners),
        programs=", ".join(programs),
        note="" if programs else f"waits for {', '.join(waits_for)}",
    )


def _seen(enrollment: dict[str, Any]) -> Expectation:
    site = enrollment["site"]
    return Expectation(
        outcome=enrollment["match"]["outcome"],
        state=enrollment["state"],
        utility=(site["utility"] or {}).get("eiaId") or "",
        cca=(site["cca"] or {}).get("name") or "",
        programs=tuple(sorted(program["name"] for program in enrollment["programs"])),
    )


def _differences(expected: Expectation, seen: Expectation) -> Iterator[str]:
    for name in Expectation.__slots__:
        if (wanted := getattr(expected, name)) != (got := getattr(seen, name)):
            yield f"{name} should be {_said(wanted)}, and is {_said(got)}"


def _said(value: str | tuple[str, ...]) -> str:
    return (value if isinstance(value, str) else ", ".join(value)) or "none"


def _with_check(shown: Result, outcome: str) -> Result:
    if shown.outcome != outcome:
        shown.deviations.append(f"outcome should be {outcome}, and is {shown.outcome}")
    return shown
