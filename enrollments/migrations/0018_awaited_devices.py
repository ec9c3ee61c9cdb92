"""Devices whose enrollment waits for a sign of life already are awaited, as the lifecycle would have it on this day."""

from django.db import migrations

AWAIT = """
UPDATE devices_device device SET awaited_since = waiting.since
FROM (
    SELECT enrollment.device_id, CASE
        WHEN enrollment.state = 'enrolled' THEN (
            SELECT min(taken.joined_at) FROM programs_participation taken
            WHERE taken.device_id = enrollment.device_id AND taken.left_at IS NULL
        )
        WHEN enrollment.compliance_hold_at IS NULL THEN enrollment.connectivity_lost_at
    END AS since
    FROM enrollments_enrollment enrollment WHERE enrollment.state IN ('enrolled', 'suspended')
) waiting
WHERE waiting.device_id = device.id
"""


class Migration(migrations.Migration):
    dependencies = [
        ("devices", "0014_signs_of_life"),
        ("enrollments", "0017_first_commands"),
    ]

    operations = [migrations.RunSQL(AWAIT, migrations.RunSQL.noop)]
