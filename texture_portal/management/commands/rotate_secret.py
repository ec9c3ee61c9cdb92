"""`manage.py rotate_secret RING STEP`: one step of exchanging one of the portal's own secrets (docs/rotation.md)."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from texture_portal import clock, key_use, rotation
from texture_portal.key_rings import Ring, RotationError

STEPS = {"announce": rotation.announce, "promote": rotation.promote, "drop": rotation.drop_oldest}
BEGIN_ANEW = "Now have the processes of every machine begin anew (SIGHUP to `serve`)"
THEN = {
    Ring.SECRET_KEY: f"and take the step `drop` in {settings.SESSION_HOURS} hours, when no session needs the old one",
    Ring.DATA_KEYS: "run `rotate_encryption_keys`, and take the step `drop` once nothing uses the old one",
    Ring.CHECKPOINT_KEY: "and keep the old one for as long as what it signed is to be verified",
}


class Command(BaseCommand):
    help = (
        "Exchanges one of the portal's own secrets in the file of SECRETS_FILE: `announce` adds a new one that "
        "everybody knows and nobody uses, `promote` lets it sign and seal, `drop` takes the oldest away where nothing "
        "needs it. Prints fingerprints, never a secret."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("ring", choices=[each.value for each in Ring])
        parser.add_argument("step", choices=STEPS)

    def handle(self, *, ring: str, step: str, **options: Any) -> None:
        file = settings.OWN_SECRETS.file
        if file is None:
            raise CommandError(
                "The secrets are in the environment, which no command can change. Remedy: put them into a JSON file, "
                "name it by SECRETS_FILE and unset the variables; or take the steps of docs/rotation.md by hand."
            )
        try:
            held = STEPS[step](file, Ring(ring), now=clock.now())
        except RotationError as fault:
            raise CommandError(str(fault)) from fault
        names = [key_use.name_of(each) for each in held.keys]
        self.stdout.write(f"{ring}: {', '.join(names)}{' (announced: the last)' if held.is_pending else ''}")
        then = {"announce": "then take the step `promote`", "promote": THEN[Ring(ring)]}.get(step)
        self.stdout.write(f"{BEGIN_ANEW}{f', {then}' if then else ''}.")
