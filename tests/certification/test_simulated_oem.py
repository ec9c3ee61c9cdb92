"""The simulated OEM certifies clean; and each of its faults fails exactly the checks that it should."""

from .conftest import failed, outcomes, tried


def test_the_simulated_oem_certifies_clean(cloud, second_secret):
    report = tried(cloud, secret=second_secret)
    told = outcomes(report)
    assert {line.result.requirement: line.result.said for line in report.lines if line.outcome == "fail"} == {}
    assert report.is_clean
    assert {name for name, outcome in told.items() if outcome == "not_applicable"} == {"tls"}
    assert failed(report) == set()


def test_slow_ones(cloud, second_secret):
    report = tried(cloud, secret=second_secret)
    for line in sorted(report.lines, key=lambda each: -each.result.seconds)[:16]:
        print(round(line.result.seconds, 2), line.result.requirement, len(line.result.notes.get("calls", [])))
