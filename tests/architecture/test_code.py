"""Rules that the code is walked for, because no type checker or linter knows them."""

import ast
import re
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.core.management import get_commands, load_command_class
from django.db.models import Model
from django_fsm import FSMFieldMixin

ROOT = Path(settings.BASE_DIR)
APPS = ("texture_portal", "partners", "territories", "devices", "programs", "enrollments")
GUARDED_FIELDS = {"state", "status"}  # django-fsm, the history and the triggers watch them
MACHINE_PATH = re.compile(r"(?<![\w.~-])/(?:work|root|home|Users)/")


def code_files() -> list[Path]:
    return [file for app in APPS for file in sorted((ROOT / app).rglob("*.py")) if "migrations" not in file.parts]


def walk(file: Path) -> Iterator[ast.AST]:
    return ast.walk(ast.parse(file.read_text()))


def place(file: Path, node: ast.AST) -> str:
    return f"{file.relative_to(ROOT)}:{getattr(node, 'lineno', '?')}"


@cache
def untracked_models() -> frozenset[str]:
    """Those whose `state` or `status` is neither a lifecycle nor on record, such as a kept answer's HTTP status."""
    tracked = {model.__name__ for model in apps.get_models() if is_tracked(model)}
    return frozenset(model.__name__ for model in apps.get_models()) - tracked


def is_tracked(model: type[Model]) -> bool:
    return hasattr(model, "history") or any(isinstance(field, FSMFieldMixin) for field in model._meta.get_fields())


def first_name(node: ast.AST) -> str | None:
    """`Enrollment` of `Enrollment.objects.filter(…).update`."""
    while isinstance(node, ast.Attribute | ast.Call):
        node = node.value if isinstance(node, ast.Attribute) else node.func
    return node.id if isinstance(node, ast.Name) else None


def goes_around_the_state(node: ast.AST) -> bool:
    if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
        return False
    if first_name(node) in untracked_models():
        return False
    if node.func.attr in ("update", "bulk_update"):
        named = {each.arg for each in node.keywords}
        listed = {
            each.value for each in ast.walk(node) if isinstance(each, ast.Constant) and isinstance(each.value, str)
        }
        return bool(GUARDED_FIELDS & (named | (listed if node.func.attr == "bulk_update" else set())))
    return False


@pytest.mark.parametrize(
    ("code", "caught"),
    [
        ("Enrollment.objects.filter(pk=1).update(state='active')", True),
        ("rows.update(status=Status.PAUSED, name='x')", True),
        ("Enrollment.objects.bulk_update(rows, ['state'])", True),
        ("Enrollment.objects.bulk_update(rows, fields=['status'])", True),
        ("rows.update(beat_at=now)", False),
        ("IdempotencyRecord.objects.filter(pk=1).update(status=201)", False),
        ("found.update({'status': 1})", False),
    ],
)
def test_the_walk_sees_what_goes_around_the_state(code, caught):
    assert any(goes_around_the_state(node) for node in ast.walk(ast.parse(code))) is caught


def test_no_state_is_changed_around_its_transitions_and_history():
    assert [place(file, node) for file in code_files() for node in walk(file) if goes_around_the_state(node)] == []


def test_the_admin_does_not_call_transitions_itself():
    names = {
        place(file, node)
        for file in code_files()
        for node in walk(file)
        if (isinstance(node, ast.alias) and node.name.split(".")[-1] == "FSMAdminMixin")
        or (isinstance(node, ast.Attribute) and node.attr == "FSMAdminMixin")
    }
    assert names == set()


def test_the_job_queue_has_one_door():
    through = {
        file.relative_to(ROOT).as_posix()
        for file in code_files()
        for node in walk(file)
        if (isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "django_q")
        or (isinstance(node, ast.Import) and any(each.name.split(".")[0] == "django_q" for each in node.names))
    }
    assert {file for file in through if not file.startswith("texture_portal/")} == set()
    assert "texture_portal/jobs.py" in through


def own_commands() -> list[tuple[str, str]]:
    return sorted((app, name) for name, app in get_commands().items() if app in APPS)


@pytest.mark.parametrize(("app", "name"), own_commands())
def test_every_command_says_what_it_does(app, name):
    assert len(load_command_class(app, name).help) > 20


def test_every_requirement_is_pinned():
    lines = (ROOT / "requirements.txt").read_text().split("\n")
    wanted = [line for line in lines if line and not line.startswith("#")]
    assert len(wanted) > 50
    assert [line for line in wanted if not re.fullmatch(r"[A-Za-z0-9_.\[\]-]+==[0-9][^\s;*]*", line)] == []


def test_no_file_names_a_place_on_somebodys_machine():
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split(
        "\n"
    )
    found = []
    for name in filter(None, listed):
        try:
            text = (ROOT / name).read_text()
        except (UnicodeDecodeError, FileNotFoundError):
            continue  # a picture, or removed and not yet committed
        found += [f"{name}: {each.group()}" for each in MACHINE_PATH.finditer(text)]
    assert found == []
