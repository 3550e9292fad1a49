"""`python -m hanare_image.kitting`: makes the CA, and writes and registers sticks.

    new-ca CA_DIR                                    the passphrase is read from standard input
    write DEVICE_DIR --ca CA_DIR --site SITE.json --server ADDRESS:PORT --token-file FILE --label TEXT

No secret stands in an argument list or an environment: passphrase by `--passphrase-fd` (default 0), token by a file.
`write_stick` is the same for programs. Ends with 0, or with 1 and one line that says what to do.
"""

import argparse
import os
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, NamedTuple

import msgspec
from nacl.signing import SigningKey

from hanare_core import fingerprint, signed, wire
from hanare_core.hardening import no_core_dumps
from hanare_core.problems import Problem
from hanare_core.site import Endpoint, Site
from hanare_image.ca import new_ca, open_ca
from hanare_image.device import write_partition
from hanare_image.errors import KittingError
from hanare_image.registration import register

PASSPHRASE_BYTES: Final = 1024
"""Longest passphrase that is read."""


class Batch(NamedTuple):
    """What is the same for all sticks that are written with one registration token."""

    site: Site
    ca_key: SigningKey
    server: Endpoint
    """The API on the office LAN."""
    token: str


def write_stick(folder: Path, label: str, batch: Batch, progress: Callable[[str], None]) -> str:
    """Write one stick into the folder, register it and return its id; raise KittingError.

    progress hears one line a step. When this returns the private keys exist in the folder only.
    """
    written = write_partition(folder, batch.site, batch.ca_key, now_ms=time.time_ns() // 1_000_000)
    progress(f"{written.stick}: written and read back")
    register(batch.server, batch.site, written, batch.token, label)
    progress(f"{written.stick}: registered; fingerprint {fingerprint.digits(signed.public_text(written.identity))}")
    return written.stick


def read_site(path: Path) -> Site:
    """Return the site file that all sticks of the office get; raise KittingError."""
    try:
        return wire.decode(path.read_bytes(), Site)
    except OSError as error:
        raise KittingError(f"cannot read {path}: {error.strerror}") from error
    except Problem as problem:
        raise KittingError(f"{path} is no site file: {problem.code.value} {dict(problem.detail)}") from problem


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line."""
    no_core_dumps()
    options = _parser().parse_args(arguments)
    try:
        _COMMANDS[options.command](options)
    except KittingError as error:
        sys.stderr.write(f"kitting: {error}\n")
        return 1
    return 0


def _new_ca(options: argparse.Namespace) -> None:
    _say(new_ca(options.folder, passphrase(options.passphrase_fd)))


def _write(options: argparse.Namespace) -> None:
    site = read_site(options.site)
    server = endpoint(options.server)
    try:
        token = options.token_file.read_text("ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise KittingError(f"cannot read the token from {options.token_file}") from error
    ca_key = open_ca(options.ca, passphrase(options.passphrase_fd))
    write_stick(options.device, options.label, Batch(site, ca_key, server, token), _say)


_COMMANDS: Final[dict[str, Callable[[argparse.Namespace], None]]] = {"new-ca": _new_ca, "write": _write}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="hanare_image.kitting", description="make the CA; write and register sticks")
    commands = parser.add_subparsers(dest="command", required=True)
    make = commands.add_parser("new-ca", help="make the organisation's CA; prints its public key")
    make.add_argument("folder", type=Path)
    write = commands.add_parser("write", help="write one stick and register it")
    write.add_argument("device", type=Path, help="the stick's mounted, empty identity partition")
    write.add_argument("--ca", type=Path, required=True, help="folder of the CA")
    write.add_argument("--site", type=Path, required=True, help="site file of the office, JSON")
    write.add_argument("--server", required=True, metavar="ADDRESS:PORT", help="the API on the office LAN")
    write.add_argument("--token-file", type=Path, required=True, help="registration token of the batch")
    write.add_argument("--label", required=True, help="what is printed on the stick")
    for command in (make, write):
        command.add_argument("--passphrase-fd", type=int, default=0, help="default: standard input")
    return parser


def endpoint(text: str) -> Endpoint:
    """Return ADDRESS:PORT as a place; raise KittingError."""
    address, _, port = text.rpartition(":")
    try:
        return msgspec.convert({"address": address.strip("[]"), "port": int(port)}, Endpoint)
    except ValueError as error:
        raise KittingError(f"{text} is no ADDRESS:PORT") from error


def passphrase(descriptor: int) -> str:
    """Return one line of a file descriptor; raise KittingError."""
    if os.isatty(descriptor):
        sys.stderr.write("passphrase of the CA: ")
        sys.stderr.flush()
    try:
        line = os.read(descriptor, PASSPHRASE_BYTES).partition(b"\n")[0]
        return line.decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise KittingError(f"no passphrase on file descriptor {descriptor}") from error


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
