"""What nobody meant to happen: logged where it happened, without values, and answered as a problem."""

import logging
import traceback

import psycopg
from django.db import InterfaceError, OperationalError

from texture_portal.refusals import Refusal

logger = logging.getLogger(__name__)


def refusal_of_failure(failure: Exception) -> Refusal:
    """`unavailable` where the database is lost or overloaded, else `internal_error`."""
    logger.error("a request failed: %s", _trace(failure))
    if isinstance(failure, OperationalError | InterfaceError):
        return Refusal("unavailable", "The database cannot be reached, or is too busy.")
    return Refusal("internal_error", "The portal failed; the request changed nothing. It has been logged.")


def _trace(failure: BaseException) -> str:
    """The stack and the kinds of exception; their messages may quote personal data, so they stay out."""
    origin = failure.__cause__ or failure.__context__
    earlier = f"{_trace(origin)}\nand then\n" if origin else ""
    frames = "".join(traceback.format_tb(failure.__traceback__))
    return f"{earlier}{frames}{type(failure).__module__}.{type(failure).__qualname__}{_constraint(failure)}"


def _constraint(failure: BaseException) -> str:
    """Which rule of the database said no: a name of ours, and no value."""
    if isinstance(failure, psycopg.Error) and failure.diag.constraint_name:
        return f" by {failure.diag.constraint_name}"
    return ""
