"""The measurements: what they say, and that they touch nobody's data."""

import json
import os
import subprocess
import sys

import psycopg
import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from tests.waiting import PATIENCE
from texture_portal.bench.measuring import Measurement

SMALL = (
    "import django; django.setup()\n"
    "from texture_portal.bench import enrollment\n"
    "enrollment.WARM_UP, enrollment.POSTS, enrollment.FEW = 8, 16, 60\n"
    "print(enrollment.measure(None).line())\n"
)


def _databases() -> set[str]:
    with psycopg.connect(settings.DATABASE_URL) as admin:
        return {name for (name,) in admin.execute("SELECT datname FROM pg_database WHERE datname LIKE 'bench%'")}


def test_a_line_has_the_rate_the_percentiles_and_the_ratio() -> None:
    seconds = [0.001 * number for number in range(1, 101)]
    line = json.loads(Measurement("matching", 50.0, "look-ups/s", seconds, 200.0, "nothing").line())
    assert (line["value"], line["against"], line["ratio"]) == (50.0, 200.0, 0.25)
    assert (line["p50_ms"], line["p95_ms"]) == (50.5, 95.05)


def test_enrolling_is_measured_over_http_in_a_database_that_is_dropped() -> None:
    before = _databases()
    done = subprocess.run(
        [sys.executable, "-c", SMALL],
        cwd=settings.BASE_DIR,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "texture_portal.settings"},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    line = json.loads(done.stdout)
    assert line["unit"] == "enrollments/s"
    assert line["value"] > 0
    assert line["details"]["rows"] >= 8  # site, customer, device, enrollment, consent, two histories, the original
    assert line["details"]["statements"] == 6  # token, key, holding, is it known, programs, everything new
    assert _databases() == before


def test_a_bench_that_does_not_exist_is_refused() -> None:
    with pytest.raises(CommandError, match="choose from matching, enrollment, enrollment_at_size, batch"):
        call_command("bench", "nothing")
