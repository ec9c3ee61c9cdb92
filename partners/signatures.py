"""The strict profile of HTTP Message Signatures (RFC 9421) that partners sign by (contract §2.2): pure.

`read` takes the one signature apart, `check_fresh` judges its times, `verify` its bytes. Each raises a `Refusal`.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, NoReturn

import http_sf
from http_message_signatures import HTTPMessageSignaturesException, HTTPSignatureComponentResolver
from http_sf.compat import Item

from partners.algorithms import PublicMaterial, signature_holds
from texture_portal.refusals import Refusal

MAX_AGE_SECONDS = 300  # contract §2.2
MAX_AHEAD_SECONDS = 30  # contract §2.2
ALWAYS_COVERED = ("@method", "@authority", "@path", "content-digest")
PLAIN_NAME = re.compile(r"@?[a-z0-9-]+", re.ASCII)
DEFAULT_PORTS = {"http": ":80", "https": ":443"}


@dataclass(frozen=True, slots=True)
class Message:
    """What a signature can cover: `derived` components by name ("@method" …), `headers` by lower-case name."""

    derived: Mapping[str, str]
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Claim:
    """A well-formed signature that nobody has verified yet; `components` are (name, parameters)."""

    components: tuple[tuple[str, dict[str, Any]], ...]
    parameters: Mapping[str, Any]
    signature: bytes

    @property
    def key_id(self) -> str:
        return str(self.parameters["keyid"])

    @property
    def created(self) -> datetime:
        return datetime.fromtimestamp(self.parameters["created"], UTC)

    @property
    def covered(self) -> tuple[str, ...]:
        return tuple(name for name, _ in self.components)


@dataclass(frozen=True, slots=True)
class VerifiedSignature:
    key_id: str
    created: datetime
    algorithm: str
    covered: tuple[str, ...]


def request_message(
    *, method: str, scheme: str, authority: str, target: str, headers: Iterable[tuple[str, str]]
) -> Message:
    """`target` is the path and query as they came on the wire; `authority` is the Host header."""
    path, mark, query = target.partition("?")
    host = authority.lower().removesuffix(DEFAULT_PORTS.get(scheme, ""))
    derived = {
        "@method": method,
        "@authority": host,
        "@path": path or "/",
        "@query": "?" + query,
        "@scheme": scheme,
        "@request-target": target,
        "@target-uri": f"{scheme}://{host}{path or '/'}{mark}{query}",
    }
    return Message(derived, combined(headers))


def combined(fields: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Header fields by lower-case name; those that came several times as one list (RFC 9421 §2.1)."""
    values: dict[str, str] = {}
    for name, value in fields:
        name, value = name.lower(), value.strip()
        values[name] = f"{values[name]}, {value}" if name in values else value
    return values


def read(headers: Mapping[str, str], *, required: Iterable[str]) -> Claim:
    """The one signature of a message; `required` are the components that it must cover."""
    if "signature" not in headers or "signature-input" not in headers:
        raise Refusal("signature_missing", "The request needs both a Signature-Input and a Signature header.")
    label, (components, parameters) = _only_member(headers, "signature-input")
    signed_label, (signature, _) = _only_member(headers, "signature")
    if label != signed_label:
        _invalid("Signature and Signature-Input name different labels.")
    if not isinstance(components, list) or not isinstance(signature, bytes):
        _invalid("Signature-Input must be a list of components and Signature a byte sequence.")
    claim = Claim(tuple(components), parameters, signature)
    _check_components(claim, required)
    _check_parameters(parameters)
    return claim


def check_fresh(claim: Claim, *, now: datetime) -> None:
    age = now.timestamp() - claim.parameters["created"]
    if age > MAX_AGE_SECONDS:
        raise Refusal("signature_stale", f"The signature was made over {MAX_AGE_SECONDS} seconds ago.")
    if -age > MAX_AHEAD_SECONDS:
        raise Refusal("signature_stale", f"The signature was made over {MAX_AHEAD_SECONDS} seconds in the future.")
    if "expires" in claim.parameters and now.timestamp() > claim.parameters["expires"]:
        raise Refusal("signature_stale", "The signature's own `expires` has passed.")


