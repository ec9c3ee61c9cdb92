import django.contrib.postgres.fields
from django.db import migrations, models

# A device's row moves with every reading: room on the page keeps its five indexes out of it.
ROOM = "ALTER TABLE devices_device SET (fillfactor = 70)"


class Migration(migrations.Migration):
    dependencies = [
        ("devices", "0007_wanted_devices"),
    ]

    operations = [
        migrations.DeleteModel(name="StaleHour"),
        migrations.CreateModel(
            name="StaleHour",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("hour", models.DateTimeField(db_index=True, help_text="Its begin.")),
                (
                    "device_numbers",
                    django.contrib.postgres.fields.ArrayField(base_field=models.IntegerField(), size=None),
                ),
            ],
        ),
        migrations.RunSQL(ROOM, "ALTER TABLE devices_device RESET (fillfactor)"),
    ]
