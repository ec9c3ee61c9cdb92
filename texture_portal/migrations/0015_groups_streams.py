from django.db import migrations

from texture_portal import groups


class Migration(migrations.Migration):
    dependencies = [("devices", "0013_streams"), ("texture_portal", "0014_groups_dispatch")]

    operations = [migrations.RunPython(lambda apps, _: groups.install(apps), migrations.RunPython.noop)]
