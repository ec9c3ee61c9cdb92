"""What end users fill in. Each fault stands beside its field, in words."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from enrollments.documents import POSTAL_CODE
from territories.addresses import USPS_CODES, Address

STATES = [(code, code) for code in sorted(USPS_CODES)]


class _Marked(forms.Form):
    """A field with a fault says so to who cannot see it: `aria-invalid`, and what describes it."""

    def mark(self) -> None:
        for name in self.errors:
            if name in self.fields:
                self.fields[name].widget.attrs |= {"aria-invalid": "true", "aria-describedby": f"id_{name}_fault"}


class AddressForm(_Marked):
    street_one = forms.CharField(
        label=_("Street and number"), max_length=255, widget=forms.TextInput({"autocomplete": "address-line1"})
    )
    street_two = forms.CharField(
        label=_("Apartment or unit, if any"), max_length=255, required=False,
        widget=forms.TextInput({"autocomplete": "address-line2"}),
    )  # fmt: skip
    city = forms.CharField(label=_("City"), max_length=100, widget=forms.TextInput({"autocomplete": "address-level2"}))
    state = forms.ChoiceField(
        label=_("State"), choices=[("", "–"), *STATES], widget=forms.Select({"autocomplete": "address-level1"})
    )
    postal_code = forms.RegexField(
        label=_("ZIP code"), regex=f"^{POSTAL_CODE.pattern}$", max_length=10,
        error_messages={"invalid": _("A ZIP code has five digits, such as 94903.")},
        widget=forms.TextInput({"autocomplete": "postal-code", "inputmode": "numeric"}),
    )  # fmt: skip

    def address(self) -> Address:
        given: dict[str, Any] = self.cleaned_data
        return Address(**given)


class EmailForm(_Marked):
    email = forms.EmailField(
        label=_("Your e-mail address"), max_length=254,
        widget=forms.EmailInput({"autocomplete": "email", "inputmode": "email"}),
    )  # fmt: skip


class OptionalEmailForm(EmailForm):
    def __init__(self, *given: Any, **options: Any) -> None:
        super().__init__(*given, **options)
        self.fields["email"].required = False
        self.fields["email"].label = _("Your e-mail address (optional)")
