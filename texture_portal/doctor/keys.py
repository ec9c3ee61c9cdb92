"""Whether the secrets of the settings are those of this database: a sample is opened, every signature is ours."""

from collections.abc import Iterator

from texture_portal.doctor.finding import Finding, fault, ok
from texture_portal.keys_needed import names_of_data_keys, needed

SAMPLE = 20  # values of each column


def look() -> Iterator[Finding]:
    found = needed(of_each_column=SAMPLE)
    if found.broken:
        columns = ", ".join(f"{count} of {column}" for column, count in found.broken.items())
        yield fault("DATA_KEYS", f"no key opens {columns}", "add the key that sealed them, after the others")
    else:
        told = ", ".join(f"{name} opens {found.data_keys[name]}" for name in names_of_data_keys())
        yield ok("DATA_KEYS", f"in a sample of {SAMPLE} a column: {told}")
    if strange := found.strange_checkpoint_keys:
        yield fault(
            "CHECKPOINT_KEY",
            f"signed by none of ours: {', '.join(strange)}",
            "add the key that signed, after the others",
        )
    else:
        yield ok("CHECKPOINT_KEY", f"{found.checkpoint_keys.total()} signatures are by ours")
