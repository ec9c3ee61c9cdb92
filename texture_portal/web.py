"""How gunicorn serves the portal: `gunicorn --config python:texture_portal.web`."""

import gc
import os
from pathlib import Path
from typing import Any

wsgi_app = "texture_portal.wsgi"
worker_class = "gthread"
preload_app = True  # imported once and forked: one start, shared memory, and a killed worker is back at once
workers = int(os.environ.get("WEB_WORKERS", 2 * (os.cpu_count() or 1) + 1))
threads = int(os.environ.get("WEB_THREADS", "2"))  # few: the threads of a process take turns at Python
timeout = 60
graceful_timeout = 15
keepalive = 5
limit_request_line = 8190
limit_request_fields = 64
limit_request_field_size = 8190
accesslog = None  # addresses and queries may be personal; requests are on record as rows where they matter
errorlog = "-"
loglevel = "warning"
control_socket_disable = True
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108 -- a sign of life, not a file


def when_ready(server: Any) -> None:
    """What is loaded by now stays: the collector need not walk through it again, nor part what forks share."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)
