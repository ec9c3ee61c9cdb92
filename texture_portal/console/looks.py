"""What staff are shown of people is on record, written with the page that shows it."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db.models import Model
from django.http import HttpRequest, HttpResponse

from texture_portal import clock
from texture_portal.models import Look

MOST_IDS = 5000  # of one row: an export is several


def note(request: HttpRequest, what: Look.What, model: type[Model], ids: Iterable[Any]) -> None:
    """Nothing shown is nothing seen."""
    shown = [str(each) for each in ids]
    user: Any = request.user
    Look.objects.bulk_create(
        Look(
            at=clock.now(),
            user_id=user.pk,
            username=user.get_username(),
            address=request.META.get("REMOTE_ADDR") or None,
            what=what,
            table=model._meta.label_lower,
            rows=shown[start : start + MOST_IDS],
            narrowed_by=sorted(name[:60] for name in request.GET if request.GET[name]),
        )
        for start in range(0, len(shown), MOST_IDS)
    )


def note_taken(user: Any, model: type[Model], ids: Iterable[Any], *, now: datetime) -> None:
    """As a file, through a button of a page."""
    Look.objects.create(
        at=now,
        user_id=user.pk,
        username=user.get_username(),
        what=Look.What.EXPORTED,
        table=model._meta.label_lower,
        rows=[str(each) for each in ids],
    )


class OnRecord:
    """Gives a ModelAdmin whose rows are about people the record of who saw which of them."""

    model: type[Model]
    about_people = True

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        answer: Any = super().changelist_view(request, extra_context)  # type: ignore[misc]
        shown = (getattr(answer, "context_data", None) or {}).get("cl")
        if shown is not None and self.about_people:
            note(request, Look.What.LISTED, self.model, [each.pk for each in shown.result_list])
        return answer  # type: ignore[no-any-return]

    def change_view(self, request: HttpRequest, object_id: str, *args: Any, **kwargs: Any) -> HttpResponse:
        answer: HttpResponse = super().change_view(request, object_id, *args, **kwargs)  # type: ignore[misc]
        if answer.status_code == 200 and self.about_people:
            note(request, Look.What.OPENED, self.model, [object_id])
        return answer
