import pytest

from .running import running_cloud

GENEROUS = "metadata=1000/s,telemetry=1000/s,control=1000/s,historical=1000/s,token=1000/s"


@pytest.fixture(scope="session")
def running():
    """One cloud for the folder: what it is told about one test's devices is put right after it."""
    with running_cloud(devices=24, rate_limits=GENEROUS, push_seconds=0.5) as cloud:
        yield cloud


@pytest.fixture
def cloud(running):
    yield running
    running.control("DELETE", "faults")
    running.control("POST", "limits", {"limits": GENEROUS})
