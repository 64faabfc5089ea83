"""An authority of the tests' own, and a server's certificate by it."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


def server_tls(folder: Path, address: str) -> tuple[ssl.SSLContext, str]:
    """How a server at this address encrypts, and the certificate, as PEM, of the authority that says it is the one."""
    now = datetime.now(UTC)
    root, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))

    def about(name: str) -> x509.Name:
        return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])

    def begun(name: str, whose: ec.EllipticCurvePrivateKey) -> x509.CertificateBuilder:
        return (
            x509.CertificateBuilder()
            .subject_name(about(name))
            .issuer_name(about("the tests"))
            .public_key(whose.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=1))
            .add_extension(x509.BasicConstraints(ca=whose is root, path_length=None), critical=True)
        )

    authority = begun("the tests", root).sign(root, hashes.SHA256())
    names = x509.SubjectAlternativeName([x509.IPAddress(ip_address(address))])
    own = begun("a server", key).add_extension(names, critical=False).sign(root, hashes.SHA256())
    (folder / "server.pem").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        + own.public_bytes(serialization.Encoding.PEM)
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "server.pem")
    return context, authority.public_bytes(serialization.Encoding.PEM).decode()
