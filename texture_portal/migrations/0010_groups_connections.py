from django.db import migrations

from texture_portal import groups


class Migration(migrations.Migration):
    dependencies = [("devices", "0003_connections"), ("texture_portal", "0009_evidence_records_groups")]

    operations = [migrations.RunPython(lambda apps, _: groups.install(apps), migrations.RunPython.noop)]
