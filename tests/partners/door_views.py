"""A small API behind the real door: it keeps notes on customers' references."""

from uuid import UUID

from django.db import connection, transaction
from django.urls import include, path

from partners import evidence, pagination
from partners.models import Customer, Partner
from partners.views import Answer, PartnerView
from partners.wire import Text, WireSerializer
from texture_portal.refusals import Refusal, refuse


class Note(WireSerializer):
    reference_id = Text()


def shaped(customer):
    return {"id": customer.id, "referenceId": customer.reference_id, "createdAt": customer.created_at}


class Notes(PartnerView):
    scopes = {"GET": "enrollments:read", "POST": "enrollments:write"}
    max_body = 2000

    def get(self, call):
        query = call.query_params(pagination.PageQuery)
        rows = Customer.objects.filter(partner=call.partner)
        return Answer(200, pagination.page(rows, order=pagination.NEWEST_FIRST, shape=shaped, **query))

    def post(self, call):
        reference = call.read(Note)["reference_id"]
        if reference == "stale":
            raise refuse("consent_stale", "too old", pointer="/referenceId")

        def effect():
            customer = Customer(partner=call.partner, reference_id=reference)
            customer.give_key()
            customer.save()
            if reference == "lost inside":
                connection.cursor().execute("SELECT pg_terminate_backend(pg_backend_pid())")
            if reference == "refused inside":
                raise Refusal("state_conflict", "not now")
            if reference == "missing inside":
                raise Refusal("not_found", "no such thing")
            if reference == "broken inside":
                raise RuntimeError("the secret value 4711")
            return Answer(201, shaped(customer), {"Location": f"/v1/notes/{customer.id}"})

        return effect


class OneNote(PartnerView):
    scopes = {"GET": "enrollments:read", "DELETE": "enrollments:write"}

    def get(self, call, note_id: UUID):
        customer = Customer.objects.filter(partner=call.partner, id=note_id).first()
        if customer is None:
            raise Refusal("not_found", "There is no such note.")
        return Answer(200, shaped(customer))

    def delete(self, call, note_id: UUID):
        def effect():
            Customer.objects.filter(partner=call.partner, id=note_id).delete()
            return Answer(200, {})

        return effect


class Anytime(Notes):
    def takes_always(self, request):
        return True


class Evidenced(PartnerView):
    scopes = {"GET": "enrollments:read", "POST": "enrollments:write"}

    def _keep(self, call):
        customer = Customer(partner=call.partner, reference_id=str(call.request_id))
        customer.give_key()
        with transaction.atomic():
            customer.save()
            own = b"own part" if call.query.get("item") else None
            kept = evidence.signed_request(call, customer, body=own)
            kept.save(force_insert=True)
            return Answer(201, {"id": kept.id})

    def get(self, call):
        return self._keep(call)

    def post(self, call):
        return lambda: self._keep(call)


class Broken(PartnerView):
    scopes = {"GET": "enrollments:read"}

    def get(self, call):
        Partner.objects.get(name=call.query["name"])


urlpatterns = [
    path("v1/notes", Notes.as_view()),
    path("v1/anytime", Anytime.as_view()),
    path("v1/notes/<uuid:note_id>", OneNote.as_view()),
    path("v1/evidence", Evidenced.as_view()),
    path("v1/broken", Broken.as_view()),
    path("", include("partners.urls")),
]
