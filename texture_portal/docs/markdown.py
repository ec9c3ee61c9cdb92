"""Markdown of the docs folder as HTML: headings with anchors, links to pages, examples shown in full."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from posixpath import normpath

from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt
from markdown_it.token import Token
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import get_lexer_by_name
from pygments.util import ClassNotFound

EXAMPLES = "examples/"
LANGUAGES = {".py": "python", ".mjs": "javascript", ".sh": "bash", ".json": "json"}
FORMATTER = HtmlFormatter(nowrap=True)


@dataclass(frozen=True, slots=True)
class Heading:
    anchor: str
    text: str


@dataclass(frozen=True, slots=True)
class Rendered:
    html: SafeString
    headings: tuple[Heading, ...]


def render(text: str, *, folder: Path, below: str = "") -> Rendered:
    """`below` is the page's own folder within `folder`, from which its links lead."""
    tokens = _PARSER.parse(text)
    headings = tuple(_anchored(tokens))
    _lead_links(tokens, below=below)
    tokens = list(_with_examples(tokens, folder=folder))
    html = _PARSER.renderer.render(tokens, _PARSER.options, {})
    return Rendered(mark_safe(html), headings)  # noqa: S308 -- our own files, and HTML in them is escaped


def coloured(code: str, language: str) -> SafeString:
    try:
        lexer = get_lexer_by_name(language)
    except ClassNotFound:
        lexer = get_lexer_by_name("text")
    return mark_safe(str(highlight(code, lexer, FORMATTER)))  # noqa: S308 -- Pygments escapes


def anchor_of(text: str) -> str:
    return re.sub(r"[^a-z0-9_]+", "-", text.lower()).strip("-")


def _highlighted(code: str, language: str, attributes: str) -> str:
    return f'<pre tabindex="0"><code>{coloured(code, language or "text")}</code></pre>'


_PARSER = MarkdownIt("commonmark", {"html": False, "highlight": _highlighted}).enable("table")


def _anchored(tokens: list[Token]) -> Iterator[Heading]:
    """Gives each heading an id; those of the second level make the page's own contents."""
    for opening, inline in pairwise(tokens):
        if opening.type != "heading_open":
            continue
        text = "".join(child.content for child in inline.children or [])
        opening.attrSet("id", anchor_of(text))
        if opening.tag == "h2":
            yield Heading(anchor_of(text), text)


def _lead_links(tokens: list[Token], *, below: str) -> None:
    for token in tokens:
        for child in token.children or []:
            for name in ("href", "src"):
                if (target := child.attrGet(name)) is not None:
                    child.attrSet(name, _address(str(target), below=below))


def _address(target: str, *, below: str) -> str:
    """A link between files as one between pages: `signing.md#keys` is `/docs/signing#keys`."""
    if re.match(r"[a-z]+:|[/#]", target):
        return target
    path, mark, anchor = target.partition("#")
    page = normpath(f"{below}/{path}").lstrip("/").removesuffix(".md")
    return f"/docs/{page}{mark}{anchor}"


def _with_examples(tokens: list[Token], *, folder: Path) -> Iterator[Token]:
    """After a paragraph that is nothing but a link to an example, the example itself."""
    for place, token in enumerate(tokens):
        yield token
        if token.type == "paragraph_close" and (path := _lone_example(tokens[place - 1], folder=folder)):
            code = path.read_text(encoding="utf-8")
            yield Token("fence", "code", 0, info=LANGUAGES.get(path.suffix, "text"), content=code)


def _lone_example(inline: Token, *, folder: Path) -> Path | None:
    links = [child for child in inline.children or [] if child.type == "link_open"]
    is_lone = len(links) == 1 and inline.children[0] is links[0] and inline.children[-1].type == "link_close"  # type: ignore[index]
    if not is_lone:
        return None
    path = str(links[0].attrGet("href")).removeprefix("/docs/")
    return folder / path if path.startswith(EXAMPLES) else None
