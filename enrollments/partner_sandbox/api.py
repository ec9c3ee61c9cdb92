"""The calls that a sandbox has beyond the contract: each parses, calls one verb and answers."""

from dataclasses import asdict
from typing import ClassVar

from enrollments.answers import answer_with
from enrollments.linking.presentation import show
from enrollments.models import Enrollment, LinkSession
from enrollments.partner_sandbox import lateness
from enrollments.partner_sandbox.documents import LatenessDocument, ResetDocument, ScenarioDocument
from enrollments.partner_sandbox.reset import reset
from enrollments.partner_sandbox.scenarios import Told, play
from partners.views import Answer, Call, Effect, PartnerView
from partners.wire import camel_case
from texture_portal.refusals import Refusal


class ScenariosView(PartnerView):
    scopes: ClassVar = {"POST": "enrollments:write"}

    def post(self, call: Call) -> Effect:
        read = call.read(ScenarioDocument)
        told = Told(call.now, read.get("utility_eia_id", ""), read.get("command", ""), read.get("input", {}))

        def effect() -> Answer:
            enrollment = Enrollment.objects.filter(partner=call.partner, pk=read["enrollment_id"]).first()
            if enrollment is None:
                raise Refusal("not_found", "You have no enrollment of this id.")
            return answer_with(play(read["scenario"], enrollment, told))

        return effect


class LatenessView(PartnerView):
    scopes: ClassVar = {"POST": "links:write"}
    answers_secrets: ClassVar = True  # who has the session's address may link

    def post(self, call: Call) -> Effect:
        read = call.read(LatenessDocument)

        def effect() -> Answer:
            session = LinkSession.objects.filter(partner=call.partner, pk=read["link_session_id"]).first()
            if session is None:
                raise Refusal("not_found", "You have no link session of this id.")
            played = lateness.play(read["scenario"], session, now=call.now)
            return Answer(200, show(played, origin=call.origin, now=call.now))

        return effect


class ResetView(PartnerView):
    scopes: ClassVar = {"POST": "enrollments:write"}

    def post(self, call: Call) -> Effect:
        call.read(ResetDocument)

        def effect() -> Answer:
            done = reset(call.partner, now=call.now, by=call.actor)
            return Answer(200, {camel_case(name): value for name, value in asdict(done).items()})

        return effect
