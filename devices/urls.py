from django.urls import path

from devices import api
from devices.telemetry.api import HistoryView, TelemetryView

urlpatterns = [
    path("v1/device-types", api.DeviceTypesView.as_view()),
    path("v1/devices/<uuid:device_id>/telemetry", HistoryView.as_view()),
    path("v1/telemetry", TelemetryView.as_view()),
]
