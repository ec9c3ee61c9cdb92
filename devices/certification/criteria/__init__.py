"""What can be held against the facts: the closed list of criteria. Each is pure: facts in, a verdict out."""

from collections.abc import Callable

from devices.certification.criteria import access, calls, control, documentation, history, listing, telemetry
from devices.certification.verdict import Verdict

CRITERIA: dict[str, Callable[..., Verdict]] = {
    each.__name__: each
    for each in (
        listing.some_are_listed, listing.ids_stay, listing.none_vanish, listing.metadata_is_whole,
        telemetry.every_device_tells, telemetry.younger_than, telemetry.not_of_the_future, telemetry.is_mapped,
        calls.p95_under, calls.answered_well, calls.never_throttled, calls.well_formed, calls.tokens_hold,
        control.acknowledged, control.status_is_told, control.carried_out, control.refused, control.refusals_explained,
        history.reaches_back, history.joins, history.granularity_is_known,
        access.tried, access.renewed, access.refresh_lasts, access.over_tls,
        documentation.documented, documentation.limits_documented, documentation.limits_carry_the_fleet,
    )
}  # fmt: skip
