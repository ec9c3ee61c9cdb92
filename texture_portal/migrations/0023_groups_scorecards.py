from django.db import migrations

from texture_portal import groups


class Migration(migrations.Migration):
    dependencies = [
        ("texture_portal", "0022_groups_certification"), ("partners", "0016_maintenance"), ("enrollments", "0021_scores"),
    ]  # fmt: skip

    operations = [migrations.RunPython(lambda apps, _: groups.install(apps), migrations.RunPython.noop)]
