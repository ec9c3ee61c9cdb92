from django.db import migrations

from texture_portal import groups


class Migration(migrations.Migration):
    dependencies = [("texture_portal", "0004_groups"), ("enrollments", "0003_review_desk")]

    operations = [migrations.RunPython(lambda apps, _: groups.install(apps), migrations.RunPython.noop)]
