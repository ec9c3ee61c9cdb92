"""Every source that testifies, in the order in which a reviewer reads them."""

from territories.evidence.account_number import AccountNumbers
from territories.evidence.base import Source
from territories.evidence.boundary import Boundaries
from territories.evidence.county_table import CountyTables
from territories.evidence.jurisdiction import Jurisdictions
from territories.evidence.nesting import Nesting
from territories.evidence.partner_hint import PartnerHints
from territories.evidence.reviewer_decision import ReviewerDecisions
from territories.evidence.segment import Segments
from territories.evidence.zip_table import ZipTables

SOURCES: tuple[type[Source], ...] = (
    Boundaries,
    Nesting,
    Segments,
    ZipTables,
    CountyTables,
    Jurisdictions,
    AccountNumbers,
    PartnerHints,
    ReviewerDecisions,
)
