from django.db import migrations

from texture_portal import groups


class Migration(migrations.Migration):
    dependencies = [("devices", "0011_commands"), ("texture_portal", "0012_groups_polling")]

    operations = [migrations.RunPython(lambda apps, _: groups.install(apps), migrations.RunPython.noop)]
