from django.db import migrations

from texture_portal import groups


class Migration(migrations.Migration):
    dependencies = [("devices", "0005_portfolio_revocations"), ("texture_portal", "0010_groups_connections")]

    operations = [migrations.RunPython(lambda apps, _: groups.install(apps), migrations.RunPython.noop)]
