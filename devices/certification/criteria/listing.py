"""Discovery, stable ids and metadata (§10, §3.3). Pure."""

from devices.certification.facts import Facts
from devices.certification.verdict import MOST_SHOWN, Verdict
from devices.connectors.pull.finding import Found


def some_are_listed(facts: Facts) -> Verdict:
    count, types = len(facts.listed), sorted({each.type.value for each in facts.listed})
    said = f"{count} devices are listed." if count else "No device is listed."
    return Verdict(count > 0, said, {"devices": count, "types": types})


def ids_stay(facts: Facts) -> Verdict:
    """Over this run's listings, and against what the portal had listed before."""
    known = dict(facts.before)
    changed: dict[str, list[str]] = {}
    for listing in facts.listings:
        for each in listing:
            if each.serial_number and known.setdefault(each.serial_number, each.id) != each.id:
                changed[each.serial_number] = [known[each.serial_number], each.id]
    shown = {
        "listings": len(facts.listings), "known before": len(facts.before),
        "ids that changed": dict(list(changed.items())[:MOST_SHOWN]),
    }  # fmt: skip
    if changed:
        return Verdict(False, f"{len(changed)} devices have another id than before.", shown)
    if repeated := _repeated([each.id for each in facts.listed]):
        return Verdict(False, f"{len(repeated)} ids are given to several devices.", {**shown, "repeated": repeated})
    return Verdict(True, f"Every device kept its id over {len(facts.listings)} listings.", shown)


def none_vanish(facts: Facts) -> Verdict:
    """What one listing has, every other has; and what the portal knew is listed still, whatever its id is now."""
    of_each = [{_identity(each) for each in listing} for listing in facts.listings]
    everything = set(facts.before) | set().union(*of_each)
    missing = sorted({name for names in of_each for name in everything - names})
    said = f"{len(missing)} devices are not in every listing." if missing else "Every listing has every device."
    return Verdict(not missing, said, {"listings": len(of_each), "missing": missing[:MOST_SHOWN]})


def metadata_is_whole(facts: Facts, *, needs: list[str]) -> Verdict:
    """`needs`: members of what is read of a device, by our names."""
    lacking = {each.id: gone for each in facts.listed if (gone := [name for name in needs if not getattr(each, name)])}
    names = ", ".join(sorted({name for gone in lacking.values() for name in gone}))
    said = f"All {len(facts.listed)} devices have {', '.join(needs)}."
    if lacking:
        said = f"{len(lacking)} of {len(facts.listed)} devices lack {names}."
    return Verdict(bool(facts.listed) and not lacking, said, {"lacking": dict(list(lacking.items())[:MOST_SHOWN])})


def _identity(device: Found) -> str:
    return device.serial_number or device.id


def _repeated(names: list[str]) -> list[str]:
    return sorted({name for name in names if names.count(name) > 1})[:MOST_SHOWN]
