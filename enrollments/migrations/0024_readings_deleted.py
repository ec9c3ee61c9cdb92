from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("enrollments", "0023_deprovisionings"),
    ]

    operations = [
        migrations.AddField(
            model_name="deletionrequest",
            name="readings_deleted",
            field=models.PositiveBigIntegerField(default=0, help_text="Until now; they go before the rest."),
        ),
    ]
