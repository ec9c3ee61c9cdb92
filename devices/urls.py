from django.urls import path

from devices import api
from devices.telemetry.api import TelemetryView

urlpatterns = [
    path("v1/device-types", api.DeviceTypesView.as_view()),
    path("v1/telemetry", TelemetryView.as_view()),
]
