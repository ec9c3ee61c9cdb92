"""What went wrong, as the end user is told it: what happened, what it means for them, and what to do next.

Nothing half-done stays behind any of these: where access had been given, it is given back.
"""

from dataclasses import dataclass
from enum import StrEnum

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Text = str | Promise


class Next(StrEnum):
    """What the page offers."""

    AGAIN = "again"  # choose the maker once more
    ACCOUNT = "account"  # My devices
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Ending:
    title: Text
    happened: Text
    todo: Text
    next: Next = Next.AGAIN
    status: int = 200


ENDINGS: dict[str, Ending] = {
    "access_denied": Ending(
        _("You said no"),
        _("On the maker’s page you did not give access. That is fine: nothing was linked."),
        _("If you did not mean to, try again and choose to allow access there."),
    ),
    "expired": Ending(
        _("Your time was up"),
        _("For your safety, we wait ten minutes for your answer. Yours came later, so nothing was linked."),
        _("Try again. It usually takes two or three minutes."),
    ),
    "session_over": Ending(
        _("This visit has ended"),
        _("A visit lasts one hour, and yours is over. Nothing that was half done was kept."),
        _("Begin again with the link that you were given."),
        Next.NOTHING, 410,
    ),
    "left": Ending(
        _("You left"),
        _("Nothing was linked, and we keep no access to your account."),
        _("You can come back with the link that you were given."),
        Next.NOTHING,
    ),
    "other_browser": Ending(
        _("This page is open elsewhere"),
        _("For your safety, a link works in one browser only, and this one was opened in another."),
        _("Go back to the browser in which you began, or ask for a new link."),
        Next.NOTHING, 403,
    ),
    "not_here": Ending(
        _("There is nothing here"),
        _("This address is not complete, or it belongs to another visit."),
        _("Open the link that you were given once more."),
        Next.NOTHING, 404,
    ),
    "no_devices": Ending(
        _("We found no devices"),
        _("The account that you logged in to has no devices in it. We have given the access back."),
        _("Check in the maker’s app that your device is set up and belongs to this account. Then try again."),
    ),
    "not_the_device": Ending(
        _("The device is not in this account"),
        _("You were asked to link one particular device, and it is not in the account that you logged in to. "
          "We have given the access back."),
        _("Log in with the account that the device belongs to, or ask the company that sent you here."),
    ),
    "ineligible": Ending(
        _("No program takes this device yet"),
        _("We know who serves your address, but no program there takes your device at the moment. Nothing was linked, "
          "and we have given the access back."),
        _("Programs come and go: try again in a few months, or ask your utility which devices it takes."),
    ),
    "no_match": Ending(
        _("There is no program at this address"),
        _("The address lies outside the areas of the utilities that we work with. Nothing was linked, and we have "
          "given the access back."),
        _("If the address was not right, begin again and correct it. Otherwise ask your utility about programs."),
    ),
    "already_linked": Ending(
        _("This is linked already"),
        _("Every device in this account is linked already. There is nothing more to do, and nothing was changed."),
        _("See what is linked, and in which programs, under My devices."),
        Next.ACCOUNT,
    ),
    "elsewhere": Ending(
        _("This device is enrolled elsewhere"),
        _("The device takes part through another company already, and a device can take part only once. Nothing was "
          "linked, and we have given the access back."),
        _("If you do not know of it, or bought the device used, write to the company that sent you here."),
    ),
    "several_customers": Ending(
        _("These devices belong to different customers"),
        _("The maker has these devices under more than one customer. Nothing was linked."),
        _("Begin again and choose one device at a time."),
    ),
    "address_differs_from_enrollment": Ending(
        _("The address is not the one we were given"),
        _("The maker enrolled this device at another address. For your safety we link it only where both agree. "
          "Nothing was linked, and we have given the access back."),
        _("If you have moved, or the device is new to you, ask the maker to correct the address. Then try again."),
    ),
    "away": Ending(
        _("The maker’s service does not answer"),
        _("We could not reach the maker’s service just now. Nothing was linked."),
        _("This is not your fault. Try again in a few minutes."),
        status=503,
    ),
    "refused": Ending(
        _("The maker did not give access"),
        _("The maker’s service turned the request down. Nothing was linked."),
        _("Try again. If it happens once more, ask the maker about your account."),
    ),
    "not_set_up": Ending(
        _("This does not work at the moment"),
        _("Something between us and this maker is not set up as it should be. Nothing was linked."),
        _("This is ours to mend. Try again tomorrow, or tell the company that sent you here."),
        status=503,
    ),
    "no_makers": Ending(
        _("There is nobody to link with yet"),
        _("No maker can be linked with here at the moment."),
        _("Tell the company that sent you here."),
        Next.NOTHING, 503,
    ),
    "state_unknown": Ending(
        _("This answer belongs to nothing"),
        _("An answer came that belongs to no question of ours. It was not used."),
        _("Begin again with the link that you were given."),
        Next.NOTHING, 400,
    ),
    "browser_differs": Ending(
        _("This was begun in another browser"),
        _("For your safety, what begins in one browser ends there. The answer was not used."),
        _("Go back to the browser in which you began, or begin again in this one."),
        Next.NOTHING, 403,
    ),
    "used": Ending(
        _("This answer was used before"),
        _("The page was opened twice. The second time changed nothing."),
        _("If you have just linked your devices, all is well: see them under My devices."),
        Next.ACCOUNT, 409,
    ),
    "issuer_differs": Ending(
        _("The answer came from somebody else"),
        _("The answer did not come from the company that we asked. It was not used, and nothing was linked."),
        _("Close other windows of this page and try again. If it happens again, tell the company that sent you."),
        status=400,
    ),
    "address_differs": Ending(
        _("The answer came to another address"),
        _("The answer came to another address than was agreed. It was not used, and nothing was linked."),
        _("Try again."),
        status=400,
    ),
    "too_often": Ending(
        _("Please wait a little"),
        _("This was asked for very often from where you are. Nothing was changed or lost."),
        _("Try again in a few minutes."),
        Next.NOTHING, 429,
    ),
    "no_account": Ending(
        _("We know of nothing in this account"),
        _("None of the devices in this account is linked here by you. We have given the access back."),
        _("If you linked devices of another maker, log in with that one. Or link a device now."),
    ),
}  # fmt: skip
