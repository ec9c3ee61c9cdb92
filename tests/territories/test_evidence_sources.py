"""Each source alone: what it says of whom, and how much that weighs."""

from types import SimpleNamespace
from uuid import UUID

import pytest

from territories.evidence.account_number import AccountNumbers
from territories.evidence.base import SURE, Inside, Place, Supplier, Suppliers
from territories.evidence.boundary import Boundaries
from territories.evidence.county_table import CountyTables
from territories.evidence.jurisdiction import Jurisdictions
from territories.evidence.nesting import Nesting
from territories.evidence.partner_hint import PartnerHints
from territories.evidence.reviewer_decision import ReviewerDecisions
from territories.evidence.segment import Segments
from territories.evidence.zip_table import ZipTables
from territories.models import CountyService, DataSet, ZipService
from territories.weights import WEIGHTS, weight
from tests.factories import NOW, DataSetFactory, SiteFactory, UtilityFactory


def supplier(number=1, *, share=0.9, area_km2=100.0, **facts):
    return Supplier(
        UUID(int=number), f"Utility {number}", str(number), "municipal_utility", share=share, area_km2=area_km2, **facts
    )


def place(inside=None, **facts):
    return Place(
        **{"latitude": 37.5, "longitude": -97.2, "accuracy_meters": 50.0, "zip_code": "67002", "state": "KS"}
        | {"inside": inside or {}}
        | facts
    )


def known(*suppliers):
    return Suppliers(
        {each.utility_id: each for each in suppliers},
        {each.eia_id: each for each in suppliers},
        [(each.name, each) for each in suppliers],
        {each.utility_id: each for each in suppliers},
    )


def said(source, where, *suppliers):
    return [each and each.weight for each in source.testify(where, suppliers)]


def test_every_weight_has_a_reason():
    assert all(len(each.because) > 30 for each in WEIGHTS.values())


# -- boundary


def test_a_boundary_weighs_by_the_distance_to_its_edge():
    one = supplier()
    at = [
        said(Boundaries(), place({one: inside}), one)[0]
        for inside in (SURE, Inside(0.9, 300.0), Inside(0.5, 0.0), Inside(0.1, -300.0))
    ]
    assert at == sorted(at, reverse=True)
    assert said(Boundaries(), place(), one) == [weight("boundary.outside")]


def test_a_boundary_that_was_never_published_speaks_neither_for_nor_against():
    unmapped, merged = supplier(area_km2=0.0), supplier(2, unmapped_zip_codes=frozenset({"67002"}))
    assert said(Boundaries(), place(), unmapped, merged) == [weight("boundary.unmapped")] * 2


def test_the_words_give_the_distance_and_how_well_the_place_is_known():
    one = supplier()
    (testimony,) = Boundaries().testify(place({one: Inside(0.2, -210.4)}), [one])
    assert testimony.words == "The place lies 210 m outside its territory's edge, known to 50 m."


# -- nesting


def test_a_towns_own_utility_takes_what_lies_within_it():
    town, company = supplier(1, share=0.97, area_km2=30), supplier(2, share=0.97, area_km2=100_000)
    in_town, around = said(Nesting(), place({town: SURE, company: SURE}), town, company)
    assert in_town is None
    assert around < -3


def test_an_agency_that_claims_the_west_takes_nothing():
    agency, company = supplier(1, share=1e-5, area_km2=900), supplier(2, share=0.9, area_km2=1_000)
    claim, served = said(Nesting(), place({agency: SURE, company: SURE}), agency, company)
    assert served is None
    assert claim < -6


def test_neighbours_of_one_size_leave_the_question_open():
    first, second = supplier(1, share=0.9, area_km2=1_000), supplier(2, share=0.9, area_km2=1_050)
    assert said(Nesting(), place({first: SURE, second: SURE}), first, second) == [None, None]


def test_at_a_border_it_does_not_matter_who_has_more_customers():
    few, many = supplier(1, share=0.1, area_km2=1_000), supplier(2, share=0.9, area_km2=1_000)
    border = place({few: Inside(0.5, 0.0), many: Inside(0.5, 0.0)})
    assert said(Nesting(), border, few, many) == [None, None]
    assert said(Nesting(), place({few: SURE, many: SURE}), few, many)[0] < -2


def test_whoever_is_alone_needs_no_customers():
    one = supplier(share=0.05)
    assert said(Nesting(), place({one: SURE}), one) == [None]


# -- segment and state


def test_a_kind_that_is_not_known_casts_doubt():
    assert said(Segments(), place(), supplier(), supplier(2, is_known=False)) == [None, weight("segment.unknown")]


def test_a_successor_is_explained():
    merged = supplier(unmapped_zip_codes=frozenset({"67002"}), predecessors=("Gulf Coast Power",))
    (testimony,) = Segments().testify(place(), [merged])
    assert (testimony.weight, testimony.words) == (0.0, "It stands for Gulf Coast Power, merged into it.")


@pytest.mark.parametrize(
    ("states", "expected"),
    [({"KS"}, None), ({"OK", "KS"}, None), ({"OK"}, weight("jurisdiction.other_state")), (set(), None)],
)
def test_a_utility_of_another_state_is_unlikely(states, expected):
    assert said(Jurisdictions(), place(), supplier(states=frozenset(states))) == [expected]


# -- tables


