from django.db import migrations

from texture_portal import groups


class Migration(migrations.Migration):
    dependencies = [("texture_portal", "0021_groups_keys"), ("devices", "0016_certification")]

    operations = [migrations.RunPython(lambda apps, _: groups.install(apps), migrations.RunPython.noop)]
