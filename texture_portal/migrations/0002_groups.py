from django.db import migrations

from texture_portal import groups


class Migration(migrations.Migration):
    dependencies = [
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
        ("devices", "0001_initial"),
        ("enrollments", "0001_initial"),
        ("partners", "0001_initial"),
        ("programs", "0001_initial"),
        ("territories", "0001_initial"),
        ("texture_portal", "0001_initial"),
    ]

    operations = [migrations.RunPython(lambda apps, _: groups.install(apps), migrations.RunPython.noop)]
