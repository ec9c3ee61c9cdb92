from django.db import migrations

from texture_portal import groups


class Migration(migrations.Migration):
    dependencies = [("partners", "0002_webhooks"), ("texture_portal", "0002_groups")]

    operations = [migrations.RunPython(lambda apps, _: groups.install(apps), migrations.RunPython.noop)]
