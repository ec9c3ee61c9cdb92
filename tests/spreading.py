"""How tests are spread over processes: by the file; by the folder where its tests share what is slow to set up."""

from pathlib import PurePosixPath

from xdist.scheduler import LoadScopeScheduling

# Their conftest starts a portal, a sandbox or a cloud for all of the folder (`scope="package"`).
SET_UP_TOGETHER = frozenset(
    f"tests/{folder}"
    for folder in ("certification", "contract", "devices/connections", "docs", "evidence", "linking", "partner_sandbox")
)


class Together(LoadScopeScheduling):
    """What has most tests goes first, so that what is left at the end is small."""

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        folder = str(PurePosixPath(file).parent)
        return folder if folder in SET_UP_TOGETHER else file
