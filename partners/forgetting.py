"""What was answered to a partner about a person, and refused to it: gone with the person (§9).

Answers are documents, so they are looked through for the ids and names that a person goes by.
"""

from collections.abc import Collection
from uuid import UUID

from django.db import connection

# An answer that holds a secret is sealed, and is about no person.
FORGET_ANSWERS = """
DELETE FROM partners_idempotencyrecord kept WHERE partner_id = %s AND EXISTS (
    SELECT FROM unnest(%s::bytea[]) AS said (word)
    WHERE position(said.word IN kept.body) > 0 OR position(said.word IN convert_to(kept.headers::text, 'UTF8')) > 0
)
"""
# Of others that are about no one enrollment or command.
MENTIONED = """
SELECT id FROM partners_webhookmessage WHERE partner_id = %s AND subject IS NULL AND EXISTS (
    SELECT FROM unnest(%s::text[]) AS said (word) WHERE position(said.word IN body) > 0
)
"""


def forget_answers(partner_id: UUID, *, mentions: Collection[bytes]) -> int:
    """A request that is sent again after that is a new one."""
    with connection.cursor() as cursor:
        cursor.execute(FORGET_ANSWERS, [partner_id, list(mentions)])
        return int(cursor.rowcount)


def messages_that_mention(partner_id: UUID, *, mentions: Collection[bytes]) -> list[UUID]:
    with connection.cursor() as cursor:
        cursor.execute(MENTIONED, [partner_id, [each.decode() for each in mentions]])
        return [row[0] for row in cursor.fetchall()]
