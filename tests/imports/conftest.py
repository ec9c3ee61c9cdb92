"""Files of enrollments as people make them, on the contract tests' made-up grid."""

import csv
import io

import openpyxl
import pytest
from django.contrib.auth.models import User
from django.core.management import call_command

from enrollments.imports import keeping, work
from enrollments.models import EnrollmentFile
from tests.contract import grid
from tests.factories import PartnerFactory
from texture_portal import clock

ROW = {
    "device.manufacturer": "Acme Energy",
    "device.model": "PowerStack 3",
    "device.type": "battery",
    "device.commissionedOn": "2026-05-01",
    "device.capabilities.controllable": "true",
    "device.capabilities.telemetry": "yes",
    "device.capabilities.commands": "battery:set-reserve battery:set-operating-mode",
    "device.ratings.energyCapacityWh": "13500",
    "site.address.streetOne": "3501 Civic Center Dr",
    "site.address.city": "San Rafael",
    "site.address.state": "CA",
    "site.address.postalCode": "94903",
    "site.address.country": "US",
    "customer.utilityAccountNumber": "5512345678",
    "consent.optedIn": "true",
    "consent.source": "paper_form",
    "consent.termsVersion": "2026-01",
    "consent.programTypes": "demand_response, capacity",
    "consent.evidence.method": "signed_form",
}


def a_row(number, **changes):
    """`changes` name columns with `__` for the dot; None leaves the cell empty."""
    row = {
        **ROW,
        "device.manufacturerDeviceId": f"FILE-{number:05}",
        "device.serialNumber": f"SN{number:05}",
        "customer.referenceId": f"cust-{number}",
        "consent.grantedAt": clock.to_wire(clock.now().replace(microsecond=0)),
    }
    return row | {name.replace("__", "."): value for name, value in changes.items()}


def header_of(rows):
    return list(dict.fromkeys(name for row in rows for name in row))


def as_csv(rows, *, delimiter=",", encoding="utf-8"):
    names, written = header_of(rows), io.StringIO()
    writer = csv.writer(written, delimiter=delimiter)
    writer.writerow(names)
    writer.writerows([row.get(name) or "" for name in names] for row in rows)
    return written.getvalue().encode(encoding)


def as_xlsx(rows, *, at=(1, 1)):
    workbook, names = openpyxl.Workbook(), header_of(rows)
    for down, cells in enumerate([names, *([row.get(name) for name in names] for row in rows)]):
        for right, cell in enumerate(cells):
            workbook.active.cell(row=at[0] + down, column=at[1] + right, value=cell)
    written = io.BytesIO()
    workbook.save(written)
    return written.getvalue()


@pytest.fixture
def user(db):
    return User.objects.create_user("rita", is_staff=True)


@pytest.fixture
def partner(db):
    return PartnerFactory()


@pytest.fixture
def in_grid(db, tmp_path):
    """Golden Bay Power around San Rafael, with a program for batteries."""
    files, quiet = grid.write_files(tmp_path), io.StringIO()
    call_command("import_utilities", str(files["utilities.json"]), stdout=quiet)
    call_command("import_territories", str(files["territories.geojsonl"]), stdout=quiet)
    call_command(
        "create_program", "Peak Saver", "--owner", "90001", "--type", "demand_response", "--device-type", "battery",
        stdout=quiet,
    )  # fmt: skip


@pytest.fixture
def upload(partner, user):
    """Uploads and works off the dry run, unless told otherwise."""

    def upload(content, *, name="enrollments.csv", to=partner, check=True):
        file = keeping.upload([content], name=name, partner=to, now=clock.now(), user=user)
        if check:
            work_off()
        return now_of(file)

    return upload


def work_off():
    while work.work_off(now=clock.now()):
        pass


def now_of(file):
    return EnrollmentFile.objects.get(pk=file.pk)


def complaints(file):
    """(row, column, code, detail) of every fault, in order."""
    key = file.data_key()
    return [
        (row.number, each.column, each.code, each.detail)
        for row in file.rows.order_by("number")
        for each in keeping.complaints_of(key, row)
    ]
