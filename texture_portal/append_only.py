"""Tables that only grow: triggers that refuse UPDATE, DELETE and TRUNCATE, whoever asks."""

import pgtrigger


def append_only(what: str) -> list[pgtrigger.Trigger]:
    """`what` begins the refusal of TRUNCATE. `Protect` cannot take that one: it is a statement's, not a row's."""
    return [
        pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete),
        pgtrigger.Trigger(
            name="no_truncate",
            level=pgtrigger.Statement,
            when=pgtrigger.Before,
            operation=pgtrigger.Truncate,
            func=f"RAISE EXCEPTION '{what}: % is append-only', TG_TABLE_NAME;",
        ),
    ]
