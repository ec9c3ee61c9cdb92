"""The simulated OEM cloud as a process of its own, without the portal: `with running_cloud(devices=10) as cloud`."""

import json
import select
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import requests
from django.conf import settings

from tests.waiting import PATIENCE


@dataclass
class RunningCloud:
    """`told` is the line of JSON that it printed; `api` speaks with its API key, `control` with the control key."""

    told: dict[str, Any]
    process: subprocess.Popen
    http: requests.Session = field(default_factory=requests.Session)

    @property
    def url(self) -> str:
        return self.told["url"]

    def api(self, method: str, path: str, *, headers: dict | None = None, **options: Any) -> requests.Response:
        keyed = {"X-API-Key": self.told["api_key"]} if headers is None else headers
        return self.http.request(method, self.url + path, headers=keyed, timeout=PATIENCE, **options)

    def get(self, path: str, **params: Any) -> dict[str, Any]:
        answer = self.api("GET", path, params=params)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def everything(self, path: str, **params: Any) -> list[dict[str, Any]]:
        """All pages of a list."""
        rows, cursor = [], None
        while True:
            page = self.get(path, **params, **({"cursor": cursor} if cursor else {}))
            rows += page["data"]
            cursor = page["next_cursor"]
            if cursor is None:
                return rows

    def device(self, kind: str) -> dict[str, Any]:
        return next(each for each in self.everything("/v1/devices") if each["type"] == kind)

    def control(self, method: str, path: str, document: Any = None) -> Any:
        headers = {"Authorization": f"Bearer {self.told['control_key']}"}
        answer = self.api(method, f"/control/{path}", headers=headers, json=document)
        assert answer.ok, answer.text
        return answer.json() if answer.content else None

    def fault(self, kind: str, **options: Any) -> dict[str, Any]:
        return self.control("POST", "faults", {"kind": kind, **options})

    def pass_time(self, seconds: float) -> None:
        ahead = self.control("POST", "clock", {"ahead_s": self._ahead() + seconds})["ahead_s"]
        self.told["ahead_s"] = ahead

    def _ahead(self) -> float:
        return self.told.get("ahead_s", 0.0)


@contextmanager
def running_cloud(*, devices: int, **options: Any) -> Iterator[RunningCloud]:
    """Options as the command has them: `seed=7`, `rate_limits="telemetry=5/s"`, `fault=["latency:ms=5"]`."""
    said = [f"--devices={devices}", "--port=0"]
    for name, value in options.items():
        said += [f"--{name.replace('_', '-')}={each}" for each in (value if isinstance(value, list) else [value])]
    process = subprocess.Popen(
        [sys.executable, "-m", "partners.sandbox", *said], cwd=settings.BASE_DIR, stdout=subprocess.PIPE, text=True
    )
    try:
        ready, _, _ = select.select([process.stdout], [], [], PATIENCE)
        assert ready, "it did not start"
        cloud = RunningCloud(json.loads(process.stdout.readline()), process)
        cloud.http.trust_env, cloud.http.verify = False, cloud.told["authority"] or True
        with cloud.http:
            yield cloud
    finally:
        process.terminate()
        process.wait(PATIENCE)
        process.stdout.close()
