"""Requests as each process counts them. Gunicorn's processes share a folder (`texture_portal.web`): one of them tells
of all."""

from prometheus_client import Counter, Histogram

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 3.0, 5.0, 10.0, 30.0)  # 2, 3 and 10 are §7.3's
CONSOLE = "admin/"  # a page for each action of each model: told as one
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})

COUNT = Counter("texture_requests", "Requests answered.", ["route", "method", "status"])
TOOK = Histogram("texture_request_seconds", "How long an answer took.", ["route"], buckets=SECONDS)


def observe(route: str, method: str, status: int, seconds: float) -> None:
    told = CONSOLE if route.startswith(CONSOLE) else route
    COUNT.labels(told, method if method in METHODS else "other", str(status)).inc()
    TOOK.labels(told).observe(seconds)
