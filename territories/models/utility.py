"""Electric utilities and what kind each is."""

from django.core.exceptions import ValidationError
from django.db import models

from territories.account_forms import LONGEST_FORM, UnsafeFormError, check_form
from texture_portal.ids import new_id


class Segment(models.TextChoices):
    INVESTOR_OWNED_UTILITY = "investor_owned_utility", "Investor-owned utility"
    MUNICIPAL_UTILITY = "municipal_utility", "Municipal utility"
    DISTRIBUTION_COOPERATIVE = "distribution_cooperative", "Distribution cooperative"
    POLITICAL_SUBDIVISION = "political_subdivision", "Political subdivision"
    COMMUNITY_CHOICE_AGGREGATOR = "community_choice_aggregator", "Community choice aggregator"
    GENERATION_AND_TRANSMISSION = "generation_and_transmission", "Generation and transmission"
    TRANSMISSION_OPERATOR = "transmission_operator", "Transmission operator"
    JOINT_ACTION_AGENCY = "joint_action_agency", "Joint action agency"
    FEDERAL = "federal", "Federal"
    UNKNOWN = "unknown", "Unknown"


# These four deliver retail power over their own wires; a CCA supplies energy inside one of them.
# The rest serve no homes.
RETAIL_SEGMENTS = frozenset(
    {
        Segment.INVESTOR_OWNED_UTILITY,
        Segment.MUNICIPAL_UTILITY,
        Segment.DISTRIBUTION_COOPERATIVE,
        Segment.POLITICAL_SUBDIVISION,
    }
)


def safe_account_form(form: str) -> None:
    try:
        check_form(form)
    except UnsafeFormError as fault:
        raise ValidationError(str(fault)) from None


class Utility(models.Model):
    class Status(models.TextChoices):
        ACTIVE = "active", "Active"
        MERGED = "merged", "Merged"
        ACQUIRED = "acquired", "Acquired"
        DEFUNCT = "defunct", "Defunct"
        PENDING = "pending", "Pending"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    slug = models.SlugField(max_length=200, unique=True)
    eia_id = models.CharField("EIA id", max_length=16, null=True, blank=True, unique=True)
    name = models.CharField(max_length=255)
    segment = models.CharField(max_length=32, choices=Segment)
    status = models.CharField(max_length=16, choices=Status, default=Status.ACTIVE)
    successor = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="predecessors")
    jurisdiction = models.CharField(max_length=255, blank=True, help_text="States, as USPS codes: CA, NV")
    customer_count = models.PositiveIntegerField(null=True, blank=True)
    account_number_form = models.CharField(
        max_length=LONGEST_FORM,
        blank=True,
        validators=[safe_account_form],
        help_text="What its customers' account numbers look like, as far as that tells them from others': evidence.",
    )
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name_plural = "utilities"
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    @property
    def serves_homes(self) -> bool:
        return self.segment in RETAIL_SEGMENTS and self.status == self.Status.ACTIVE

    def standing(self) -> "Utility":
        """The utility that stands for this one today: itself, or the end of its chain of successors."""
        utility: Utility = self
        seen = {self.pk}
        while utility.successor is not None and utility.successor.pk not in seen:
            utility = utility.successor
            seen.add(utility.pk)
        return utility
