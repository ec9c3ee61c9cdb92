"""What a user or a group may do, before and after: the difference is an administrative act."""

from typing import Any

from django.contrib.auth.models import Group, User

from texture_portal.login.acts import note
from texture_portal.models import Act

FLAGS = ("is_active", "is_staff", "is_superuser")


def of(subject: User | Group | None) -> dict[str, Any]:
    """As the database has it; nothing for one who is not there."""
    kept = type(subject).objects.filter(pk=subject.pk).first() if subject is not None and subject.pk else None
    if kept is None:
        return {}
    given = kept.user_permissions if isinstance(kept, User) else kept.permissions
    pairs = given.order_by("codename").values_list("content_type__app_label", "codename")
    standing: dict[str, Any] = {"permissions": [f"{app}.{name}" for app, name in pairs]}
    if isinstance(kept, User):
        standing |= {flag: getattr(kept, flag) for flag in FLAGS}
        standing["groups"] = list(kept.groups.order_by("name").values_list("name", flat=True))
    return standing


def note_change(subject: User | Group, *, before: dict[str, Any], by: Any) -> None:
    after = of(subject)
    changes = {
        name: _difference(before.get(name), after.get(name))
        for name in sorted({*before, *after})
        if before.get(name) != after.get(name)
    }
    if changes:
        about = subject.get_username() if isinstance(subject, User) else f"group {subject.name}"
        note(Act.What.PERMISSIONS_CHANGED, by=by, about=about, **changes)


def _difference(before: Any, after: Any) -> Any:
    if isinstance(before, list) or isinstance(after, list):
        old, new = set(before or []), set(after or [])
        return {"added": sorted(new - old), "removed": sorted(old - new)}
    return [before, after]
