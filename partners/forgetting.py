"""What was answered to a partner about a person, and refused to it: gone with the person (§9).

Answers are documents, so they are looked through for the ids and names that a person goes by.
"""

from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from django.db import connection
from django.db.models import Min

from partners.models import IdempotencyRecord

# An answer that holds a secret is sealed, and is about no person.
FORGET_ANSWERS = """
WITH looked_at AS (
    SELECT id FROM partners_idempotencyrecord
    WHERE partner_id = ANY(%(partners)s) AND id > %(after)s AND (%(below)s::bigint IS NULL OR id < %(below)s)
    ORDER BY id LIMIT %(most)s
), gone AS (
    DELETE FROM partners_idempotencyrecord kept USING looked_at
    WHERE kept.id = looked_at.id AND EXISTS (
        SELECT FROM unnest(%(words)s::bytea[], %(since)s::timestamptz[], %(until)s::timestamptz[])
            AS said (word, since, until)
        WHERE (said.since IS NULL OR kept.created_at >= said.since)
        AND (said.until IS NULL OR kept.created_at < said.until)
        AND (position(said.word IN kept.body) > 0 OR position(said.word IN convert_to(kept.headers::text, 'UTF8')) > 0)
    )
    RETURNING kept.id
)
SELECT (SELECT max(id) FROM looked_at), (SELECT count(*) FROM gone)
"""
# Of others that are about no one enrollment or command.
MENTIONED = """
SELECT id FROM partners_webhookmessage kept WHERE partner_id = %s AND subject IS NULL AND EXISTS (
    SELECT FROM unnest(%s::text[], %s::timestamptz[], %s::timestamptz[]) AS said (word, since, until)
    WHERE (said.since IS NULL OR kept.created_at >= said.since) AND (said.until IS NULL OR kept.created_at < said.until)
    AND position(said.word IN body) > 0
)
"""


class Mention(NamedTuple):
    """A word that stands for a person in what was said from `since` on, before `until`; None: whenever it was."""

    word: bytes
    since: datetime | None = None
    until: datetime | None = None


def forget_answers(
    partners: Collection[UUID],
    *,
    mentions: Collection[Mention],
    after: int = 0,
    below: int | None = None,
    most: int | None = None,
) -> tuple[int | None, int]:
    """Looks through answers with an id above `after` and under `below`, `most` of them: the id of the last, None where
    there was none; and how many are gone. A request that is sent again after that is a new one.
    """
    since, until = _times(mentions)
    words = [each.word for each in mentions]
    with connection.cursor() as cursor:
        cursor.execute(
            FORGET_ANSWERS,
            {
                "partners": list(partners), "words": words, "since": since, "until": until,
                "after": after, "below": below, "most": most,
            },
        )  # fmt: skip
        looked_to, gone = cursor.fetchone()
    return looked_to, gone


def first_answer_since(instant: datetime) -> int | None:
    """Its id. Answers are numbered as they are written and dated as they were asked for: of a lower id there may be
    younger ones, of which a later look has to know.
    """
    found = IdempotencyRecord.objects.filter(created_at__gte=instant).aggregate(least=Min("id"))
    return found["least"]  # type: ignore[no-any-return]


def messages_that_mention(partner_id: UUID, *, mentions: Collection[Mention]) -> list[UUID]:
    with connection.cursor() as cursor:
        words = [each.word.decode() for each in mentions]
        cursor.execute(MENTIONED, [partner_id, words, *_times(mentions)])
        return [row[0] for row in cursor.fetchall()]


def _times(mentions: Collection[Mention]) -> tuple[list[datetime | None], list[datetime | None]]:
    return [each.since for each in mentions], [each.until for each in mentions]
