"""The steps after the maker: devices, address and programs."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from enrollments.linking import choosing
from enrollments.linking.completing import chosen_of
from enrollments.linking.forms import AddressForm
from enrollments.linking.found import kept, weigh
from enrollments.linking.granting import StepFailedError
from enrollments.linking.pages.page import failed, go_on, progress, show, step, through
from enrollments.linking.places import as_note, look_up, noted_address, noted_place, offers, utility_names
from enrollments.linking.words import DEVICE, PROGRAM
from enrollments.models import LinkSession
from territories.addresses import Address
from texture_portal import clock
from texture_portal.gates import Gate

METHODS = ["GET", "HEAD", "POST"]


@require_http_methods(METHODS)
@step("devices")
def devices(request: HttpRequest, session: LinkSession) -> HttpResponse:
    if session.cloud is None:
        return go_on(session)
    seen = weigh(session, session.cloud, kept(session))
    fault = ""
    if request.method == "POST":
        wanted = set(request.POST.getlist("device"))
        chosen = [each.listed.id for each in seen if each.can_be_chosen and each.listed.id in wanted]
        if chosen:
            choosing.note_devices(session, chosen)
            return redirect("link-address", session_id=session.pk)
        fault = _("Choose at least one device.")
    free = [each for each in seen if each.can_be_chosen]
    checked = set(session.notes.get("chosen", [])) or ({free[0].listed.id} if len(free) == 1 else set())
    rows = [(each, DEVICE[each.listed.type], each.listed.id in checked) for each in seen]
    return show(
        request, "link/devices.html", session=session, rows=rows, fault=fault, status=422 if fault else 200,
        **progress("devices"),
    )  # fmt: skip


@require_http_methods(METHODS)
@through(Gate.PLACE)
@step("address")
def address(request: HttpRequest, session: LinkSession) -> HttpResponse:
    form = AddressForm(request.POST if request.method == "POST" else None, initial=_known_address(session))
    if request.method == "POST" and form.is_valid():
        given = form.address()
        finding = look_up(given)  # outside any transaction: it asks geocoders
        try:
            fault = choosing.note_address(session, given, finding=finding, now=clock.now())
        except StepFailedError as ended:
            return failed(session, ended.code)
        if not fault:
            return redirect("link-programs", session_id=session.pk)
        form.add_error(None, fault)
    form.mark()
    return show(
        request, "link/address.html", session=session, form=form, status=422 if form.errors else 200,
        **progress("address"),
    )  # fmt: skip


@require_http_methods(METHODS)
@step("programs")
def programs(request: HttpRequest, session: LinkSession) -> HttpResponse:
    place, now = noted_place(session), clock.now()
    try:
        chosen = chosen_of(session)
    except StepFailedError as ended:
        return failed(session, ended.code)
    if place is None or not chosen:
        return go_on(session)
    offered = offers(place, chosen, now=now)
    kinds = choosing.kinds(place, chosen, now=now) if not offered else []
    if not (offered or kinds):
        return failed(session, "ineligible")
    fault = ""
    if request.method == "POST":
        if choosing.note_programs(session, request.POST.getlist("program"), offered=offered, kinds=kinds):
            return redirect("link-terms", session_id=session.pk)
        fault = _("Choose at least one, or leave.")
    ticked = set(session.notes.get("programs", [])) | set(session.notes.get("types", []) if kinds else [])
    named = {str(session.program_id)} if session.program_id else set()
    rows = [(each, PROGRAM[each.program.type], str(each.program.pk) in (ticked or named)) for each in offered]
    return show(
        request, "link/programs.html", session=session, rows=rows, place=place, utilities=utility_names(place),
        kinds=[(each, PROGRAM[each], each in ticked) for each in kinds], fault=fault, status=422 if fault else 200,
        **progress("programs"),
    )  # fmt: skip


def _known_address(session: LinkSession) -> dict[str, str]:
    """What was typed before; or, where the partner sent its own customer for one enrollment, what it said of it."""
    noted = noted_address(session)
    if noted is None and session.enrollment is not None and session.partner_id is not None:
        site = session.enrollment.site
        noted = Address(site.street_one, site.street_two, site.city, site.state, site.postal_code)
    return {name: value for name, value in as_note(noted).items() if name != "country"} if noted else {}
