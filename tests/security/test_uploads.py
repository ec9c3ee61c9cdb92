"""How much may be sent: to the console, to pages of end users, and in how many pieces."""

import pytest
from django.conf import settings as own
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from enrollments.models import EnrollmentFile
from tests.admin.conftest import member_of

pytestmark = pytest.mark.django_db


def test_an_upload_beyond_the_limit_is_refused_before_it_is_kept(settings):
    settings.IMPORT_MAX_MEBIBYTES = 1
    file = SimpleUploadedFile("big.csv", b"a" * (1024 * 1024 + 1))
    answer = member_of("Program staff").post("/admin/enrollments/enrollmentfile/add/", {"file": file})
    assert answer.status_code == 200
    assert "1 MiB" in answer.content.decode()
    assert not EnrollmentFile.objects.exists()


def test_a_form_with_too_many_fields_is_refused():
    body = "&".join(f"f{number}=x" for number in range(own.DATA_UPLOAD_MAX_NUMBER_FIELDS + 1))
    answer = Client().post("/account/email/", body, content_type="application/x-www-form-urlencoded")
    assert answer.status_code == 400


def test_a_form_with_too_many_files_is_refused():
    files = {f"f{number}": SimpleUploadedFile("x", b"x") for number in range(own.DATA_UPLOAD_MAX_NUMBER_FILES + 1)}
    assert Client().post("/account/email/", files).status_code == 400


@pytest.mark.parametrize("path", ["/link/", "/account/email/", "/admin/login/"])
def test_a_form_of_end_users_is_small(path):
    body = "email=" + "x" * own.MOST_BYTES_OF_A_FORM
    answer = Client().post(path, body, content_type="application/x-www-form-urlencoded")
    assert answer.status_code == 413
