import pytest
from django.core.management import CommandError

from territories.models import DataSet, Utility
from tests.territories.conftest import utility_row

pytestmark = pytest.mark.django_db


def test_utilities_are_imported_in_our_words(run, write):
    printed = run("import_utilities", write("u.json", [utility_row("west-power", eiaId="0014328", customerCount=7)]))
    utility = Utility.objects.get()
    assert (utility.slug, utility.eia_id, utility.name) == ("west-power", "14328", "West Power")
    assert (utility.segment, utility.status, utility.jurisdiction) == ("investor_owned_utility", "active", "KS")
    assert utility.customer_count == 7
    assert "u.json: 1 new, 0 changed, 0 unchanged, 0 repaired, 0 refused. In force as version 1." in printed


def test_a_second_import_changes_nothing(run, write):
    rows = [utility_row("a", eiaId="1", successorId="id-b", status="MERGED"), utility_row("b"), utility_row("c")]
    path = write("u.json", rows)
    run("import_utilities", path)
    before = list(Utility.objects.order_by("pk").values())
    assert "0 new, 0 changed, 3 unchanged" in run("import_utilities", path)
    assert list(Utility.objects.order_by("pk").values()) == before
    assert DataSet.objects.get().version == 1


def test_what_changed_is_changed_and_the_version_counts_up(run, write):
    run("import_utilities", write("u.json", [utility_row("a", eiaId="1"), utility_row("b")]))
    printed = run("import_utilities", write("u.json", [utility_row("a-new", eiaId="1", name="A"), utility_row("b")]))
    assert "0 new, 1 changed, 1 unchanged" in printed
    assert Utility.objects.get(eia_id="1").slug == "a-new"
    assert [d.version for d in DataSet.objects.order_by("version")] == [1, 2]


def test_a_merged_utility_is_linked_to_its_successor(run, write):
    rows = [
        utility_row("old", eiaId="1", status="MERGED", successorId="id-middle"),
        utility_row("middle", eiaId="2", status="ACQUIRED", successorId="id-last"),
        utility_row("last", eiaId="3"),
    ]
    run("import_utilities", write("u.json", rows))
    assert Utility.objects.get(slug="old").standing().slug == "last"


def test_an_unknown_successor_is_noted(run, write):
    printed = run("import_utilities", write("u.json", [utility_row("a", successorId="nobody")]))
    assert "a: its successor nobody is not in the file" in printed


def test_of_two_rows_of_one_eia_id_the_active_one_stands_and_both_are_named(run, write):
    rows = [utility_row("closed", eiaId="5", status="DEFUNCT"), utility_row("open", eiaId="5"), utility_row("x")]
    printed = run("import_utilities", write("u.json", rows))
    assert "refused: closed: Its eiaId 5 is open's already" in printed
    assert set(Utility.objects.values_list("slug", flat=True)) == {"open", "x"}


def test_utilities_without_an_eia_id_are_kept_by_their_slug(run, write):
    path = write("u.json", [utility_row("holding-one"), utility_row("holding-two")])
    run("import_utilities", path)
    run("import_utilities", path)
    assert Utility.objects.filter(eia_id=None).count() == 2


@pytest.mark.parametrize(
    ("row", "which", "why"),
    [
        (utility_row("a", segment="SORCERY"), "row 2 (a)", "Its segment 'SORCERY' is not one"),
        (utility_row("a", status="ASLEEP"), "row 2 (a)", "status"),
        (utility_row("a", customerCount=-3), "row 2 (a)", "customer_count"),
        (utility_row("a", customerCount="many"), "row 2 (a)", "customer_count"),
        (utility_row("not a slug"), "row 2 (not a slug)", "slug"),
        (utility_row("a", name=""), "row 2 (a)", "name"),
        ("a string", "row 2", "not an object"),
    ],
)
def test_a_row_that_cannot_be_taken_is_named_with_the_reason(run, write, row, which, why):
    printed = run("import_utilities", write("u.json", [utility_row("good"), row]))
    (line,) = [line for line in printed.splitlines() if "refused:" in line]
    assert f"refused: {which}: " in line
    assert why in line
    assert Utility.objects.get().slug == "good"


@pytest.mark.parametrize(
    ("content", "fault"),
    [("", "empty"), ('[{"slug": ', "cut short"), ("{}", "not a JSON list"), ("[]", "no rows"), ("[" * 99_999, "JSON")],
)
def test_a_bad_file_is_refused_by_name_with_a_remedy(run, write, content, fault):
    run("import_utilities", write("good.json", [utility_row("good")]))
    with pytest.raises(CommandError, match=fault) as refused:
        run("import_utilities", write("bad.json", content))
    assert "bad.json" in str(refused.value)
    assert "Remedy:" in str(refused.value)
    assert Utility.objects.get().slug == "good"


def test_a_missing_file_is_refused_by_name(run, tmp_path):
    with pytest.raises(CommandError, match=r"nowhere\.json"):
        run("import_utilities", tmp_path / "nowhere.json")


def test_a_file_of_which_no_row_can_be_taken_fails(run, write):
    with pytest.raises(CommandError, match=r"Nothing could be imported(?s:.)*row 1 \(a\)"):
        run("import_utilities", write("u.json", [utility_row("a", segment="SORCERY")]))
    assert not DataSet.objects.exists()


@pytest.mark.real_data
def test_the_real_utilities_import_twice(run, real_data):
    path = real_data / "territories/utilities.json"
    printed = run("import_utilities", path)
    assert "3,131 new" in printed
    assert printed.count("refused:") == 2
    assert Utility.objects.filter(eia_id=None).count() == 153
    assert "0 new, 0 changed, 3,131 unchanged" in run("import_utilities", path)
