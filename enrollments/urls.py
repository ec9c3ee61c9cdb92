from django.conf import settings
from django.urls import path

from enrollments import api, devices_api
from enrollments.events.api import EventsView, EventView
from enrollments.evidence.api import EvidenceRequestsView, EvidenceView
from enrollments.linking.api import LinkSessionsView, LinkSessionView
from enrollments.partner_sandbox.api import LatenessView, ResetView, ScenariosView

urlpatterns = [
    path("v1/enrollments", api.EnrollmentsView.as_view()),
    path("v1/enrollments/batch", api.BatchView.as_view()),
    path("v1/enrollments/<uuid:enrollment_id>", api.EnrollmentView.as_view()),
    path("v1/enrollments/<uuid:enrollment_id>/consents", api.ConsentsView.as_view()),
    path("v1/enrollments/<uuid:enrollment_id>/history", api.HistoryView.as_view()),
    path("v1/devices", devices_api.DevicesView.as_view()),
    path("v1/devices/<uuid:device_id>", devices_api.DeviceView.as_view()),
    path("v1/enrollments/<uuid:enrollment_id>/evidence", EvidenceView.as_view()),
    path("v1/evidence-requests", EvidenceRequestsView.as_view()),
    path("v1/eligibility", api.EligibilityView.as_view()),
    path("v1/link-sessions", LinkSessionsView.as_view()),
    path("v1/link-sessions/<uuid:session_id>", LinkSessionView.as_view()),
    path("v1/events", EventsView.as_view()),
    path("v1/events/<path:event_id>", EventView.as_view()),
]
if settings.SANDBOX:
    urlpatterns += [
        path("v1/sandbox/scenarios", ScenariosView.as_view()),
        path("v1/sandbox/link-sessions", LatenessView.as_view()),
        path("v1/sandbox/reset", ResetView.as_view()),
    ]
