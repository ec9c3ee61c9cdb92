"""What the admin classes offer, by their own account, and where each of it is asked for."""

from django.contrib import admin
from django.contrib.auth.models import User
from django.test import RequestFactory
from django.urls import resolve, reverse
from django.urls.exceptions import Resolver404
from simple_history.admin import SimpleHistoryAdmin

from tests.browser.offers import TYPED

DJANGOS_OWN = {"changelist", "change", "add", "delete", "history"}
BY_VERB = "verb"
# actions with an address of their own: what follows the row's id there
MORE_ARGUMENTS = {"evidence": ("json",), "template": ("csv",), "together": (), "result": (), "content": (),
                  "password_change": (), "export": ("csv",), "paper": ("page",),
                  "certificate": ("json",), "verify": ()}  # fmt: skip
OF_NO_ROW = {"verify", "add", "export", "fleet", "template", "together"}


def label_of(model_admin):
    return model_admin.opts.label_lower


def verbs_of(model_admin):
    return {verb.name for verb in getattr(model_admin, "verbs", ())}


def addresses_of(model_admin):
    """The names of those that it has beyond Django's."""
    stem = f"{model_admin.opts.app_label}_{model_admin.opts.model_name}_"
    own = {each.name.removeprefix(stem) for each in model_admin.get_urls() if each.name}
    return own - DJANGOS_OWN - {BY_VERB}


def in_bulk(model_admin):
    return set(model_admin.get_actions(_almighty()))


def offered(model_admin):
    """To somebody who may do everything."""
    typed = {each for each in TYPED if getattr(model_admin, f"has_{each}_permission")(_almighty())}
    history = {"history"} if isinstance(model_admin, SimpleHistoryAdmin) else set()
    return {"view"} | verbs_of(model_admin) | addresses_of(model_admin) | in_bulk(model_admin) | typed | history


def address(model_admin, action, row):
    """Where it is asked for, about this row."""
    stem = f"admin:{model_admin.opts.app_label}_{model_admin.opts.model_name}"
    if action in verbs_of(model_admin):
        return reverse(f"{stem}_verb", args=(row.pk, action))
    if action in in_bulk(model_admin):
        return reverse(f"{stem}_changelist")
    if action == "simple_history":
        return reverse(f"{stem}_{action}", args=(row.pk, row.history.latest().pk))
    if action == "view":
        return reverse(f"{stem}_change", args=(row.pk,))
    arguments = () if action in OF_NO_ROW else (row.pk,)
    return reverse(f"{stem}_{action}", args=(*arguments, *MORE_ARGUMENTS.get(action, ())))


def action_at(path):
    """(label, action) behind an address of the admin; None for what is no model's."""
    try:
        match = resolve(path)
    except Resolver404:
        return None
    for model_admin in admin.site._registry.values():
        stem = f"{model_admin.opts.app_label}_{model_admin.opts.model_name}_"
        name = (match.url_name or "").removeprefix(stem)
        if name != match.url_name and name in DJANGOS_OWN | {BY_VERB} | addresses_of(model_admin):
            return label_of(model_admin), match.kwargs["verb"] if name == BY_VERB else name
    return None


def _almighty():
    request = RequestFactory().get("/admin/")
    request.user = User(is_superuser=True, is_active=True, is_staff=True)
    return request
