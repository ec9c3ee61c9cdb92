from django.urls import path

from enrollments.linking.pages import agreeing, doors, maker, steps

urlpatterns = [
    path("", doors.landing, name="link"),
    path("s/<uuid:session_id>/<str:mac>/", doors.door, name="link-door"),
    path("callback/<uuid:cloud_id>/", maker.callback, name="link-callback"),
    path("problem/<slug:code>/", doors.told, name="link-told"),
    path("<uuid:session_id>/maker/", maker.maker, name="link-maker"),
    path("<uuid:session_id>/devices/", steps.devices, name="link-devices"),
    path("<uuid:session_id>/address/", steps.address, name="link-address"),
    path("<uuid:session_id>/programs/", steps.programs, name="link-programs"),
    path("<uuid:session_id>/terms/", agreeing.terms, name="link-terms"),
    path("<uuid:session_id>/done/", agreeing.done, name="link-done"),
    path("<uuid:session_id>/problem/", doors.problem, name="link-problem"),
    path("<uuid:session_id>/leave/", doors.leave, name="link-leave"),
    path("<uuid:session_id>/left/", doors.left, name="link-left"),
]
