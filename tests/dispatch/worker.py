"""A worker to be killed: `python -m tests.dispatch.worker ISO_TIME` does the dispatch job's pieces, a few rows each."""

import sys
import time
from datetime import datetime

import django

django.setup()

from programs.dispatch import previewing, settling, starting, stopping, work  # noqa: E402 - once Django is set up

for module in (previewing, settling, starting, stopping):
    module.CHUNK = 3

if __name__ == "__main__":
    now = datetime.fromisoformat(sys.argv[1])
    while True:
        if not work.work_off(now=now):
            time.sleep(0.02)
