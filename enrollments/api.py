"""The calls of contract §3: each parses, calls one verb and answers."""

from typing import Any, ClassVar
from uuid import UUID

from django.db.models import QuerySet

from enrollments import correction, intake
from enrollments.answers import answer_with, enrolling
from enrollments.batches import enroll_each
from enrollments.consents import give_consent
from enrollments.documents import (
    BatchDocument,
    CorrectionDocument,
    EligibilityQuestionDocument,
    EnrollmentDocument,
    GivenConsentDocument,
)
from enrollments.matching import find
from enrollments.models import Consent, Enrollment
from enrollments.overview import overview, overviews
from enrollments.presentation import show, show_moment
from enrollments.questions import answer_question
from enrollments.reading import consent_claim, correction_of, enrollment_claim, programs_named, question_of
from enrollments.states import State
from enrollments.timeline import timeline
from partners import evidence
from partners.idempotency import KEPT_BRIEFLY
from partners.pagination import NEWEST_FIRST, OLDEST_CHANGE_FIRST, PageQuery, page, page_of
from partners.views import MEBIBYTE, Answer, Call, Effect, Holding, PartnerView
from partners.wire import Choice, Identifier, Instant, Text
from texture_portal.refusals import Refusal


class EnrollmentQuery(PageQuery):
    state = Choice(choices=[state.value for state in State], required=False)
    device_id = Identifier(required=False)
    manufacturer_device_id = Text(required=False)
    updated_since = Instant(required=False)


FILTERS = {
    "state": "state",
    "device_id": "device_id",
    "manufacturer_device_id": "device__manufacturer_device_id",
    "updated_since": "updated_at__gte",
}


class EnrollmentsView(PartnerView):
    scopes: ClassVar = {"GET": "enrollments:read", "POST": "enrollments:write"}

    def get(self, call: Call) -> Answer:
        asked = call.query_params(EnrollmentQuery)
        wanted = {FILTERS[name]: value for name, value in asked.items() if name in FILTERS}
        order = OLDEST_CHANGE_FIRST if "updated_since" in asked else NEWEST_FIRST
        rows = Enrollment.objects.filter(partner=call.partner, **wanted).shown()
        shown = page(rows, order=order, limit=asked["limit"], cursor=asked["cursor"], shape=show, gather=overviews)
        return Answer(200, shown)

    def post(self, call: Call) -> Effect:
        enroll = enrolling(call, enrollment_claim(call.read(EnrollmentDocument)))
        return Holding(enroll.names, enroll)


class EnrollmentView(PartnerView):
    scopes: ClassVar = {"GET": "enrollments:read", "PATCH": "enrollments:write"}
    content_types: ClassVar = ("application/json", "application/merge-patch+json")

    def get(self, call: Call, *, enrollment_id: UUID) -> Answer:
        return Answer(200, show(overview(_theirs(Enrollment.objects.shown(), call, enrollment_id))))

    def patch(self, call: Call, *, enrollment_id: UUID) -> Effect:
        read = call.read(CorrectionDocument)
        intake.check_programs(programs_named(read))
        enrollment = _theirs(Enrollment.objects.select_related("site"), call, enrollment_id)
        correction.check_open(enrollment)
        site, changes = correction_of(read, enrollment)
        finding = find(site, pointer="/site/address") if site else None
        basis = correction.basis_of(enrollment)

        def effect() -> Answer:
            held = _theirs(Enrollment.objects.locked(), call, enrollment_id)
            correction.correct(held, changes, finding=finding, basis=basis, now=call.now, by=call.actor)
            return answer_with(held)

        return effect


class ConsentsView(PartnerView):
    scopes: ClassVar = {"POST": "enrollments:write"}

    def post(self, call: Call, *, enrollment_id: UUID) -> Effect:
        claim = consent_claim(call.read(GivenConsentDocument))

        def effect() -> Answer:
            held = _theirs(Enrollment.objects.locked(), call, enrollment_id)
            give_consent(
                held,
                claim,
                path=Consent.Path.OEM,
                evidence=lambda customer: evidence.signed_request(call, customer),
                signed_at=call.signed_at,
                now=call.now,
                by=call.actor,
                pointer="",
            )
            return answer_with(held, status=201)

        return effect


class HistoryView(PartnerView):
    scopes: ClassVar = {"GET": "enrollments:read"}

    def get(self, call: Call, *, enrollment_id: UUID) -> Answer:
        asked = call.query_params(PageQuery)
        moments = timeline(_theirs(Enrollment.objects.all(), call, enrollment_id))
        return Answer(200, page_of(moments, limit=asked["limit"], cursor=asked["cursor"], shape=show_moment))


class BatchView(PartnerView):
    scopes: ClassVar = {"POST": "enrollments:write"}
    max_body: ClassVar = 4 * MEBIBYTE  # contract §1

    def post(self, call: Call) -> Effect:
        results = enroll_each(call, call.read(BatchDocument)["enrollments"])
        return lambda: Answer(200, {"results": results})


class EligibilityView(PartnerView):
    scopes: ClassVar = {"POST": "enrollments:write"}
    retention: ClassVar = KEPT_BRIEFLY

    def post(self, call: Call) -> Effect:
        site, device = question_of(call.read(EligibilityQuestionDocument))
        finding = find(site, pointer="/address", keep=False)  # contract §3: keeps nothing but the answer
        return lambda: Answer(200, answer_question(finding, device, now=call.now))


def _theirs(rows: QuerySet[Enrollment], call: Call, enrollment_id: Any) -> Enrollment:
    """The partner's own, or 404: another's is as if it were not there."""
    enrollment = rows.filter(partner=call.partner, pk=enrollment_id).first()
    if enrollment is None:
        raise Refusal("not_found", "You have no enrollment of this id.")
    return enrollment
