from django.urls import path

from devices import api
from devices.commands.api import CommandStatusView, CommandsView, CommandView
from devices.telemetry.api import HistoryView, TelemetryView

urlpatterns = [
    path("v1/commands", CommandsView.as_view()),
    path("v1/commands/<uuid:command_id>", CommandView.as_view()),
    path("v1/commands/<uuid:command_id>/status", CommandStatusView.as_view()),
    path("v1/device-types", api.DeviceTypesView.as_view()),
    path("v1/devices/<uuid:device_id>/telemetry", HistoryView.as_view()),
    path("v1/telemetry", TelemetryView.as_view()),
]
