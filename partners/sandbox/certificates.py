"""A throw-away certificate authority, and what it and nobody issues: for a cloud that has to be reached by TLS."""

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

DAY = timedelta(days=1)
GOOD_FOR = 30 * DAY


@dataclass(frozen=True, slots=True)
class Pair:
    """A key and its certificate, in PEM."""

    key: bytes = field(repr=False)
    certificate: bytes


def _new_key() -> EllipticCurvePrivateKey:
    return generate_private_key(SECP256R1())


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


@dataclass(slots=True)
class Authority:
    """Made anew each time; nobody trusts it who was not told to."""

    name: x509.Name = field(default_factory=lambda: _name("Simulated Energy, throw-away authority"))
    key: EllipticCurvePrivateKey = field(default_factory=_new_key, repr=False)

    @property
    def certificate(self) -> bytes:
        usage = x509.KeyUsage(
            key_cert_sign=True, crl_sign=True, digital_signature=False, content_commitment=False,
            key_encipherment=False, data_encipherment=False, key_agreement=False, encipher_only=False,
            decipher_only=False,
        )  # fmt: skip
        made = (
            _begun(self.name, self.key, ends=datetime.now(UTC) + GOOD_FOR)
            .issuer_name(self.name)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(usage, critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(self.key.public_key()), critical=False)
        )
        return made.sign(self.key, hashes.SHA256()).public_bytes(Encoding.PEM)

    def issue(self, names: Sequence[str], *, ended: bool = False) -> Pair:
        """For hosts and addresses; `ended`: yesterday."""
        return _signed(names, issuer=self.name, by=self.key, ended=ended)


def by_nobody(names: Sequence[str]) -> Pair:
    """Signed by its own key."""
    return _signed(names, issuer=_name(names[0]), by=None)


def _signed(
    names: Sequence[str], *, issuer: x509.Name, by: EllipticCurvePrivateKey | None, ended: bool = False
) -> Pair:
    key = _new_key()
    signer = by or key
    made = (
        _begun(_name(names[0]), key, ends=datetime.now(UTC) + (-DAY if ended else GOOD_FOR))
        .issuer_name(issuer)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName([_general(each) for each in names]), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False)
    )
    return Pair(
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
        made.sign(signer, hashes.SHA256()).public_bytes(Encoding.PEM),
    )


def _begun(subject: x509.Name, key: EllipticCurvePrivateKey, *, ends: datetime) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(ends - GOOD_FOR - DAY)
        .not_valid_after(ends)
    )


def _general(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)
