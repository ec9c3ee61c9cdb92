"""How tests are spread over processes: by the file; by the folder where its tests are better one after the other."""

from pathlib import PurePosixPath

from xdist.scheduler import LoadScopeScheduling

# What takes longest goes first, so that what is left at the end is small. Of `faults`, each keeps a whole machine busy
# with killing; in the other folders they share what is slow to set up: a portal, a sandbox, a cloud, the demo.
ONE_AFTER_THE_OTHER = tuple(
    f"tests/{folder}"
    for folder in (
        "faults", "linking", "journeys", "docs", "partner_sandbox", "certification", "evidence", "contract",
        "devices/connections",
    )
)  # fmt: skip
EARLY = (*ONE_AFTER_THE_OTHER[:3], "tests/browser")


class Together(LoadScopeScheduling):
    """For every run in several processes, whatever `--dist` says. Units go in the order of the collection."""

    def _split_scope(self, nodeid: str) -> str:
        folder = folder_of(nodeid)
        return folder if folder in ONE_AFTER_THE_OTHER else nodeid.partition("::")[0]


def folder_of(nodeid: str) -> str:
    return str(PurePosixPath(nodeid.partition("::")[0]).parent)


def turn(nodeid: str) -> int:
    """Where a test stands among the others."""
    folder = folder_of(nodeid)
    if folder in EARLY:
        return EARLY.index(folder)
    return len(EARLY) if folder in ONE_AFTER_THE_OTHER else len(EARLY) + 1
