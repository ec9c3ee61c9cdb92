from django.db import migrations

from texture_portal import groups


class Migration(migrations.Migration):
    dependencies = [("enrollments", "0005_duties_and_ageing"), ("texture_portal", "0006_evidence_groups")]

    operations = [migrations.RunPython(lambda apps, _: groups.install(apps), migrations.RunPython.noop)]
