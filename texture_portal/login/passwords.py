"""Django tells its password rules of every changed password, whichever way it was changed: so this is one of them."""

from django.contrib.auth.models import User

from texture_portal.login.acts import answering, note
from texture_portal.models import Act


class ChangeIsNoted:
    def validate(self, password: str, user: User | None = None) -> None:
        """No rule of its own."""

    def get_help_text(self) -> str:
        return "That it was changed is written down."

    def password_changed(self, password: str, user: User | None = None) -> None:
        request = answering.get()
        by = request.user if request is not None and request.user.is_authenticated else None
        note(Act.What.PASSWORD_CHANGED, by=by, about=user.get_username() if user else "")
