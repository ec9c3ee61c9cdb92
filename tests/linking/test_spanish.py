"""No message of ours lacks its Spanish, and what is compiled is what is written."""

import gettext
import re
from pathlib import Path

import pytest
from django.conf import settings

FOLDER = Path(settings.BASE_DIR) / "locale" / "es" / "LC_MESSAGES"
MESSAGE = re.compile(r'^msgid ((?:".*"\n)+)msgstr ((?:".*"\n?)+)', re.MULTILINE)
MARKED = re.compile(r"""(?:\b_|gettext|gettext_lazy)\(\s*((?:"(?:[^"\\]|\\.)*"\s*)+)\)""")
TRANSLATE = re.compile(r"""{% translate (["'])(.*?)\1""")
BLOCK = re.compile(r"{% blocktranslate.*?%}(.*?){% endblocktranslate %}", re.DOTALL)
PUT_IN = re.compile(r"%\(\w+\)s")
PAGES = ("people", "link", "account", "status")
VARIABLE = re.compile(r"{{ (\w+) }}")


def joined(quoted):
    return "".join(part.encode().decode("unicode_escape").encode("latin-1").decode() for part in
                   re.findall(r'"((?:[^"\\]|\\.)*)"', quoted))  # fmt: skip


def written():
    text = (FOLDER / "django.po").read_text(encoding="utf-8")
    return {joined(given): joined(said) for given, said in MESSAGE.findall(text)}


def in_python():
    for folder in ("enrollments", "texture_portal/status"):
        for file in Path(settings.BASE_DIR, folder).rglob("*.py"):
            for found in MARKED.findall(file.read_text(encoding="utf-8")):
                yield joined(found)


def in_templates():
    for folder in PAGES:
        for file in Path(settings.BASE_DIR, "templates", folder).iterdir():
            text = file.read_text(encoding="utf-8")
            yield from (found for _, found in TRANSLATE.findall(text))
            yield from (VARIABLE.sub(r"%(\1)s", found).strip() for found in BLOCK.findall(text))


def test_every_message_of_ours_is_in_spanish():
    told = written()
    ours = {*in_python(), *in_templates()}
    assert len(ours) > 250
    assert {each for each in ours if not told.get(each)} == set()


def test_nothing_is_left_as_it_was_or_loses_what_is_put_in():
    for given, said in written().items():
        if given:
            assert said != given
            assert sorted(PUT_IN.findall(given)) == sorted(PUT_IN.findall(said))


def test_what_is_compiled_is_what_is_written():
    with (FOLDER / "django.mo").open("rb") as file:
        compiled = gettext.GNUTranslations(file)
    assert {given: compiled.gettext(given) for given in written() if given} == {
        given: said for given, said in written().items() if given
    }


def test_no_text_of_the_pages_stands_outside_of_the_messages():
    """Words between tags, which no translation would reach."""
    bare = re.compile(r">([^<>{}%]*[A-Za-z]{3,}[^<>{}%]*)<")
    for folder in PAGES:
        for file in Path(settings.BASE_DIR, "templates", folder).glob("*.html"):
            text = BLOCK.sub("", file.read_text(encoding="utf-8"))
            assert [each for each in bare.findall(text) if each.strip() not in ("Texture", "/readyz")] == [], file.name


@pytest.mark.parametrize("language", ["en", "es"])
def test_the_standard_text_has_the_same_parts_in_both_languages(language):
    texts = Path(settings.BASE_DIR, "enrollments", "linking", "texts")
    count = {file.stem: file.read_text().count("# ") for file in texts.glob("*.txt")}
    assert count[f"standard-1.{language}"] == 6
