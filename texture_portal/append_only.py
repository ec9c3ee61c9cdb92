"""Tables that only grow: triggers that refuse UPDATE, DELETE and TRUNCATE, whoever asks.

Two things may become of a row all the same, each only where the database itself sees that it is so: what somebody
wrote of a person is blanked once that person is erased, and a row whose time is over goes.
"""

from collections.abc import Mapping, Sequence

import pgtrigger

UNLESS = """
{blanked}{gone}
RAISE EXCEPTION 'Cannot update or delete rows of %: {what}', TG_TABLE_NAME;
"""
BLANKED = """
IF TG_OP = 'UPDATE' AND {words} AND to_jsonb(NEW) - {columns} = to_jsonb(OLD) - {columns} AND ({when}) THEN
    RETURN NEW;
END IF;
"""
GONE = "IF TG_OP = 'DELETE' AND ({when}) THEN RETURN OLD; END IF;"


def append_only(
    what: str, *, blanks: Mapping[str, str] | None = None, blanked_when: str = "", gone_when: str = ""
) -> list[pgtrigger.Trigger]:
    """`what` begins the refusals. `blanks`: columns of words, and the SQL of what may take their place.

    `blanked_when` and `gone_when` are SQL over OLD. `Protect` cannot take TRUNCATE: that is a statement's, not a row's.
    """
    changed = pgtrigger.Update | pgtrigger.Delete
    kept: pgtrigger.Trigger = pgtrigger.Protect(name="append_only", operation=changed)
    if blanked_when or gone_when:
        func = UNLESS.format(
            what=what,
            blanked=_blanked(blanks or {}, blanked_when) if blanked_when else "",
            gone=GONE.format(when=gone_when) if gone_when else "",
        )
        kept = pgtrigger.Trigger(name="append_only", when=pgtrigger.Before, operation=changed, func=func)
    return [
        kept,
        pgtrigger.Trigger(
            name="no_truncate",
            level=pgtrigger.Statement,
            when=pgtrigger.Before,
            operation=pgtrigger.Truncate,
            func=f"RAISE EXCEPTION '{what}: % is append-only', TG_TABLE_NAME;",
        ),
    ]


def _blanked(blanks: Mapping[str, str], when: str) -> str:
    words = " AND ".join(f"NEW.{column} = {blank}" for column, blank in blanks.items())
    columns = "ARRAY[" + ", ".join(f"'{column}'" for column in blanks) + "]"
    return BLANKED.format(words=words, columns=columns, when=when)


def unchanging(*, name: str, but: Sequence[str] = (), when: str = "", free: Sequence[str] = ()) -> pgtrigger.Trigger:
    """A row that says what it said. `but`: columns of words that may become others, `when` the database sees that it is
    so (SQL over OLD and NEW); `free`: those that anybody may write."""
    every = _names([*free, *but])
    return pgtrigger.Trigger(
        name=name,
        when=pgtrigger.Before,
        operation=pgtrigger.Update,
        func=f"""
            IF to_jsonb(NEW) - {every} IS DISTINCT FROM to_jsonb(OLD) - {every} OR (
                to_jsonb(NEW) - {_names(free)} IS DISTINCT FROM to_jsonb(OLD) - {_names(free)} AND NOT ({when})
            ) THEN
                RAISE EXCEPTION 'Cannot update rows of %: what they say stays', TG_TABLE_NAME;
            END IF;
            RETURN NEW;
        """,
    )


def _names(columns: Sequence[str]) -> str:
    return "ARRAY[" + ", ".join(f"'{column}'" for column in columns) + "]::text[]"
