"""What staff fill in about clouds, connections and portfolios. A secret is taken, and never given back."""

from typing import Any

from django import forms
from django.contrib.postgres.forms import SimpleArrayField
from unfold.widgets import (
    UnfoldAdminPasswordWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanSwitchWidget,
)

from devices.models import Cloud, Connection
from texture_portal.console.verbs import LONGEST_REASON, ReasonForm, VerbForm

LONGEST_SECRET = 4096
MOST_LINES = 10_000
JSON_FIELDS = ("authorize_parameters", "token_parameters", "rate_limits")
Grantor = Connection.Grantor


def secret(label: str, help_text: str = "Sealed at once, and shown nowhere.") -> forms.CharField:
    widget = UnfoldAdminPasswordWidget(attrs={"autocomplete": "new-password"})
    return forms.CharField(label=label, max_length=LONGEST_SECRET, widget=widget, help_text=help_text)


class CloudForm(forms.ModelForm[Cloud]):
    scopes = SimpleArrayField(
        forms.CharField(max_length=255),
        delimiter=" ",
        required=False,
        widget=UnfoldAdminTextInputWidget,
        help_text="With spaces between: the least that finds devices, reads telemetry, commands, and lasts (§3.1).",
    )

    class Meta:
        model = Cloud
        fields = (
            "partner", "name", "connector", "base_url", "issuer", "authorize_url", "token_url", "revoke_url",
            "client_id", "client_proof", "scopes", "authorize_parameters", "token_parameters", "api_key_place",
            "api_key_name", "api_key_prefix", "polling_minutes", "rate_limits", "is_test_environment",
        )  # fmt: skip
        widgets = {name: UnfoldAdminTextareaWidget(attrs={"rows": 2}) for name in JSON_FIELDS}

    def clean_authorize_parameters(self) -> dict[str, str]:
        return self._texts("authorize_parameters")

    def clean_token_parameters(self) -> dict[str, str]:
        return self._texts("token_parameters")

    def _texts(self, name: str) -> dict[str, str]:
        given = self.cleaned_data[name] or {}
        if not isinstance(given, dict) or not all(isinstance(value, str) for value in given.values()):
            raise forms.ValidationError(
                'It must be a JSON object of texts, such as {"audience": "https://api.example"}.'
            )
        return given


class CloudSecretForm(ReasonForm):
    secret = secret("Client secret")
    field_order = ("secret", "reason")


def _grantor() -> forms.ChoiceField:
    choices = [(each.value, each.label) for each in (Grantor.PROGRAM, Grantor.FLEET)]
    return forms.ChoiceField(label="Who grants it", choices=choices, widget=UnfoldAdminSelectWidget)


def _name() -> forms.CharField:
    return forms.CharField(max_length=255, required=False, widget=UnfoldAdminTextInputWidget)


class ClientCredentialsForm(VerbForm):
    grantor = _grantor()
    name = _name()
    client_id = forms.CharField(
        label="Client id",
        max_length=255,
        required=False,
        widget=UnfoldAdminTextInputWidget,
        help_text="As the utility or fleet owner was given it; none: the portal's own at this cloud.",
    )
    secret = secret("Client secret")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["secret"].required = False

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or {}
        if bool(given.get("client_id")) != bool(given.get("secret")):
            raise forms.ValidationError("Give both a client id and its secret, or neither.")
        return given


class ApiKeyForm(VerbForm):
    grantor = _grantor()
    name = _name()
    secret = secret("API key")


class NewSecretForm(ReasonForm):
    secret = secret("The new key or client secret")
    field_order = ("secret", "reason")


class DevicesForm(VerbForm):
    """One device a line."""

    devices = forms.CharField(
        required=False,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 4}),
        help_text="One a line: its id, its serial number, or the manufacturer's id.",
    )
    account = forms.CharField(
        label="Or all of an account",
        max_length=255,
        required=False,
        widget=UnfoldAdminTextInputWidget,
        help_text="The customer's reference at the partner.",
    )
    site = forms.UUIDField(
        label="Or all of a site", required=False, widget=UnfoldAdminTextInputWidget, help_text="The site's id."
    )
    connection = forms.UUIDField(
        label="Or all that a connection reaches",
        required=False,
        widget=UnfoldAdminTextInputWidget,
        help_text="The connection's id.",
    )
    reason = forms.CharField(
        max_length=LONGEST_REASON,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 2}),
        help_text="Goes into the history.",
    )

    def clean_devices(self) -> list[str]:
        lines = [line for line in self.cleaned_data["devices"].splitlines() if line.strip()]
        if len(lines) > MOST_LINES:
            raise forms.ValidationError(f"At most {MOST_LINES:,} at once.")
        return lines

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or {}
        if not self.errors and not any(given.get(name) for name in ("devices", "account", "site", "connection")):
            raise forms.ValidationError("Say which devices.")
        return given


class RevokePortfolioForm(ReasonForm):
    whole_grants = forms.BooleanField(
        label="End grants of programs and fleets too",
        required=False,
        widget=UnfoldBooleanSwitchWidget,
        help_text="Those that reach nothing outside this portfolio. Without it, their devices are withdrawn from them.",
    )
    field_order = ("whole_grants", "reason")
