"""The calls of contract §3 about link sessions: each parses, calls one verb and answers."""

from typing import ClassVar
from uuid import UUID

from enrollments.linking import sessions
from enrollments.linking.documents import LinkSessionDocument, asked_by
from enrollments.linking.presentation import show
from enrollments.models import LinkSession
from partners.views import Answer, Call, Effect, PartnerView
from texture_portal.refusals import Refusal

SCOPE = "links:write"


class LinkSessionsView(PartnerView):
    scopes: ClassVar = {"POST": SCOPE}
    answers_secrets: ClassVar = True  # who has the address may link

    def post(self, call: Call) -> Effect:
        asked = asked_by(call.read(LinkSessionDocument))

        def effect() -> Answer:
            made = sessions.make(call.partner, asked, now=call.now)
            shown = show(made, origin=call.origin, now=call.now)
            return Answer(201, shown, {"Location": f"/v1/link-sessions/{made.pk}"})

        return effect


class LinkSessionView(PartnerView):
    scopes: ClassVar = {"GET": SCOPE}

    def get(self, call: Call, *, session_id: UUID) -> Answer:
        session = LinkSession.objects.filter(partner=call.partner, pk=session_id).first()
        if session is None:
            raise Refusal("not_found", "You have no link session of this id.")
        return Answer(200, show(session, origin=call.origin, now=call.now))
