from django.urls import path

from devices import api

urlpatterns = [path("v1/device-types", api.DeviceTypesView.as_view())]
