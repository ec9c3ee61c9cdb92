from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("partners", "0012_certificates")]

    operations = [
        migrations.RemoveField(model_name="historicalpartner", name="certified_at"),
        migrations.RemoveField(model_name="partner", name="certified_at"),
    ]
