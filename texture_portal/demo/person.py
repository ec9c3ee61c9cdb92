"""A person at the pages for end users: opens what they are sent, fills in forms, sends them. No page needs a script."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urljoin

import requests

TIMEOUT = 60
WITHOUT_VALUE = ("submit", "button", "reset", "file")


class LostError(Exception):
    """The page is another than the one that was to come; the message says which it is."""


@dataclass
class Form:
    action: str
    values: dict[str, list[str]] = field(default_factory=dict)  # as they stand
    names: set[str] = field(default_factory=set)  # of everything that can be filled in
    boxes: dict[str, list[str]] = field(default_factory=dict)  # what can be ticked
    buttons: list[tuple[str, str]] = field(default_factory=list)  # name, value


class _Reader(HTMLParser):
    """The headings and the forms of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.heading = ""
        self._inside, self._select = "", ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self._inside = tag if tag == "h1" else self._inside
        if tag == "form":
            self.forms.append(Form(given.get("action") or ""))
        elif self.forms:
            self._into(self.forms[-1], tag, given)

    def handle_endtag(self, tag: str) -> None:
        self._inside = "" if tag == self._inside else self._inside

    def handle_data(self, data: str) -> None:
        if self._inside == "h1":
            self.heading += data

    def _into(self, form: Form, tag: str, given: dict[str, str | None]) -> None:
        name, value = given.get("name") or "", given.get("value") or ""
        if tag == "button" and name:
            form.buttons.append((name, value))
        elif tag == "select":
            self._select = name
            form.names.add(name)
        elif tag == "option" and "selected" in given:
            form.values[self._select] = [value]
        elif tag == "input" and name and given.get("type") not in WITHOUT_VALUE:
            form.names.add(name)
            is_box = given.get("type") in ("checkbox", "radio")
            if is_box:
                form.boxes.setdefault(name, []).append(value)
            if not is_box or "checked" in given:
                form.values.setdefault(name, []).append(value)


class Person:
    """One browser. `page` is what is open."""

    def __init__(self) -> None:
        self.http = requests.Session()
        self.http.trust_env = False  # a proxy has no business on loopback
        self.page = ""
        self.at = ""

    @property
    def heading(self) -> str:
        return " ".join(_read(self.page).heading.split())

    def open(self, url: str) -> "Person":
        return self._came(self.http.get(url, timeout=TIMEOUT))

    def choose(self, name: str) -> "Person":
        """Presses the first button of this name."""
        for form in _read(self.page).forms:
            for each, value in form.buttons:
                if each == name:
                    return self._send(form, {name: [value]})
        raise LostError(f"There is no {name!r} to choose on {self.heading!r}.")

    def fill_in(self, **given: str | list[str]) -> "Person":
        """Sends the form that has all of these fields, each with what stands there already beside."""
        wanted = {name: [value] if isinstance(value, str) else value for name, value in given.items()}
        for form in _read(self.page).forms:
            if wanted.keys() <= form.names | {name for name, _ in form.buttons}:
                return self._send(form, wanted)
        raise LostError(f"There is no form with {', '.join(wanted)} on {self.heading!r}.")

    def all_of(self, name: str) -> list[str]:
        """Every value that can be ticked."""
        return [value for form in _read(self.page).forms for value in form.boxes.get(name, [])]

    def must_be_at(self, ending: str) -> "Person":
        if not self.at.rstrip("/").endswith(ending):
            raise LostError(f"{self.heading!r} came, and not …/{ending}.")
        return self

    def _send(self, form: Form, given: dict[str, list[str]]) -> "Person":
        target, values = urljoin(self.at, form.action), form.values | given
        return self._came(self.http.post(target, data=values, headers={"Referer": self.at}, timeout=TIMEOUT))

    def _came(self, answer: requests.Response) -> "Person":
        self.page, self.at = answer.text, answer.url.split("?")[0]
        return self


def _read(page: str) -> _Reader:
    reader = _Reader()
    reader.feed(page)
    return reader
