"""What nobody meant to happen: logged where it happened, without values, and answered as a problem."""

import logging

from django.db import InterfaceError, OperationalError

from texture_portal.refusals import Refusal
from texture_portal.traces import trace_of

logger = logging.getLogger(__name__)


def refusal_of_failure(failure: Exception) -> Refusal:
    """`unavailable` where the database is lost or overloaded, else `internal_error`."""
    logger.error("a request failed: %s", trace_of(failure))
    if isinstance(failure, OperationalError | InterfaceError):
        return Refusal("unavailable", "The database cannot be reached, or is too busy.")
    return Refusal("internal_error", "The portal failed; the request changed nothing. It has been logged.")
