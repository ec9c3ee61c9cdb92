from django.urls import path

from programs import api

urlpatterns = [path("v1/programs", api.ProgramsView.as_view())]
