from django.db import migrations

from texture_portal import groups


class Migration(migrations.Migration):
    dependencies = [
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
        ("devices", "0001_initial"),
        ("enrollments", "0004_information_from_the_partner"),
        ("partners", "0005_whole_keys"),
        ("programs", "0002_program_settled_at"),
        ("territories", "0002_alter_site_created_at_alter_site_updated_at"),
        ("texture_portal", "0002_alter_heartbeat_options"),
    ]

    operations = [migrations.RunPython(lambda apps, _: groups.install(apps), migrations.RunPython.noop)]
