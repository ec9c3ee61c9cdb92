"""The settings: secrets that are secrets, and what Django's own checks say."""

from collections.abc import Iterator

from django.conf import settings
from django.core import checks

from texture_portal.doctor.finding import Finding, fault, ok, warning
from texture_portal.key_rings import Ring
from texture_portal.keys import on_ring

SHORTEST = 32  # characters


def look() -> Iterator[Finding]:
    yield ok("settings", "production" if settings.IS_PUBLIC else "one's own machine: no public host is allowed")
    yield _secrets()
    yield from _django()
    if settings.IS_PUBLIC:
        yield from _of_production()


def _secrets() -> Finding:
    rings = [each for ring in Ring if (each := on_ring(ring))]
    secrets = [secret for ring in rings for secret in ring]
    remedy = "openssl rand -base64 48 makes one; docs/rotation.md says how to change one that is in use"
    if len(set(secrets)) < len(secrets):
        return fault("secrets", "one stands in two places: who has one of them has more", remedy)
    if any(len(each) < SHORTEST for each in secrets):
        return fault("secrets", f"one is shorter than {SHORTEST} characters", remedy)
    older = len(secrets) - len(rings)
    return ok("secrets", f"all differ and are long enough; {older} older ones are kept beside them")


def _django() -> Iterator[Finding]:
    found = checks.run_checks(include_deployment_checks=settings.IS_PUBLIC)
    said = [each for each in found if not each.is_silenced()]
    for each in said:
        find = fault if each.level >= checks.ERROR else warning
        yield find("django's checks", f"{each.id}: {each.msg}", each.hint or "see its documentation")
    if not said:
        yield ok("django's checks", "are silent")


def _of_production() -> Iterator[Finding]:
    if not settings.BEHIND_PROXY:
        yield warning("proxy", "BEHIND_PROXY is off, and the portal speaks no TLS itself", "see docs/deployment.md")
    if not settings.METRICS_TOKENS:
        yield warning(
            "metrics", "nobody may read /metrics", "set METRICS_TOKENS to a random value, and watch the portal"
        )
    if not settings.PORTAL_URL:
        yield warning(
            "e-mails", "PORTAL_URL is not set: their links lead nowhere", "set it to the address that staff use"
        )
