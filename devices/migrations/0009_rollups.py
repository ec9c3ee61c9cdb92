from django.db import migrations, models

# Partitioned by month: devices/telemetry/partitions.py makes each.
ROLLUPS = """
CREATE TABLE devices_rollup (
    began_at timestamptz NOT NULL,
    device_number integer NOT NULL,
    minutes smallint NOT NULL,
    layout smallint NOT NULL,
    readings integer NOT NULL,
    state text NOT NULL,
    low text,
    high text,
    PRIMARY KEY (device_number, minutes, began_at)
) PARTITION BY RANGE (began_at)
"""


class Migration(migrations.Migration):
    dependencies = [
        ("devices", "0008_stale_hours"),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(ROLLUPS, "DROP TABLE devices_rollup")],
            state_operations=[
                migrations.CreateModel(
                    name="Rollup",
                    fields=[
                        (
                            "pk",
                            models.CompositePrimaryKey(
                                "device_number",
                                "minutes",
                                "began_at",
                                blank=True,
                                editable=False,
                                primary_key=True,
                                serialize=False,
                            ),
                        ),
                        ("began_at", models.DateTimeField()),
                        ("device_number", models.IntegerField(help_text="As in DeviceState.")),
                        (
                            "minutes",
                            models.SmallIntegerField(choices=[(5, "5 minutes"), (15, "15 minutes"), (60, "an hour")]),
                        ),
                        ("layout", models.SmallIntegerField()),
                        ("readings", models.IntegerField(help_text="How many it is made of.")),
                        (
                            "state",
                            models.TextField(help_text="Means, sums and last values, in the order of the layout."),
                        ),
                        ("low", models.TextField(help_text="Likewise the least; null of a single reading.", null=True)),
                        ("high", models.TextField(help_text="Likewise the most.", null=True)),
                    ],
                ),
            ],
        ),
    ]
