import pytest

from territories.addresses import USPS_CODES, Address, place_key

PLAIN = Address("2101 N Main St", "Apt 4", "Saint Paul", "MN", "55101")


@pytest.mark.parametrize(
    "spelled",
    [
        Address("2101 North Main Street", "Apt 4", "Saint Paul", "MN", "55101"),
        Address("  2101  N. MAIN st. ", "apartment 4", "St. Paul", "mn", "55101-1234"),
        Address("2101 N Main St, #4", "", "St Paul", "MN", " 55101 "),
        Address("2101 N Main St", "Unit #4", "SAINT PAUL", "MN", "55101", "USA"),
    ],
)
def test_two_spellings_of_one_address_have_one_key(spelled):
    assert spelled.key == PLAIN.key


@pytest.mark.parametrize(
    "other",
    [
        Address("2103 N Main St", "Apt 4", "Saint Paul", "MN", "55101"),
        Address("2101 S Main St", "Apt 4", "Saint Paul", "MN", "55101"),
        Address("2101 N Main Ave", "Apt 4", "Saint Paul", "MN", "55101"),
        Address("2101 N Main St", "Apt 5", "Saint Paul", "MN", "55101"),
        Address("2101 N Main St", "", "Saint Paul", "MN", "55101"),
        Address("2101 N Main St", "Apt 4", "Saint Paul", "MN", "55102"),
    ],
)
def test_another_address_has_another_key(other):
    assert other.key != PLAIN.key


def test_the_key_of_an_overlong_address_fits_its_column_and_stays_its_own():
    long, longer = (Address("1 " + "x" * 255, "y" * length, "City", "MN", "55101") for length in (250, 251))
    assert len(long.key) <= 400
    assert long.key != longer.key


@pytest.mark.parametrize(
    ("one", "other"), [("St. Paul", "Saint Paul"), ("De Kalb", "DeKalb"), ("Coeur d'Alene", "COEUR D ALENE")]
)
def test_a_citys_name_is_one_however_it_is_spelled(one, other):
    assert place_key(one) == place_key(other)


def test_the_usps_codes_are_the_states_dc_territories_freely_associated_states_and_military():
    assert len(USPS_CODES) == 50 + 1 + 5 + 3 + 3
    assert {"CA", "DC", "PR", "GU", "FM", "AE"} <= USPS_CODES
