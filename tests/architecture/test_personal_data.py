"""What each column is to a person: a new one fails here until somebody has said it (docs/deletion.md)."""

from django.apps import apps

from enrollments.deletion import classes
from enrollments.deletion.traces import columns_of_words

MODELS = [each for each in apps.get_models(include_auto_created=True) if not each._meta.proxy and each._meta.managed]


def columns(model):
    return {each.name for each in columns_of_words(model)}


def test_every_column_of_words_is_declared_to_be_personal_or_not():
    """A new one fails here until somebody says which it is, in `enrollments.deletion.classes` or `.traces`."""
    assert {
        f"{model._meta.label}.{name}"
        for model in MODELS
        for name in classes.undeclared(model._meta.label, columns(model))
    } == set()


def test_nothing_is_declared_that_is_not_there_and_nothing_twice():
    there = {model._meta.label: columns(model) for model in MODELS}
    for label, reasons in classes.NOT_PERSONAL.items():
        declared = set(reasons) - {classes.ALL}
        assert declared <= there[label], label
        assert declared.isdisjoint(classes.cleared().get(label, set()) | classes.sealed().get(label, set())), label
    for label, cleared in classes.cleared().items():
        assert cleared <= there[label], label
        assert classes.ALL not in classes.NOT_PERSONAL.get(label, {}), label
