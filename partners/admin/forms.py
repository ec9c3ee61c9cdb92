"""What staff fill in about a partner."""

from typing import Any

from django import forms
from django.contrib.postgres.forms import SimpleArrayField
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from partners.limits import LEAST_A_SECOND, MEANINGS, MOST_A_SECOND, SECONDS_OF_BURST, Category
from partners.models import Application, Partner, SigningKey
from partners.scopes import SCOPES
from texture_portal.console.marks import at
from texture_portal.console.verbs import ReasonForm, VerbForm


class Lines(SimpleArrayField):
    """One value a line; lines that are blank say nothing."""

    def to_python(self, value: Any) -> Any:
        if isinstance(value, str):
            value = "\n".join(line.strip() for line in value.splitlines() if line.strip())
        return super().to_python(value)


def _lines(base: forms.Field, help_text: str) -> Lines:
    widget = UnfoldAdminTextareaWidget(attrs={"rows": 3})
    return Lines(base, delimiter="\n", required=False, widget=widget, help_text=help_text)


class PartnerForm(forms.ModelForm[Partner]):
    manufacturers = _lines(forms.CharField(max_length=255), "One maker a line; none: any.")
    redirect_urls = _lines(forms.URLField(max_length=500, assume_scheme="https"), "One address a line.")

    class Meta:
        model = Partner
        fields = ("name", "kind", "environment", "manufacturers", "redirect_urls")


def _scopes() -> forms.MultipleChoiceField:
    return forms.MultipleChoiceField(
        choices=[(name, f"{name}: {meaning}") for name, meaning in SCOPES.items()],
        initial=list(SCOPES),
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
    )


def _public_key() -> forms.CharField:
    return forms.CharField(
        label="The partner's own public key",
        required=False,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 4}),
        help_text="Ed25519 or P-256, as PEM. The better way: a key that the portal never saw proves more.",
    )


def _algorithm() -> forms.ChoiceField:
    return forms.ChoiceField(
        label="Else, the portal makes a key",
        choices=SigningKey.Algorithm,
        widget=UnfoldAdminSelectWidget,
    )


def _old_ones_end() -> forms.IntegerField:
    return forms.IntegerField(
        label="The old ones end in days",
        required=False,
        min_value=0,
        max_value=365,
        widget=UnfoldAdminIntegerFieldWidget,
        help_text="Until then both are good. Left empty: they stay until somebody revokes them.",
    )


class NewKeyForm(VerbForm):
    public_key_pem = _public_key()
    algorithm = _algorithm()
    old_end_in_days = _old_ones_end()


class NewClientForm(VerbForm):
    scopes = _scopes()
    old_end_in_days = _old_ones_end()


class LimitForm(ReasonForm):
    category = forms.ChoiceField(
        choices=[(each.value, f"{each}: {MEANINGS[each]}") for each in Category], widget=UnfoldAdminSelectWidget
    )
    a_second = forms.IntegerField(
        label="Requests a second",
        min_value=LEAST_A_SECOND,
        max_value=MOST_A_SECOND,
        widget=UnfoldAdminIntegerFieldWidget,
        help_text=f"{SECONDS_OF_BURST} times as many may come at once. What the portfolio gives is not taken away.",
    )
    field_order = ("category", "a_second", "reason")


class EndKeyForm(ReasonForm):
    key = forms.ModelChoiceField(
        label="Which key", queryset=SigningKey.objects.none(), widget=UnfoldAdminSelectWidget, empty_label=None
    )
    field_order = ("key", "reason")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choice: Any = self.fields["key"]
        choice.queryset = self.subject.signing_keys.filter(revoked_at=None)
        choice.label_from_instance = lambda key: f"{key.pk} ({key.algorithm}, of {at(key.created_at)})"


class EndClientForm(ReasonForm):
    client = forms.ModelChoiceField(
        label="Which client", queryset=Application.objects.none(), widget=UnfoldAdminSelectWidget, empty_label=None
    )
    field_order = ("client", "reason")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choice: Any = self.fields["client"]
        choice.queryset = self.subject.applications.filter(revoked_at=None)
        choice.label_from_instance = lambda client: f"{client.client_id} (of {at(client.created)})"


class OnboardingForm(forms.Form):
    name = forms.CharField(max_length=255, widget=UnfoldAdminTextInputWidget)
    kind = forms.ChoiceField(choices=Partner.Kind, widget=UnfoldAdminSelectWidget)
    environment = forms.ChoiceField(choices=Partner.Environment, widget=UnfoldAdminSelectWidget)
    manufacturers = _lines(forms.CharField(max_length=255), "One maker a line; none: any.")
    redirect_urls = _lines(forms.URLField(max_length=500, assume_scheme="https"), "One address a line.")
    scopes = _scopes()
    public_key_pem = _public_key()
    algorithm = _algorithm()

    def as_arguments(self) -> dict[str, Any]:
        """As `partners.onboarding.create_partner` takes them."""
        given = self.cleaned_data
        return {
            **{name: given[name] for name in ("name", "kind", "environment", "algorithm")},
            **{name: tuple(given[name]) for name in ("manufacturers", "redirect_urls", "scopes")},
            "public_key_pem": given["public_key_pem"] or None,
        }
