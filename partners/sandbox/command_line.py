"""The command line of the simulated OEM cloud, without the portal (API.md); `manage.py sandbox_oem` is the same."""

from argparse import ArgumentParser
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from partners.sandbox.certificates import Authority
from partners.sandbox.cloud import Cloud
from partners.sandbox.control import inflict
from partners.sandbox.faults import fault_from
from partners.sandbox.limits import limits_from
from partners.sandbox.refusals import Refused
from partners.sandbox.server import credentials, serve

ABOUT = "Runs a simulated OEM cloud until stopped; prints its address and credentials as one line of JSON."


class OptionError(Exception):
    """The message says which option, and what is wrong with it."""


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--devices", type=int, default=100)
    parser.add_argument("--host", default="127.0.0.1", help="the address to listen on (default: 127.0.0.1)")
    parser.add_argument("--port", type=int, default=8600, help="0: any that is free")
    parser.add_argument("--public-url", help="where clients reach it, if elsewhere; it is the OAuth issuer")
    parser.add_argument("--seed", type=int, default=1, help="the same seed makes the same homes and weather")
    parser.add_argument("--rate-limits", default="", metavar="LIMITS", help="telemetry=5/s:10+50000/day,control=…")
    parser.add_argument("--fault", action="append", default=[], metavar="FAULT", help="latency:ms=200,rate=0.1")
    parser.add_argument("--access-token-seconds", type=int, default=3600)
    parser.add_argument("--push-seconds", type=float, default=60.0, help="between two pushes of a device")
    parser.add_argument("--command-seconds", type=float, default=3.0, help="from a command to its end (default: 3)")
    parser.add_argument(
        "--returns-to", action="append", default=[], metavar="ORIGIN", help="of a portal elsewhere, as https://…"
    )
    parser.add_argument("--tls", metavar="FILE", help="over TLS; FILE gets the certificate of whom to trust")


def run(options: Mapping[str, Any], *, write: Callable[[str], None]) -> None:
    """Until it is stopped; `write` gets the line once it listens. Raises `OptionError`."""
    try:
        limits = limits_from(options["rate_limits"])
    except ValueError as fault:
        raise OptionError(str(fault)) from fault
    if options["devices"] < 1 or min(options["push_seconds"], options["command_seconds"]) <= 0:
        raise OptionError("--devices, --push-seconds and --command-seconds must be more than 0.")

    file = options["tls"]
    authority = _authority(file)

    def cloud_at(origin: str) -> Cloud:
        cloud = Cloud(
            devices=options["devices"], seed=options["seed"], issuer=options["public_url"] or origin,
            limits=limits, access_seconds=options["access_token_seconds"], push_seconds=options["push_seconds"],
            command_seconds=options["command_seconds"], is_over_tls=authority is not None,
        )  # fmt: skip
        cloud.portal.origins = tuple(options["returns_to"])
        for text in options["fault"]:
            _inflict(cloud, text)
        return cloud

    def greet(cloud: Cloud) -> None:
        write(credentials(cloud, authority=str(Path(file).resolve()) if file else None))

    try:
        serve(cloud_at, host=options["host"], port=options["port"], ready=greet, authority=authority)
    except OSError as fault:
        raise OptionError(f"Cannot listen on {options['host']}:{options['port']}: {fault.strerror}") from fault


def main() -> None:
    parser = ArgumentParser(prog="python -m partners.sandbox", description=ABOUT)
    add_arguments(parser)
    try:
        run(vars(parser.parse_args()), write=lambda line: print(line, flush=True))
    except OptionError as wrong:
        parser.exit(1, f"{wrong}\n")


def _authority(file: str | None) -> Authority | None:
    """Its certificate in that file, for whoever is to trust it; its key nowhere."""
    if file is None:
        return None
    made = Authority()
    try:
        Path(file).write_bytes(made.certificate)
    except OSError as fault:
        raise OptionError(f"--tls {file}: {fault.strerror}") from fault
    return made


def _inflict(cloud: Cloud, text: str) -> None:
    try:
        inflict(cloud, fault_from(text))
    except Refused as refused:
        raise OptionError(f"--fault {text}: {refused.message}") from refused
