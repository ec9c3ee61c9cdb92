"""The machine: what is installed, and where the portal keeps its files."""

import os
import platform
import shutil
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version

from django.conf import settings

from texture_portal.doctor.finding import Finding, fault, ok, warning

LEAST_FREE = 1024**3  # bytes


def look() -> Iterator[Finding]:
    yield _packages()
    yield _home()
    if settings.IS_PUBLIC:
        yield _static()


def _packages() -> Finding:
    pins = [line.split("==") for line in _lines() if "==" in line]
    others = [f"{name} {found}" for name, wanted in pins if (found := _installed(name)) != wanted]
    python = f"Python {platform.python_version()}"
    if others:
        said = f"{python}; not as pinned: {', '.join(others)}"
        return fault("packages", said, "pip install -r requirements.txt, in the environment that runs the portal")
    return ok("packages", f"{python}, {len(pins)} packages as pinned")


def _lines() -> list[str]:
    return (settings.BASE_DIR / "requirements.txt").read_text().split()


def _installed(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "missing"


def _home() -> Finding:
    home = settings.PORTAL_HOME
    if not os.access(home, os.W_OK):
        return fault("files", f"{home} cannot be written", "set PORTAL_HOME to a folder of the portal's own user")
    free = shutil.disk_usage(home).free
    said = f"{home} can be written, {free / 1024**3:,.1f} GiB are free"
    return ok("files", said) if free > LEAST_FREE else warning("files", said, "make room")


def _static() -> Finding:
    if (settings.STATIC_ROOT / "docs" / "docs.css").exists():
        return ok("static files", "are collected")
    return fault("static files", "are not collected: pages have no style", "manage.py collectstatic --no-input")
