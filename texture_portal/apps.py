from django.apps import AppConfig
from django.conf import settings

from texture_portal.business_time import check_calendar


class TexturePortalConfig(AppConfig):
    name = "texture_portal"
    verbose_name = "Texture portal"

    def ready(self) -> None:
        check_calendar(settings.BUSINESS_CALENDAR)
        from texture_portal import queue_signing
        from texture_portal.login import recording  # models can be imported from here on

        recording.connect()
        queue_signing.take_fallbacks()
