"""A device that tells no telemetry takes part by its first command: for that it may be commanded once it is enrolled."""

from django.db import migrations

CLEAR = """
UPDATE devices_device device SET may_control = true
FROM enrollments_enrollment enrollment
WHERE enrollment.device_id = device.id AND enrollment.state = 'enrolled' AND NOT device.telemetry
AND device.controllable AND device.cleared_types <> '{}'
"""


class Migration(migrations.Migration):
    dependencies = [("devices", "0011_commands"), ("enrollments", "0016_linking_pages")]

    operations = [migrations.RunSQL(CLEAR, migrations.RunSQL.noop)]
