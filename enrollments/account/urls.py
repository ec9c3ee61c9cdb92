from django.urls import path

from enrollments.account import pages

urlpatterns = [
    path("", pages.front, name="account"),
    path("email/", pages.ask_email, name="account-email"),
    path("mailed/", pages.mailed, name="account-mailed"),
    path("in/<str:token>/", pages.come_in, name="account-in"),
    path("maker/", pages.ask_maker, name="account-maker"),
    path("devices/<uuid:enrollment_id>/", pages.device, name="account-device"),
    path("devices/<uuid:enrollment_id>/leave/<uuid:program_id>/", pages.leave_program, name="account-leave"),
    path("devices/<uuid:enrollment_id>/events/<uuid:event_id>/", pages.sit_out, name="account-sit-out"),
    path("end/", pages.end_everything, name="account-end"),
    path("ended/", pages.everything_ended, name="account-ended"),
    path("delete/", pages.delete, name="account-delete"),
    path("download/", pages.download, name="account-download"),
    path("out/", pages.log_out, name="account-out"),
]
