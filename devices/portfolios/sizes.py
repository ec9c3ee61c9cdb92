"""How many devices each partner has: written down to it, since its rate limits grow with them (contract §8)."""

from datetime import datetime

from django.db import connection

COUNT = """
UPDATE partners_partner SET device_count = counted.devices
FROM (
    SELECT partner.id, (SELECT count(*) FROM devices_device WHERE partner_id = partner.id) AS devices
    FROM partners_partner partner
) AS counted
WHERE counted.id = partners_partner.id AND counted.devices <> partners_partner.device_count
"""


def count(*, now: datetime) -> int:
    """All at once, and only what changed is written. Nothing is left over."""
    with connection.cursor() as cursor:
        cursor.execute(COUNT)
    return 0
