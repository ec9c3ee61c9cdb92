"""What went wrong, without what it was about: stacks and kinds of exception, never their messages."""

import traceback

import psycopg


def trace_of(failure: BaseException) -> str:
    """Messages may quote personal data (PostgreSQL's do), so they stay out; the rule that said no is named.

    Notes are in it: ours say which row it was. So are the members of a group.
    """
    origin = failure.__cause__ or failure.__context__
    earlier = f"{trace_of(origin)}\nand then\n" if origin else ""
    frames = "".join(traceback.format_tb(failure.__traceback__))
    kind = f"{type(failure).__module__}.{type(failure).__qualname__}{_constraint(failure)}"
    members = failure.exceptions if isinstance(failure, BaseExceptionGroup) else ()
    notes = getattr(failure, "__notes__", [])
    return "\n".join([f"{earlier}{frames}{kind}", *notes, *map(trace_of, members)])


def _constraint(failure: BaseException) -> str:
    """Which rule of the database said no: a name of ours, and no value."""
    if isinstance(failure, psycopg.Error) and failure.diag.constraint_name:
        return f" by {failure.diag.constraint_name}"
    return ""
