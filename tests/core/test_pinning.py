"""The pinned certificate: it alone is accepted, by name and key, whatever a clock says."""

import datetime as dt
import socket
import ssl
import threading
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from hanare_core.pinning import pinned

NAME = "hanare.example"
NOW = dt.datetime.now(dt.UTC)
DAY = dt.timedelta(days=1)
SECONDS = 10


def certificate(folder: Path, begins: dt.datetime, ends: dt.datetime) -> Path:
    """Write a self-signed certificate with its key; return the file."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, NAME)])
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begins)
        .not_valid_after(ends)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(NAME)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = folder / f"{made.serial_number}.pem"
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path.write_bytes(made.public_bytes(Encoding.PEM) + private)
    return path


def meet(server: Path, trusted: Path, name: str = NAME) -> None:
    """Shake hands with a server that shows the one certificate, as a client that holds the other."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(server)
    ours, theirs = socket.socketpair()
    ours.settimeout(SECONDS)
    theirs.settimeout(SECONDS)
    shown = threading.Thread(target=_serve, args=(context, theirs))
    shown.start()
    text = trusted.read_text("ascii").partition("-----BEGIN PRIVATE KEY")[0]
    try:
        with ours:
            pinned(text).wrap_socket(ours, server_hostname=name).close()
    finally:
        shown.join(SECONDS)


def _serve(context: ssl.SSLContext, connection: socket.socket) -> None:
    with connection:
        try:
            context.wrap_socket(connection, server_side=True).close()
        except OSError:  # the client has refused
            return


@pytest.mark.parametrize(
    ("begins", "ends"),
    [(NOW - DAY, NOW + DAY), (NOW + 365 * DAY, NOW + 730 * DAY), (NOW - 730 * DAY, NOW - DAY)],
    ids=["of today", "of next year", "ended"],
)
def test_dates_do_not_count(tmp_path: Path, begins: dt.datetime, ends: dt.datetime) -> None:
    """F46: a clock of 1970 or 2038 on either side cuts nobody off from the pinned certificate."""
    path = certificate(tmp_path, begins, ends)
    meet(path, path)


def test_no_other_certificate_is_accepted(tmp_path: Path) -> None:
    """Another certificate of the same name, and the pinned one under another name, are refused."""
    own, other = (certificate(tmp_path, NOW - DAY, NOW + DAY) for _ in range(2))
    with pytest.raises(ssl.SSLCertVerificationError):
        meet(other, own)
    with pytest.raises(ssl.SSLCertVerificationError):
        meet(own, own, "elsewhere.example")
