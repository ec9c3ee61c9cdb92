import pytest

from territories.account_forms import UnsafeFormError, check_form, compiled, plain


@pytest.mark.parametrize(
    ("form", "number", "fits"),
    [
        (r"\d{10}", "5512345678", True),
        (r"\d{10}", "551234567", False),
        (r"\d{10}|\d{10}-\d", "5512345678-9", True),
        (r"[A-F]\d{3,5}X?", "b1234", True),
        (r"AB-\d{4}", "AB-12345", False),
    ],
)
def test_a_form_fits_the_whole_number(form, number, fits):
    check_form(form)
    assert bool(compiled(form).fullmatch(plain(number))) is fits


def test_spaces_and_dots_between_digits_are_people_s_own():
    assert plain(" 55 12.34-5 ") == "5512" + "34-5"


@pytest.mark.parametrize(
    "form",
    [
        r"(a+)+b", r"\d+", r"\d*", r".{10}", r"(\d{2})\1", r"^\d{4}$", r"\d{4", r"[z-a]", r"\w{3}", "", r"(?i)a",
        r"\d{1,20}\d{1,20}\d{1,20}\d{1,20}", "9" * 101, r"\d{9,3}",
    ],
)  # fmt: skip
def test_what_could_keep_a_process_busy_or_means_nothing_is_refused(form):
    with pytest.raises(UnsafeFormError):
        check_form(form)


def test_the_worst_form_that_is_taken_still_ends():
    form = r"\d{1,64}\d{1,64}\d{1,64}X"
    check_form(form)

    assert compiled(form).fullmatch(plain("1" * 64)) is None
    assert plain("1" * 65) == ""
