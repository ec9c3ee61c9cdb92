"""An answer is kept whole or not at all: its row comes with its status."""

from django.db import migrations, models

import texture_portal.clock


class Migration(migrations.Migration):
    dependencies = [("partners", "0002_webhooks")]

    operations = [
        migrations.AlterField("idempotencyrecord", "status", models.PositiveSmallIntegerField()),
        migrations.AlterField(
            "idempotencyrecord", "created_at", models.DateTimeField(default=texture_portal.clock.now)
        ),
    ]
