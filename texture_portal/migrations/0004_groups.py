from django.db import migrations

from texture_portal import groups


class Migration(migrations.Migration):
    dependencies = [("enrollments", "0002_events"), ("texture_portal", "0003_groups")]

    operations = [migrations.RunPython(lambda apps, _: groups.install(apps), migrations.RunPython.noop)]
