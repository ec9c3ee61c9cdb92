from django.db import migrations

from texture_portal import groups


class Migration(migrations.Migration):
    dependencies = [("devices", "0012_streams"), ("texture_portal", "0013_groups_commands")]

    operations = [migrations.RunPython(lambda apps, _: groups.install(apps), migrations.RunPython.noop)]
