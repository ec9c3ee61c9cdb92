from django.db import migrations

from texture_portal import groups


class Migration(migrations.Migration):
    dependencies = [
        ("enrollments", "0004_evidence"),
        ("texture_portal", "0005_groups_review_desk"),
    ]

    operations = [migrations.RunPython(lambda apps, _: groups.install(apps), migrations.RunPython.noop)]
