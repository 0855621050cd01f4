"""A certificate for 127.0.0.1, and trust in it: storage on Azure is reached by TLS only.

What opens a connection per call pays each time there: for a handshake, and for reading all public
certificates that one trusts. Without both it would look cheaper than it is.
"""

from __future__ import annotations

import os
import tempfile
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING

import certifi  # what requests trusts
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from devhost.azurite import Certificate

if TYPE_CHECKING:
    from collections.abc import Iterator

_TRUST = "REQUESTS_CA_BUNDLE"  # read by requests, in this process and in those it starts
_LIFE = timedelta(days=1)
_HERE = "127.0.0.1"


@contextmanager
def trusted_certificate() -> Iterator[Certificate]:
    """Make a certificate that this process and those which it starts trust meanwhile."""
    with tempfile.TemporaryDirectory(prefix="certificate-") as folder:
        made = _make(Path(folder))
        trusted = Path(folder) / "trusted.pem"
        trusted.write_bytes(Path(certifi.where()).read_bytes() + made.chain.read_bytes())
        before = os.environ.get(_TRUST)
        os.environ[_TRUST] = str(trusted)
        try:
            yield made
        finally:
            os.environ.pop(_TRUST)
            if before is not None:
                os.environ[_TRUST] = before


def _make(folder: Path) -> Certificate:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, _HERE)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _LIFE)
        .not_valid_after(now + _LIFE)
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address(_HERE))]), False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    made = Certificate(chain=folder / "certificate.pem", key=folder / "key.pem")
    made.chain.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    made.key.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return made
