"""A real OpenLDAP server (Debian's slapd) of a test's own: own folder, own CA, loopback, passwords over TLS only."""

import datetime as dt
import ipaddress
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from tests.process import Process, free_port

SLAPD: Final = Path("/usr/sbin/slapd")
BASE: Final = "dc=city,dc=example"
READER: Final = f"cn=reader,{BASE}"
READER_PASSWORD: Final = "reads people and nothing else"

_CONF: Final = """
include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
{schema}
modulepath /usr/lib/ldap
moduleload back_mdb
pidfile {folder}/slapd.pid
TLSCACertificateFile {folder}/ca.pem
TLSCertificateFile {folder}/server.pem
TLSCertificateKeyFile {folder}/server.key
security simple_bind=128
disallow bind_anon
database mdb
suffix "{base}"
rootdn "{reader}"
rootpw "{password}"
directory {folder}/data
maxsize 33554432
"""


class LdapServer(Process):
    """slapd on two ports of loopback; `people` are (uid, full name, department, password)."""

    def __init__(self, folder: Path, schema: str = "") -> None:
        self.folder = folder
        self._schema = schema
        self.ca_file = folder / "ca.pem"
        self.secret_file = folder / "secret"
        self._plain, self._tls = free_port(), free_port()
        command = [str(SLAPD), "-f", str(folder / "slapd.conf"), "-h", f"{self.ldap} {self.ldaps}", "-d", "0"]
        super().__init__(command, folder / "slapd.log", listens=[self._plain, self._tls])

    @property
    def ldap(self) -> str:
        """Where StartTLS is spoken."""
        return f"ldap://127.0.0.1:{self._plain}"

    @property
    def ldaps(self) -> str:
        """Where TLS is spoken from the first byte."""
        return f"ldaps://127.0.0.1:{self._tls}"

    def fill(self, people: Iterable[tuple[str, str, str, str]]) -> None:
        """Make certificates, settings and entries."""
        self.fill_with(
            f"dn: uid={uid},{BASE}\nobjectClass: inetOrgPerson\nuid: {uid}\ncn: {uid}\nsn: {uid}\n"
            f"displayName: {name}\nou: {department}\nuserPassword: {password}\n\n"
            for uid, name, department, password in people
        )

    def fill_with(self, entries: Iterable[str]) -> None:
        """Make certificates and settings; entries in LDIF (RFC 2849), each with its empty line."""
        certificates(self.folder)
        (self.folder / "data").mkdir()
        self.secret_file.write_text(f"{READER_PASSWORD}\n")
        text = _CONF.format(folder=self.folder, base=BASE, reader=READER, password=READER_PASSWORD, schema=self._schema)
        (self.folder / "slapd.conf").write_text(text)
        ldif = f"dn: {BASE}\nobjectClass: domain\ndc: city\n\n" + "".join(entries)
        command = ["slapadd", "-f", str(self.folder / "slapd.conf")]
        subprocess.run(command, input=ldif.encode(), check=True, capture_output=True)


def certificates(folder: Path) -> None:
    """Write `ca.pem` of a new CA, and `server.pem` with `server.key` for 127.0.0.1."""
    ca_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    ca = _certificate(
        "city CA", "city CA", ca_key.public_key(), ca_key, [x509.BasicConstraints(ca=True, path_length=0)]
    )
    names = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    (folder / "ca.pem").write_bytes(ca)
    (folder / "server.pem").write_bytes(_certificate("directory", "city CA", key.public_key(), ca_key, [names]))
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (folder / "server.key").write_bytes(private)


def _certificate(
    name: str,
    issuer: str,
    key: ec.EllipticCurvePublicKey,
    signer: ec.EllipticCurvePrivateKey,
    extensions: list[x509.ExtensionType],
) -> bytes:
    now = dt.datetime.now(dt.UTC)
    made = x509.CertificateBuilder().subject_name(_name(name)).issuer_name(_name(issuer)).public_key(key)
    made = made.serial_number(x509.random_serial_number()).not_valid_before(now - dt.timedelta(days=1))
    made = made.not_valid_after(now + dt.timedelta(days=2))
    for extension in extensions:
        made = made.add_extension(extension, critical=isinstance(extension, x509.BasicConstraints))
    return made.sign(signer, hashes.SHA256()).public_bytes(Encoding.PEM)


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])
