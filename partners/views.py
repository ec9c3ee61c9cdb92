"""The base of every view of the partner API: the door, in the contract's order of checks (§7)."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any, ClassVar

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.csrf import csrf_exempt
from rest_framework.views import APIView

from partners import answers, door, idempotency, keys, problems, throttling
from partners.answers import Answer, StoredAnswer
from partners.authentication import Caller, authenticate
from partners.calls import Call, Effect, Holding
from partners.failures import refusal_of_failure
from partners.refusal_log import record_refusal
from partners.scopes import CATEGORY_OF
from partners.throttling import Allowance
from texture_portal import clock, underway
from texture_portal.refusals import Refusal
from texture_portal.writing import insert

__all__ = ["MEBIBYTE", "Answer", "Call", "Effect", "Holding", "NotFoundView", "PartnerView"]

MEBIBYTE = 1024 * 1024
JSON = ("application/json",)
JSON_OR_NOTHING = ("application/json", "")  # of calls that take no body


class PartnerView(APIView):
    """Subclasses declare `scopes` by method, and a handler for each.

    `get(call, **path)` gives an `Answer`; `post`, `patch` and `delete` give an `Effect`: the handler itself runs
    outside any transaction (parse, validate, geocode), its effect in one with the idempotency record.
    """

    scopes: ClassVar[dict[str, str]]
    max_body: ClassVar[int] = MEBIBYTE
    content_types: ClassVar[Collection[str]] = JSON
    retention: ClassVar[timedelta] = idempotency.KEPT
    allowance: Allowance | None = None  # of this one request, once it is known who calls
    answers_secrets: ClassVar[bool] = False  # then the kept answers are sealed

    def dispatch(self, request: HttpRequest, *args: Any, **path: Any) -> HttpResponse:
        response = self._answered(request, path)
        for name, value in self.allowance.headers.items() if self.allowance else ():
            response[name] = value
        return response

    def takes_always(self, request: HttpRequest) -> bool:
        """Whether this request is taken though its partner is suspended or calls too often (contract §2.6)."""
        return False

    def _answered(self, request: HttpRequest, path: dict[str, Any]) -> HttpResponse:
        try:
            return self._serve(request, path, now=clock.now())
        except Refusal as refusal:
            return self._refuse(refusal, request)
        except Exception as failure:
            return answers.problem_response(refusal_of_failure(failure), request)

    def _serve(self, request: HttpRequest, path: dict[str, Any], *, now: datetime) -> HttpResponse:
        if request.method not in self._methods():
            raise Refusal("method_not_allowed", f"{request.method} is not allowed here.")
        said = door.said(request)
        caller = authenticate(
            request.headers.get("Authorization"), key_id=said.key_id, idempotency_key=said.idempotency_key, now=now
        )
        call = door.arrived(request, caller, said, now=now)
        underway.acts(call.actor)
        try:
            self._check_caller(caller, request, now=now)
            keys.note_use(caller.application, now=now)
            call = door.with_query(call, request)
            if call.method in door.READING:
                return answers.response(answers.store(self._read(call, path)))
            call = door.signed(call, request, caller, said, content_types=self.content_types, max_body=self.max_body)
            answer = self._write(call, path)
        except Refusal as refusal:
            record_refusal(refusal, call=call, path=path)
            raise
        if answer.refusal:
            record_refusal(answer.refusal, call=call, path=path)
        return answers.response(answer)

    def _check_caller(self, caller: Caller, request: HttpRequest, *, now: datetime) -> None:
        try:
            caller.check_status()
            caller.check_certified(now=now)
        except Refusal:  # a customer's revocation counts, whatever became of the partner's certificate
            if not self.takes_always(request):
                raise
        scope = self.scopes["GET" if request.method == "HEAD" else str(request.method)]
        caller.check_scope(scope)
        self.allowance = throttling.take(caller.partner.id, caller.partner.limit(CATEGORY_OF[scope]))
        if not self.allowance.granted and not self.takes_always(request):
            self.allowance.check()

    def _read(self, call: Call, path: dict[str, Any]) -> Answer:
        answer: Answer = getattr(self, "get")(call, **path)  # noqa: B009 - only subclasses have it
        return answer

    def _write(self, call: Call, path: dict[str, Any]) -> StoredAnswer:
        if call.idempotency_key is None:
            effect = self._effect(call, path)
            with transaction.atomic():
                answer = answers.store(effect())
                insert(answer.unwritten)
                return answer
        fingerprint = idempotency.fingerprint_of(method=call.method, target=call.target, body=call.body)
        key = idempotency.Key(
            call.partner, call.idempotency_key, fingerprint, kept=self.retention, is_secret=self.answers_secrets
        )
        if call.kept and (first := idempotency.replay(call.kept, key, now=call.now)):
            idempotency.note_replay(call.kept)
            return first
        effect = self._effect(call, path)
        return idempotency.once(
            key,
            now=call.now,
            effect=lambda: answers.store(effect()),
            refused=lambda refusal: answers.store_refusal(refusal, base=call.origin, request_id=call.request_id),
            names=effect.names if isinstance(effect, Holding) else (),
        )

    def _effect(self, call: Call, path: dict[str, Any]) -> Effect:
        """What the handler wants done; a refusal that is kept becomes an effect, so that it is kept."""
        try:
            effect: Effect = getattr(self, call.method.lower())(call, **path)
        except Refusal as refusal:
            if not problems.is_kept(refusal):
                raise
            return _refusing(refusal)
        return effect

    def _methods(self) -> list[str]:
        return [*self.scopes, "HEAD"] if "GET" in self.scopes else list(self.scopes)

    def _refuse(self, refusal: Refusal, request: HttpRequest) -> HttpResponse:
        response = answers.problem_response(refusal, request)
        if refusal.code == "method_not_allowed":
            response["Allow"] = ", ".join(self._methods())
        return response


@method_decorator(csrf_exempt, name="dispatch")
class NotFoundView(View):
    """Whatever is under /v1/ and is nothing."""

    def dispatch(self, request: HttpRequest, *args: Any, **path: Any) -> HttpResponse:
        return answers.problem_response(Refusal("not_found", "There is nothing at this path."), request)


def _refusing(refusal: Refusal) -> Effect:
    def effect() -> Answer:
        raise refusal

    return effect