@pytest.fixture
def tables(db):
    newest = DataSetFactory(kind=DataSet.Kind.ZIP_TABLE, name="zips_2020.csv", as_of_year=2020)
    older = DataSetFactory(kind=DataSet.Kind.ZIP_TABLE, name="zips_2005.csv", as_of_year=2005)
    rows = [("67002", "1", newest), ("67003", "2", newest), ("67002", "3", older), ("67009", "4", newest)]
    ZipService.objects.bulk_create(ZipService(zip_code=z, eia_id=eia, data_set=each) for z, eia, each in rows)
    suppliers = [supplier(number) for number in range(1, 5)]
    return SimpleNamespace(source=ZipTables.load(known(*suppliers)), suppliers=suppliers)


def test_a_zip_table_speaks_for_whom_it_lists_and_an_older_one_half_as_loud(tables):
    one, two, three, _ = tables.suppliers
    listed, not_listed, older = said(tables.source, place(), one, two, three)
    assert (listed, not_listed) == (weight("zip_table.listed"), weight("zip_table.not_listed"))
    assert older == pytest.approx(listed / 2)


def test_a_utility_that_no_table_knows_is_not_spoken_of(tables):
    assert said(tables.source, place(), supplier(77)) == [None]


def test_a_zip_code_that_no_table_knows_speaks_against_nobody(tables):
    assert said(tables.source, place(zip_code="99999"), *tables.suppliers) == [None] * 4


def test_a_zip_code_that_another_table_knows_speaks_against_those_who_should_be_in_it(db, tables):
    older = supplier(3)
    source = ZipTables.load(known(*tables.suppliers[:2], older))
    assert said(source, place(zip_code="67003"), older) == [pytest.approx(weight("zip_table.silent") / 2)]


def test_a_row_of_a_utility_without_a_row_of_its_own_softens_what_speaks_against_others(db, tables):
    source = ZipTables.load(known(*tables.suppliers[:3]))  # the fourth is a stranger now
    ZipService.objects.create(zip_code="67009", eia_id="2", data_set=DataSet.objects.get(name="zips_2020.csv"))
    source = ZipTables.load(known(*tables.suppliers[:3]))
    assert said(source, place(zip_code="67009"), tables.suppliers[0]) == [weight("zip_table.silent")]


def test_the_zip_table_nominates_whom_it_lists(tables):
    assert {each.eia_id for each in tables.source.nominate(place())} == {"1", "3"}


def test_the_county_of_the_zip_code_is_looked_up_however_it_is_spelt(db):
    data_set = DataSetFactory(kind=DataSet.Kind.COUNTY_TABLE)
    rows = [("MO", "St Louis", "1"), ("KS", "Butler", "2")]
    CountyService.objects.bulk_create(
        CountyService(state=state, county=county, eia_id=eia, data_set=data_set) for state, county, eia in rows
    )
    one, two = supplier(1), supplier(2, area_km2=0.0)
    source = CountyTables.load(known(one, two))
    st_louis = place(zip_code="63011", state="MO")  # "St. Louis County"
    assert said(source, st_louis, one, two, supplier(3)) == [
        weight("county_table.listed"),
        weight("county_table.not_listed"),
        None,
    ]
    assert list(source.nominate(st_louis)) == []  # its territory would
    assert list(source.nominate(place(zip_code="67010"))) == [two]  # Augusta, Butler County


# -- what the partner and the reviewers say


def test_an_account_number_speaks_where_a_utility_declares_its_form():
    one, two, three = (
        supplier(1, account_number_form=r"\d{10}"),
        supplier(2, account_number_form=r"A\d{6}"),
        supplier(3),
    )
    source = AccountNumbers.load(known(one, two, three))
    where = place(account_number="55 1234 5678")
    assert said(source, where, one, two, three) == [
        weight("account_number.fits"),
        weight("account_number.differs"),
        None,
    ]
    assert said(source, place(), one) == [None]


@pytest.mark.parametrize("hint", [{"eiaId": "1"}, {"name": "UTILITY 1"}])
def test_a_hint_speaks_for_whom_it_names(hint):
    one, two = supplier(1), supplier(2)
    source = PartnerHints.load(known(one, two))
    assert said(source, place(utility_hint=hint), one, two) == [weight("partner_hint.named"), None]


@pytest.mark.parametrize("hint", [{}, {"eiaId": None}, {"name": ""}, {"eiaId": "999"}])
def test_an_empty_or_unknown_hint_says_nothing(hint):
    assert said(PartnerHints.load(known(supplier())), place(utility_hint=hint), supplier()) == [None]


def test_reviewers_decisions_speak_to_the_neighbours(db):
    decided, other = UtilityFactory(), supplier(2)
    near = {"latitude": 37.5005, "longitude": -97.2, "accuracy_meters": 20.0, "timezone": "America/Chicago"}
    SiteFactory(**near, utility=decided, decided_at=NOW)
    SiteFactory(**near | {"latitude": 37.51}, utility=decided, decided_at=NOW)
    SiteFactory(**near, utility=decided)  # matched by machine
    one = Supplier(decided.pk, decided.name, decided.eia_id, decided.segment, share=0.9, area_km2=1.0)
    source = ReviewerDecisions.load(known(one, other))
    heard_of_one, of_other = source.testify(place(), [one, other])
    assert of_other is None
    assert 0 < heard_of_one.weight < weight("reviewer_decision.same")
    assert heard_of_one.words == "A reviewer decided for it 56 m away."
    assert list(source.nominate(place())) == [one]
    assert list(source.nominate(place(accuracy_meters=5_000.0))) == []
    assert list(source.nominate(place(latitude=37.6))) == []
