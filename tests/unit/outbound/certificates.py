"""Certificates for receivers of webhooks: real ones, of an authority of the test's own."""

import ssl
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

_USES = [
    "digital_signature",
    "content_commitment",
    "key_encipherment",
    "data_encipherment",
    "key_agreement",
    "key_cert_sign",
    "crl_sign",
    "encipher_only",
    "decipher_only",
]


@dataclass(frozen=True, slots=True)
class Certificate:
    """A certificate with its key."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    @property
    def pem(self) -> str:
        return self.certificate.public_bytes(serialization.Encoding.PEM).decode()

    def server(self, folder: Path) -> ssl.SSLContext:
        """Returns the context of a server that has this certificate."""
        key = self.key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        path = folder / "server.pem"
        path.write_text(self.pem + key.decode())
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(path)
        return context

    def trusted(self) -> ssl.SSLContext:
        """Returns the context of a client that trusts this certificate, and no other. It is as
        strict as Python 3.13's own."""
        context = ssl.create_default_context(cadata=self.pem)
        context.verify_flags |= ssl.VERIFY_X509_STRICT
        return context


def authority(name: str = "Test authority") -> Certificate:
    """Returns a new certificate authority."""
    use = dict.fromkeys(_USES, False) | {"key_cert_sign": True}
    return _made(
        name,
        None,
        (-1, 1),
        (x509.BasicConstraints(ca=True, path_length=None), x509.KeyUsage(**use)),
    )


def certificate(
    host: str, issuer: Certificate | None = None, *, days: tuple[int, int] = (-1, 1)
) -> Certificate:
    """Returns a certificate of this host, which its own key signs if there is no issuer. It is good
    from one day to another; 0 is today."""
    return _made(host, issuer, days, [x509.SubjectAlternativeName([x509.DNSName(host)])])


def _made(
    name: str,
    issuer: Certificate | None,
    days: tuple[int, int],
    extensions: Iterable[x509.ExtensionType],
) -> Certificate:
    key = ec.generate_private_key(ec.SECP256R1())
    signer = issuer.key if issuer else key
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    built = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.certificate.subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + timedelta(days=days[0]))
        .not_valid_after(now + timedelta(days=days[1]))
    )
    for extension in extensions:
        built = built.add_extension(extension, critical=True)
    ours = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    theirs = x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key())
    built = built.add_extension(ours, critical=False).add_extension(theirs, critical=False)
    return Certificate(built.sign(signer, hashes.SHA256()), key)
