"""What a password may be, beside Django's own rules; and that it was changed, and by whom."""

from django.conf import settings
from django.contrib.auth.models import User
from django.contrib.auth.password_validation import CommonPasswordValidator
from django.core.exceptions import ValidationError

from texture_portal.login import breaches, guessable
from texture_portal.login.acts import answering, note
from texture_portal.models import Act

# What anybody would try here (docs/staff.md); with them the portal's own names, and PASSWORD_WORDS.
WORDS = ("texture", "portal", "enrollment", "admin", "auditor", "utility", "partner", "program", "staff")
LONGEST = 4096  # characters of a password that is chosen
SHORTEST_LABEL = 4  # of a host name: "www" is no word


class NotEndless:
    """A rule rather than the field's maxlength, which would cut off in silence what is pasted."""

    def validate(self, password: str, user: User | None = None) -> None:
        if len(password) > LONGEST:
            raise ValidationError(f"A password has {LONGEST:,} characters at most.", code="too_long")

    def get_help_text(self) -> str:
        return f"It has {LONGEST:,} characters at most."


class NotGuessable(CommonPasswordValidator):
    """None of the common ones, whatever digits and signs stand around it; no run; not the portal's own words."""

    def validate(self, password: str, user: User | None = None) -> None:
        super().validate(password, user)
        if guessable.is_regular(password) or guessable.is_dressed_up(password, self.passwords):
            raise ValidationError("This password is a common one, or follows a simple rule.", code="too_common")
        if guessable.is_made_of(password, words()):
            raise ValidationError("This password is made of words that anybody would try here.", code="our_words")

    def get_help_text(self) -> str:
        return "None that many people use, and not the portal's own words: a few of yours, in a row, do well."


class NotStolen:
    """None that is known from thefts, where the setting names a list of those."""

    def validate(self, password: str, user: User | None = None) -> None:
        file = settings.BREACHED_PASSWORDS_FILE
        if file is not None and breaches.is_known(password, file=file):
            raise ValidationError("This password is known from a theft: whoever guesses has it.", code="stolen")

    def get_help_text(self) -> str:
        return "None that is known from a theft." if settings.BREACHED_PASSWORDS_FILE else ""


class ChangeIsNoted:
    """Django tells its password rules of every changed password, whichever way: so this is one of them."""

    def validate(self, password: str, user: User | None = None) -> None:
        """No rule of its own."""

    def get_help_text(self) -> str:
        return "That it was changed is written down."

    def password_changed(self, password: str, user: User | None = None) -> None:
        request = answering.get()
        by = request.user if request is not None and request.user.is_authenticated else None
        note(Act.What.PASSWORD_CHANGED, by=by, about=user.get_username() if user else "")


def words() -> set[str]:
    labels = {label for host in settings.ALLOWED_HOSTS for label in host.split(".") if len(label) >= SHORTEST_LABEL}
    return {*WORDS, *labels, *settings.PASSWORD_WORDS}


def was_chosen_by_another(user: User) -> bool:
    """An administrator knows it: it is good for coming in and choosing another. A shell's user is trusted with it."""
    last = Act.objects.filter(what=Act.What.PASSWORD_CHANGED, about=user.get_username()).first()
    return last is not None and last.user_id not in (None, user.pk)
