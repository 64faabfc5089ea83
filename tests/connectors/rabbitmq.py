"""A RabbitMQ of the tests' own: another name, other ports, a folder of its own, gone after them."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

SERVER = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")
"""Where Debian keeps it. The one on the path starts the system's own."""
LONGEST_START = 60.0


@dataclass(frozen=True)
class Rabbit:
    """A running broker: where it listens, plainly and encrypted, and the authority that signs its certificate."""

    port: int
    tls_port: int
    authority: str

    @property
    def url(self) -> str:
        """Its address."""
        return f"amqp://127.0.0.1:{self.port}"


@contextmanager
def rabbitmq() -> Iterator[Rabbit]:
    """Start a broker. The test is skipped where RabbitMQ is not installed."""
    epmd = shutil.which("epmd")
    if not SERVER.exists() or epmd is None:
        pytest.skip("RabbitMQ is not installed here (on Debian: apt-get install rabbitmq-server)")
    folder = Path(tempfile.mkdtemp(prefix="commonhall-rabbit-"))
    port, tls_port, between, names = free_ports(4)
    authority = certificates(folder)
    (folder / "rabbit.conf").write_text(
        f"listeners.tcp.1 = 127.0.0.1:{port}\nlisteners.ssl.1 = 127.0.0.1:{tls_port}\n"
        f"ssl_options.certfile = {folder}/broker.pem\nssl_options.keyfile = {folder}/broker.key\n"
        f"ssl_options.cacertfile = {folder}/authority.pem\n"
    )
    (folder / "plugins").write_text("[].")
    env = {
        "PATH": os.environ.get("PATH", ""),
        "LANG": "C.UTF-8",
        "HOME": str(folder),
        "ERL_EPMD_PORT": str(names),
        "ERL_EPMD_ADDRESS": "127.0.0.1",
        "RABBITMQ_NODENAME": f"commonhall-{port}@localhost",
        "RABBITMQ_DIST_PORT": str(between),
        "RABBITMQ_MNESIA_BASE": str(folder / "data"),
        "RABBITMQ_LOG_BASE": str(folder / "log"),
        "RABBITMQ_CONFIG_FILE": str(folder / "rabbit.conf"),
        "RABBITMQ_CONF_ENV_FILE": str(folder / "none"),
        "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "plugins"),
        "RABBITMQ_PID_FILE": str(folder / "pid"),
        "RABBITMQ_LOGS": "-",
        "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "+S 1:1",
    }
    log = (folder / "words").open("wb")
    # Erlang's own register of names, in the foreground, or it would stay behind.
    register = subprocess.Popen([epmd], env=env, stdout=log, stderr=log)
    server = subprocess.Popen([SERVER], env=env, stdout=log, stderr=log)
    try:
        wait_for(tls_port, server, folder / "words")
        yield Rabbit(port, tls_port, authority)
    finally:
        for process in (server, register):
            process.terminate()
            process.wait(30)
        log.close()
        shutil.rmtree(folder, ignore_errors=True)


def free_ports(count: int) -> list[int]:
    """Ports that nobody uses now."""
    held = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [one.getsockname()[1] for one in held]
    for one in held:
        one.close()
    return ports


def wait_for(port: int, server: subprocess.Popen[bytes], words: Path) -> None:
    """Until it listens; with its own words where it does not."""
    end = time.monotonic() + LONGEST_START
    while time.monotonic() < end and server.poll() is None:
        with socket.socket() as line:
            if line.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    pytest.fail(f"RabbitMQ does not start: {words.read_text('utf-8', 'replace')[-2000:]}")


def certificates(folder: Path) -> str:
    """An authority of our own, and a certificate of the broker's for the name localhost. Answers the authority's as PEM."""
    now = datetime.now(UTC)

    def made(
        name: str, key: ec.EllipticCurvePrivateKey, *, by: str, signer: ec.EllipticCurvePrivateKey
    ) -> bytes:
        built = (
            x509.CertificateBuilder()
            .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
            .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, by)]))
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=1))
            .add_extension(x509.BasicConstraints(ca=name == by, path_length=None), critical=True)
        )
        if name != by:
            built = built.add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        return built.sign(signer, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)

    root, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    authority = made("the tests", root, by="the tests", signer=root)
    (folder / "authority.pem").write_bytes(authority)
    (folder / "broker.pem").write_bytes(made("localhost", key, by="the tests", signer=root))
    (folder / "broker.key").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    return authority.decode()
