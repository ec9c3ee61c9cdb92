"""Devices that are enrolled already are cleared as the lifecycle would have it on this day.

The rules are written out here: a migration says what was so when it was made, whatever the code says later.
"""

from django.db import migrations

CLEAR = """
WITH standing AS (
    SELECT enrollment.id, enrollment.device_id, enrollment.state, max(given.granted_at) AS granted_at,
        array_agg(DISTINCT scope.type ORDER BY scope.type) AS types
    FROM enrollments_enrollment enrollment
    JOIN enrollments_consent given ON given.enrollment_id = enrollment.id
    CROSS JOIN LATERAL unnest(given.program_types) AS scope (type)
    WHERE enrollment.state NOT IN ('revoked', 'opted_out')
    AND (enrollment.consent_revoked_at IS NULL OR given.granted_at > enrollment.consent_revoked_at)
    AND coalesce(given.granted_at > (enrollment.consent_expiries->>given.path)::timestamptz, true)
    GROUP BY enrollment.id
), strictest AS (
    SELECT standing.id, standing.granted_at + min(program.consent_lasts_days) * interval '1 day' AS runs_out_at
    FROM standing
    JOIN programs_participation taken ON taken.device_id = standing.device_id AND taken.left_at IS NULL
    JOIN programs_program program ON program.id = taken.program_id AND program.consent_lasts_days IS NOT NULL
    GROUP BY standing.id, standing.granted_at
), told AS (
    SELECT notice.enrollment_id, notice.granted_at, max(notice.expires_at) AS expires_at
    FROM enrollments_expirynotice notice WHERE notice.days_before = 7
    GROUP BY notice.enrollment_id, notice.granted_at
)
UPDATE devices_device device
SET may_read = device.telemetry, may_control = device.controllable AND standing.state = 'active',
    cleared_types = standing.types,
    cleared_until = greatest(
        strictest.runs_out_at,
        CASE WHEN strictest.id IS NOT NULL THEN coalesce(told.expires_at, now() + interval '7 days') END
    )
FROM standing
LEFT JOIN strictest ON strictest.id = standing.id
LEFT JOIN told ON told.enrollment_id = standing.id AND told.granted_at = standing.granted_at
WHERE device.id = standing.device_id
"""


class Migration(migrations.Migration):
    dependencies = [
        ("devices", "0010_clearance"),
        ("enrollments", "0014_link_sessions"),
        ("programs", "0002_duties_and_ageing"),
    ]

    operations = [migrations.RunSQL(CLEAR, migrations.RunSQL.noop)]
