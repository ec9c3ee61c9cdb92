"""Keys of authenticators are sealed, recovery codes hashed: each member of staff goes on with what they have."""

from django.db import migrations

from texture_portal import sealed_columns
from texture_portal.login.second_factor import kept_code

COPIED = (
    "user_id",
    "name",
    "confirmed",
    "drift",
    "last_t",
    "throttling_failure_timestamp",
    "throttling_failure_count",
    "last_used_at",
)


def seal(apps, schema_editor):
    before, after = apps.get_model("otp_totp", "TOTPDevice"), apps.get_model("texture_portal", "Authenticator")
    seen = set()
    for device in before.objects.order_by("-pk"):
        if (device.user_id, device.confirmed) not in seen:
            seen.add((device.user_id, device.confirmed))
            row = after(**{name: getattr(device, name) for name in COPIED})
            sealed_columns.seal(row, "sealed_key", bytes.fromhex(device.key))
            row.save()
    before.objects.all().delete()
    for token in apps.get_model("otp_static", "StaticToken").objects.all():
        token.token = kept_code(token.token)
        token.save()


class Migration(migrations.Migration):
    dependencies = [
        ("texture_portal", "0024_limits_and_authenticators"),
        ("otp_static", "0003_add_timestamps"),
        ("otp_totp", "0003_add_timestamps"),
    ]

    operations = [
        migrations.RunSQL(
            "ALTER TABLE texture_portal_gatebucket SET UNLOGGED",
            reverse_sql="ALTER TABLE texture_portal_gatebucket SET LOGGED",
        ),
        migrations.RunPython(seal),
    ]
