"""One maker, however its name is spelled: what was counted of several spellings is one row."""

from django.db import migrations, models

LATENCIES, AGES = (
    f"ARRAY[{', '.join(f'sum({name}[{place}])::int' for place in range(1, classes + 1))}]"
    for name, classes in (("latencies", 11), ("ages", 6))
)
ALIKE = "cloud_id, minute, maker_key, call, category, outcome"
JOIN = f"""
WITH whole AS (
    SELECT min(id) AS id, array_agg(id) AS ids, sum(count) AS count, {LATENCIES} AS latencies, {AGES} AS ages
    FROM devices_makerbucket GROUP BY {ALIKE} HAVING count(*) > 1
), others AS (
    DELETE FROM devices_makerbucket other USING whole WHERE other.id = ANY (whole.ids) AND other.id <> whole.id
)
UPDATE devices_makerbucket kept SET count = whole.count, latencies = whole.latencies, ages = whole.ages
FROM whole WHERE kept.id = whole.id
"""  # noqa: S608 - our own names


def fold(apps, schema_editor):
    buckets = apps.get_model("devices", "MakerBucket").objects
    for name in list(buckets.order_by().values_list("maker_key", flat=True).distinct()):
        folded = " ".join(name.split()).casefold()
        if folded != name:
            buckets.filter(maker_key=name).update(maker_key=folded)
    with schema_editor.connection.cursor() as cursor:
        cursor.execute(JOIN)
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # what is put off would stand in the way of the next statement


class Migration(migrations.Migration):
    dependencies = [
        ("devices", "0021_suspended_portfolios"),
    ]

    operations = [
        migrations.RemoveConstraint(model_name="makerbucket", name="one_maker_bucket"),
        migrations.AlterModelOptions(
            name="makerbucket", options={"default_permissions": (), "ordering": ["-minute", "call", "maker_key"]}
        ),
        migrations.RenameField(model_name="makerbucket", old_name="maker", new_name="maker_key"),
        migrations.AlterField(
            model_name="makerbucket",
            name="maker_key",
            field=models.CharField(
                blank=True, help_text="As `same_name` has it; blank: the call was for no one's.", max_length=765
            ),
        ),
        migrations.RunPython(fold, migrations.RunPython.noop),
        migrations.AddConstraint(
            model_name="makerbucket",
            constraint=models.UniqueConstraint(
                fields=("cloud", "minute", "maker_key", "call", "category", "outcome"), name="one_maker_bucket"
            ),
        ),
    ]
