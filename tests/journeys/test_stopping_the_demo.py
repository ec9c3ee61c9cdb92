"""By its name the last of this folder (`tests/spreading.py`), as it ends the demo that the others look at."""

import pytest
import requests

from .conftest import Demo


def test_ctrl_c_stops_the_portal_in_good_order(demo: Demo) -> None:
    assert demo.interrupt() == 0
    assert "Stopped." in (demo.home / "demo-server.log").read_text()
    with pytest.raises(requests.ConnectionError):
        requests.get(f"{demo.url}/healthz", timeout=5)
