"""Reading pages as they stand in the browser: what they offer, and where their links lead."""

import hashlib
import re
from urllib.parse import parse_qsl

from django.contrib import admin
from django.db import connection
from django.urls import reverse

from tests.browser.offered import action_at, label_of
from tests.browser.offers import OFFERS, may

ON_THE_PAGE = """() => {
    const seen = (each) => !each.closest('#nav-sidebar')
    const shown = (each) => each.closest('details')?.querySelector('summary').checkVisibility() ?? true
    const target = (form) => new URL(form.getAttribute('action') || '', document.baseURI).href
    const posts = [...document.querySelectorAll('form[method=post]')].filter(shown)
    const buttons = [...document.querySelectorAll('[formaction]')]
    return {
        posts: [...posts.map(target), ...buttons.map(each => each.formAction)],
        links: [...document.querySelectorAll('a[href]')].filter(seen).map(each => each.href),
        saves: document.querySelectorAll('[name=_save], [name=_continue], [name=_addanother]').length > 0,
        bulk: [...document.querySelectorAll('select[name=action] option')].map(each => each.value),
    }
}"""
NOT_KEPT = ["django_session", "texture_portal_look"]  # that a list was looked at is on record, whoever was refused what
LEADS_TO = {"act_together": "together"}  # a page that a selection is taken to
WAYS_TO_LOOK = {"changelist", "history"}  # but for a history that is kept for its own readers


def path_of(url):
    return re.sub(r"^https?://[^/]+|[?#].*$", "", url)


def offers_of(page):
    """{(label, action)} of every form, button and link on it."""
    found, here = page.evaluate(ON_THE_PAGE), action_at(path_of(page.url))
    posts = {at for each in found["posts"] if (at := action_at(path_of(each))) and at[1] != "change"}
    links = {at for each in found["links"] if (at := action_at(path_of(each))) and at[1] != "change"}
    saves = {here} if found["saves"] else set()
    bulk = {(here[0], way) for each in found["bulk"] if each for way in (each, LEADS_TO.get(each, each))}
    return {(at, action) for at, action in posts | links | saves | bulk if not _is_a_look(at, action)}


def _is_a_look(label, action):
    return action in WAYS_TO_LOOK and action not in OFFERS[label]


def linked_from(page):
    """The labels whose pages it leads to."""
    found = (action_at(path_of(each)) for each in page.evaluate(ON_THE_PAGE)["links"])
    return {label for label, _ in filter(None, found)}


def pages_of(model_admin, rows, *, group):
    """Its list and the rows' pages; and the pages for adding one and of a history, where the group has them."""
    label, stem = label_of(model_admin), f"admin:{model_admin.opts.app_label}_{model_admin.opts.model_name}"
    found = [reverse(f"{stem}_changelist"), *(reverse(f"{stem}_change", args=(row.pk,)) for row in rows)]
    if may(group, label, "add"):
        found.append(reverse(f"{stem}_add"))
    if may(group, label, "history"):
        found.append(reverse(f"{stem}_history", args=(rows[0].pk,)))
    return found


def everything_kept():
    """One digest of every row of every table, but for who is logged in."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> ALL (%s)", [NOT_KEPT]
        )
        tables = sorted(name for (name,) in cursor.fetchall())
        whole = hashlib.sha256()
        for name in tables:
            cursor.execute(f"SELECT md5(coalesce(string_agg(t::text, '|' ORDER BY t::text), '')) FROM \"{name}\" t")
            whole.update(f"{name}:{cursor.fetchone()[0]}".encode())
    return whole.hexdigest()


def post(page, path, **given):
    """As a form would, with the token that belongs to it: what is refused is refused for want of a permission."""
    token = next(each["value"] for each in page.context.cookies() if each["name"] == "csrftoken")
    answer = page.context.request.post(path, form=given, headers={"X-CSRFToken": token}, max_redirects=0)
    assert "CSRF" not in answer.text()
    return answer


def admins():
    return {label_of(each): each for each in admin.site._registry.values()}


def actions_in(answer):
    """("label:action", status) of one answer to a form that was sent, or to a page that was opened."""
    request, at = answer.request, action_at(path_of(answer.url))
    if at is None or (request.method == "GET" and at[1] in ("add", "change", "delete", "changelist")):
        return
    label, action = at
    if action == "changelist":
        action = dict(parse_qsl(request.post_data or "")).get("action", action)
    yield f"{label}:{action}", answer.status
