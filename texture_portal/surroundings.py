"""What every page says of the portal that it is of."""

from django.conf import settings
from django.http import HttpRequest


def of_the_portal(request: HttpRequest) -> dict[str, bool]:
    """A context processor: whether nothing here is real."""
    return {"is_sandbox": settings.SANDBOX}
