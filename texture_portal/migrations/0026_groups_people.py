from django.db import migrations

from texture_portal import groups


class Migration(migrations.Migration):
    dependencies = [
        ("texture_portal", "0025_seal_authenticators"),
        ("partners", "0017_erased_for_good"),
        ("enrollments", "0023_deprovisionings"),
    ]

    operations = [migrations.RunPython(lambda apps, _: groups.install(apps), migrations.RunPython.noop)]
