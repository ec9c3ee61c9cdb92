"""The pages under docs/, by where they are served: `quick-start` is docs/quick-start.md, `` is docs/README.md."""

from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

FOLDER: Path = settings.BASE_DIR / "docs"
FRONT = "README"
CHANGELOG: Path = settings.BASE_DIR / "CHANGELOG.md"
# The order in which they are read. What is not among them (a decision) follows by name.
GUIDES = (
    "quick-start", "authentication", "signing", "idempotency", "errors", "rate-limits", "discovery", "lifecycle",
    "events", "telemetry", "commands", "webhooks", "linking", "deletion", "sandbox", "certification", "maintenance",
    "device-types", "reference", "try", "versioning", "changelog",
)  # fmt: skip
MADE = {
    "errors": "Errors",
    "rate-limits": "Rate limits",
    "sandbox": "The sandbox",
    "device-types": "Device types",
    "reference": "API reference",
    "try": "Try it",
    "changelog": "Changelog",
}  # from the code, not from a file
FOR_OPERATORS = (
    "operations",
    "deployment",
    "backups",
    "upgrading",
    "security",
    "asvs",
    "rotation",
    "staff",
    "connectors",
    "evidence",
    "geocoding",
    "matching",
    "dispatch",
    "connections",
    "simulated-oem",
)
DECISIONS = "decisions"


@dataclass(frozen=True, slots=True)
class Page:
    slug: str
    title: str

    @property
    def address(self) -> str:
        return f"/docs/{self.slug}"


def menu() -> list[tuple[str, list[Page]]]:
    """Sections and their pages; a page whose file is not there is not offered."""
    decisions = [f"{DECISIONS}/{path.stem}" for path in sorted((FOLDER / DECISIONS).glob("*.md"))]
    sections = (("For partners", GUIDES), ("For operators", FOR_OPERATORS), ("Decisions", decisions))
    return [(name, [page for slug in slugs if (page := _page(slug))]) for name, slugs in sections]


def file_of(slug: str) -> Path | None:
    """The Markdown file of a page that is offered, and of no other file."""
    wanted = FOLDER / f"{slug or FRONT}.md"
    return next((path for path in FOLDER.rglob("*.md") if path == wanted), None)


def title_of(text: str) -> str:
    return next((line.removeprefix("# ") for line in text.splitlines() if line.startswith("# ")), "Documentation")


def _page(slug: str) -> Page | None:
    if slug in MADE:
        return Page(slug, MADE[slug])
    file = file_of(slug)
    return Page(slug, title_of(file.read_text(encoding="utf-8"))) if file else None
