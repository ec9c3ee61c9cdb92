from django.db import migrations

from texture_portal import groups


class Migration(migrations.Migration):
    dependencies = [("enrollments", "0010_evidence_records"), ("texture_portal", "0008_groups_files")]

    operations = [migrations.RunPython(lambda apps, _: groups.install(apps), migrations.RunPython.noop)]
