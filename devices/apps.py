from django.apps import AppConfig


class DevicesConfig(AppConfig):
    name = "devices"
    verbose_name = "Devices"

    def ready(self) -> None:
        from devices.access import ACCESSES
        from devices.connections.giving_up import GrantedAccess

        ACCESSES.append(GrantedAccess())
