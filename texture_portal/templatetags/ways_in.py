"""What the log-in page offers beside a password."""

from typing import Any
from urllib.parse import urlencode

from django import template
from django.conf import settings
from django.urls import reverse

register = template.Library()


@register.simple_tag(takes_context=True)
def single_sign_on(context: dict[str, Any]) -> dict[str, str]:
    if not settings.OIDC_ISSUER:
        return {}
    wanted = context["request"].GET.get("next", "")
    return {"name": settings.OIDC_NAME, "url": f"{reverse('single_sign_on')}?{urlencode({'next': wanted})}"}
