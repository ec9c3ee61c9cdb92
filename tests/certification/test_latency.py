"""An answer that takes longer than the requirements allow fails its category, and no other."""

from dataclasses import replace

import pytest

from devices.certification.requirement import Said
from devices.certification.suite import of_clouds

from .conftest import failed, tried

REQUIRED = {"telemetry": 2, "control": 3, "historical": 10}  # seconds (§7.3)
STAGED = 0.3  # seconds that the one document allows instead: the others keep theirs


def limit_of(requirement):
    [said] = requirement.criteria
    return said.given


@pytest.mark.parametrize(("category", "seconds"), REQUIRED.items())
def test_the_documents_say_the_limits_of_the_requirements(category, seconds):
    [found] = [each for each in of_clouds().requirements if each.name == f"latency-{category}"]
    assert limit_of(found) == {"category": category, "seconds": seconds}


def allowing(category, seconds):
    """The latency checks, and those by everything that was met; one of them as a document with this limit has it."""
    suite = of_clouds()
    chosen = [each for each in suite.requirements if each.name.startswith("latency-") or each.is_last]
    limit = Said("p95_under", {"category": category, "seconds": seconds})
    staged = [replace(each, criteria=(limit,)) if each.name == f"latency-{category}" else each for each in chosen]
    return [replace(suite, requirements=tuple(staged))]


@pytest.mark.parametrize("category", REQUIRED)
def test_answers_that_are_late_fail_their_category_alone(oem, cloud, category):
    oem.fault("latency", ms=STAGED * 1100, category=category)
    report = tried(cloud, of=allowing(category, STAGED))
    assert failed(report) == {f"latency-{category}"}
    [line] = [each for each in report.lines if each.outcome == "fail"]
    assert line.result.evidence["p95"] >= STAGED
