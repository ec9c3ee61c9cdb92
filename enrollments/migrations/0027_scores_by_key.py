"""Scores are by maker, however its name is spelled; and that a partner is to be scored is a row."""

from collections import defaultdict

import django.db.models.deletion
from django.db import migrations, models


def fold(apps, schema_editor):
    scores = apps.get_model("enrollments", "Score").objects
    for name in list(scores.exclude(maker="").order_by().values_list("maker", flat=True).distinct()):
        scores.filter(maker=name).update(maker_key=" ".join(name.split()).casefold())
    alike = defaultdict(list)
    for row in scores.exclude(maker="").order_by("id").iterator():
        alike[row.partner_id, row.maker_key, row.month, row.measure].append(row)
    for kept, *others in alike.values():
        if others:
            _join(kept, others)
    schema_editor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # what is put off would stand in the way of what follows


def _join(kept, others):
    """A share of all is known from the shares; of what took how long, that it was no longer than the longest."""
    rows = [each for each in (kept, *others) if each.count]
    values, whole = [each.value for each in rows], sum(each.count for each in rows)
    is_duration = kept.measure.startswith("latency_")
    if not rows or None in values:
        kept.value = None
    else:
        kept.value = max(values) if is_duration else sum(each.value * each.count for each in rows) / whole
    kept.count, kept.is_met = whole, None
    if kept.target is not None and whole:
        met = kept.value is not None and (kept.value <= kept.target if is_duration else kept.value >= kept.target)
        kept.is_met = met
    kept.save()
    for each in others:
        each.delete()


class Migration(migrations.Migration):
    dependencies = [
        ("enrollments", "0026_names_that_last"),
        ("partners", "0019_waivers_of_erased"),
    ]

    operations = [
        migrations.CreateModel(
            name="Scoring",
            fields=[
                (
                    "partner",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="scoring",
                        serialize=False,
                        to="partners.partner",
                    ),
                ),
                ("attempted_at", models.DateTimeField(help_text="Null: not yet.", null=True)),
            ],
            options={"default_permissions": ()},
        ),
        migrations.AlterModelOptions(
            name="score",
            options={"default_permissions": ("view",), "ordering": ["-month", "partner__name", "maker_key", "id"]},
        ),
        migrations.RemoveConstraint(model_name="score", name="one_score_of_each"),
        migrations.AddField(
            model_name="score",
            name="maker_key",
            field=models.CharField(blank=True, default="", editable=False, max_length=765),
            preserve_default=False,
        ),
        migrations.RunPython(fold, migrations.RunPython.noop),
        migrations.AddConstraint(
            model_name="score",
            constraint=models.UniqueConstraint(
                fields=("partner", "maker_key", "month", "measure"), name="one_score_of_each"
            ),
        ),
    ]
