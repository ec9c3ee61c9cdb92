"""Verifies an evidence bundle of the portal on any machine: python verify_evidence BUNDLE.json

It imports nothing of the portal and asks nobody. All it needs beside Python 3.11 is `pip install cryptography`.

    --key FILE          the portal's public keys (PEM, several where it changed its key), which you have from elsewhere.
                        Without them whoever signed is believed, which proves that the bundle is whole, not whose it is.
    --checkpoints FILE  the signed checkpoints that you keep (`manage.py export_checkpoints`): those in the bundle must
                        be among them.

Each line of what it prints begins with `ok`, `note` or `FAULT`. Exit status 0: nothing was changed; 1: a FAULT names
what was. That entries were left off at a chain's end shows only up to the newest checkpoint in the bundle.
"""

import argparse
import json
import re
import sys
from typing import Any

from bundle import verify
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from trust import Trust


def read_keys(file: str) -> tuple[Ed25519PublicKey, ...]:
    with open(file, encoding="ascii") as given:
        blocks = re.findall("-----BEGIN PUBLIC KEY-----.*?-----END PUBLIC KEY-----", given.read(), re.DOTALL)
    keys = [serialization.load_pem_public_key(block.encode()) for block in blocks]
    ours = tuple(key for key in keys if isinstance(key, Ed25519PublicKey))
    if not keys or len(ours) != len(keys):
        raise SystemExit(f"{file} does not hold Ed25519 public keys as PEM, and nothing else.")
    return ours


def read_lines(file: str) -> list[dict[str, Any]]:
    with open(file, encoding="utf-8") as given:
        return [json.loads(line) for line in given if line.strip()]


def main() -> int:
    words = argparse.ArgumentParser(description="Verify an evidence bundle of the portal, anywhere.")
    words.add_argument("bundle", metavar="BUNDLE.json")
    words.add_argument("--key", type=read_keys, default=(), metavar="FILE", help="the portal's public keys, as PEM")
    words.add_argument("--checkpoints", type=read_lines, metavar="FILE", help="the signed checkpoints that you keep")
    given = words.parse_args()
    with open(given.bundle, "rb") as file:
        report = verify(file.read(), Trust(given.key, given.checkpoints))
    for kind, text in report.lines:
        print(f"{kind:5} {text}")
    whole = "Nothing was changed." if given.key else "Whole as its signer left it; who that is, only --key can tell."
    print(whole if report.is_clean else "THE BUNDLE IS NOT WHOLE.")
    return 0 if report.is_clean else 1


if __name__ == "__main__":
    sys.exit(main())
