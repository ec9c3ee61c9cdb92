"""How gunicorn serves the portal: `gunicorn --config python:texture_portal.web`."""

import gc
import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

import psutil

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
METRICS = "texture-portal-metrics-"


def _folder_of_metrics() -> str:
    """Where the processes count their requests, so that any one can tell of all. It removes what killed ones left."""
    parent = Path(worker_tmp_dir or tempfile.gettempdir())
    for left in parent.glob(f"{METRICS}*"):
        if not psutil.pid_exists(int(left.name.split("-")[-2])):
            shutil.rmtree(left, ignore_errors=True)
    return tempfile.mkdtemp(prefix=f"{METRICS}{os.getpid()}-", dir=parent)


os.environ["PROMETHEUS_MULTIPROC_DIR"] = _folder_of_metrics()  # before anything counts


def post_worker_init(worker: Any) -> None:
    """In each process, once it has Django."""
    from texture_portal import keys  # this is read before Django is set up
    from texture_portal.status import keeping

    keys.keep_writing()
    keeping.keep_watching()


def when_ready(server: Any) -> None:
    """Read before the fork, so that all workers share it: ZIP codes, territories in force, what was imported."""
    from django.db import DatabaseError, connections  # this is read before Django is set up

    from territories import index
    from territories.geocoding.zip_codes import zip_codes

    zip_codes()
    try:
        index.in_force()
    except DatabaseError as fault:  # the first look-up of each worker reads them then
        server.log.warning("the territories could not be read yet: %s", fault)
    finally:
        connections.close_all()
    gc.collect()
    gc.freeze()  # the collector need not walk through it again and again, nor part what is shared
    gc.set_threshold(20_000, 20, 20)


def on_exit(server: Any) -> None:
    shutil.rmtree(os.environ["PROMETHEUS_MULTIPROC_DIR"], ignore_errors=True)
