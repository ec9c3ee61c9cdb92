"""The empty file to fill in, as CSV or Excel, made from the table that reads it."""

import csv
import io

from openpyxl import Workbook
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter

from enrollments.imports.columns import COLUMNS

CSV_TYPE = "text/csv; charset=utf-8"
XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def as_csv() -> bytes:
    written = io.StringIO()
    csv.writer(written).writerow([column.name for column in COLUMNS])
    return ("\ufeff" + written.getvalue()).encode()


def as_xlsx() -> bytes:
    """All cells are text, so that Excel turns neither ZIP codes into numbers nor times into its own."""
    workbook = Workbook()
    sheet = workbook.active
    sheet.title = "Enrollments"
    sheet.append([column.name for column in COLUMNS])
    for place, column in enumerate(COLUMNS, start=1):
        sheet.cell(row=1, column=place).font = Font(bold=column.is_required)
        letter = get_column_letter(place)
        sheet.column_dimensions[letter].width = max(14, len(column.name) + 2)
        sheet.column_dimensions[letter].number_format = "@"
    explain = workbook.create_sheet("Columns")
    explain.append(["column", "required", "what", "for example"])
    for column in COLUMNS:
        explain.append([column.name, "yes" if column.is_required else "", column.help, column.example])
    written = io.BytesIO()
    workbook.save(written)
    return written.getvalue()