def verify(claim: Claim, message: Message, *, algorithm: str, material: PublicMaterial) -> VerifiedSignature:
    """`material` is the public key as PEM, or the shared secret's bytes."""
    if claim.parameters.get("alg", algorithm) != algorithm:
        _invalid("The signature's `alg` is not the algorithm of its key.")
    base = signature_base(claim, message)
    if not signature_holds(claim.signature, base, algorithm=algorithm, material=material):
        _invalid("The signature does not verify: what arrived is not what was signed by this key.")
    return VerifiedSignature(claim.key_id, claim.created, algorithm, claim.covered)


def signature_base(claim: Claim, message: Message) -> bytes:
    """RFC 9421 §2.5."""
    lines = [
        f"{_identifier(name, parameters)}: {_value(name, parameters, message)}" for name, parameters in claim.components
    ]
    signed = http_sf.ser({"s": (list(claim.components), dict(claim.parameters))}).removeprefix("s=")
    try:
        return "\n".join([*lines, f'"@signature-params": {signed}']).encode("ascii")
    except UnicodeEncodeError:
        _invalid("A covered component is not ASCII.")


def _identifier(name: str, parameters: Mapping[str, Any]) -> str:
    """A component as it is listed; nearly all are plain names, which need no serializer."""
    return f'"{name}"' if not parameters and PLAIN_NAME.fullmatch(name) else str(http_sf.ser((name, dict(parameters))))


def _only_member(headers: Mapping[str, str], name: str) -> tuple[str, Any]:
    try:
        members: dict[str, Any] = http_sf.parse(
            headers[name].encode(), tltype="dictionary", on_duplicate_key=_no_duplicates
        )
    except ValueError as fault:
        _invalid(f"The {name} header is not a well-formed dictionary (RFC 9651).", fault)
    if len(members) != 1:
        _invalid(f"The {name} header must hold exactly one signature.")
    return next(iter(members.items()))


def _no_duplicates(key: str, context: str) -> None:
    _invalid(f"Signature headers name the {context} {key!r} twice.")


def _check_components(claim: Claim, required: Iterable[str]) -> None:
    identities = [(name, frozenset(parameters.items())) for name, parameters in claim.components]
    if len(set(identities)) < len(identities):
        _invalid("A component is covered twice.")
    if not all(type(name) is str and name == name.lower() for name, _ in claim.components):
        _invalid("Names of components must be lower-case strings.")
    plain = {name for name, parameters in claim.components if not parameters}
    if missing := [name for name in required if name not in plain]:
        _invalid(f"The signature must also cover {', '.join(missing)}.")


def _check_parameters(parameters: Mapping[str, Any]) -> None:
    for name, wanted in (("created", int), ("keyid", str)):
        if name not in parameters:
            _invalid(f"The signature's parameter `{name}` is required.")
        if type(parameters[name]) is not wanted:
            _invalid(f"The signature's parameter `{name}` must be {'an integer' if wanted is int else 'a string'}.")
    if type(parameters.get("expires", 0)) is not int or type(parameters.get("alg", "")) is not str:
        _invalid("The signature's `expires` must be an integer and its `alg` a string.")
    if not 0 <= parameters["created"] <= 253_402_300_799:  # the last second of the year 9999
        raise Refusal("signature_stale", "The signature's `created` is no time that can be.")


def _value(name: str, parameters: Mapping[str, Any], message: Message) -> str:
    if parameters:
        return _value_by_parameters(name, parameters, message)
    value = (message.derived if name.startswith("@") else message.headers).get(name)
    if value is None or "\n" in value or "\r" in value:
        _invalid(f"The signature covers {name!r}, which the request does not have.")
    return value


def _value_by_parameters(name: str, parameters: Mapping[str, Any], message: Message) -> str:
    component = Item(name)
    component.params.update(parameters)
    request = SimpleNamespace(
        method=message.derived["@method"], url=message.derived["@target-uri"], headers=message.headers
    )
    try:
        return str(HTTPSignatureComponentResolver(request).resolve(component))
    except (HTTPMessageSignaturesException, TypeError, ValueError) as fault:
        _invalid(f"The signature covers {name!r} in a way that cannot be resolved.", fault)


def _invalid(detail: str, cause: Exception | None = None) -> NoReturn:
    raise Refusal("signature_invalid", detail) from cause
