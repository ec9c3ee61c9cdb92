"""What a portal is empty without: territories to find, programs to offer, somebody who can log in."""

from collections.abc import Iterator

from django.contrib.auth.models import User

from partners.models import Partner
from programs.models import Program
from territories.models import ServiceTerritory, Utility
from texture_portal.doctor.finding import Finding, ok, warning


def look() -> Iterator[Finding]:
    for model, said, remedy in (
        (Utility, "no utility is known", "manage.py import_utilities, see README.md"),
        (
            ServiceTerritory,
            "no territory is known: nothing can be matched by where it is",
            "manage.py import_territories",
        ),
        (Program, "there is no program to enroll in", "manage.py create_program, or the console"),
        (Partner, "nobody may call yet", "manage.py create_partner, or the console"),
    ):
        name = str(model._meta.verbose_name_plural)
        count = model._base_manager.count()
        yield ok(name, f"{count:,}") if count else warning(name, said, remedy)
    administrators = User.objects.filter(is_superuser=True, is_active=True).count()
    if administrators:
        yield ok("staff", f"{administrators} administrators")
    else:
        yield warning("staff", "nobody can administer the portal", "manage.py createsuperuser")
