from django.apps import AppConfig
from django.core.checks import register


class TerritoriesConfig(AppConfig):
    name = "territories"
    verbose_name = "Territories"

    def ready(self) -> None:
        from territories.checks import check_geocoders

        register(check_geocoders)
