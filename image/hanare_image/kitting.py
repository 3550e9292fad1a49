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
import typer
from nacl.signing import SigningKey

from hanare_core import fingerprint, signed, wire
from hanare_core.hardening import no_core_dumps
from hanare_core.problems import Problem
from hanare_core.site import Endpoint, Site
from hanare_image.ca import new_ca, open_ca
from hanare_image.device import write_partition
from hanare_image.errors import KittingError
from hanare_image.registration import register
from hanare_image.texts import refused, say

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
    progress(say("done.identity", stick=written.stick))
    register(batch.server, batch.site, written, batch.token, label)
    digits = fingerprint.digits(signed.public_text(written.identity))
    progress(say("done.registered", stick=written.stick, label=label, fingerprint=digits))
    return written.stick


def read_site(path: Path) -> Site:
    """Return the site file that all sticks of the office get; raise KittingError."""
    try:
        return wire.decode(path.read_bytes(), Site)
    except OSError as error:
        raise refused("site-unread", path=path, reason=error.strerror) from error
    except Problem as problem:
        raise refused("site-file", path=path, place=problem.detail.get("path", "$")) from problem


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line."""
    no_core_dumps()
    options = _parser().parse_args(arguments)
    try:
        _COMMANDS[options.command](options)
    except KittingError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


def _new_ca(options: argparse.Namespace) -> None:
    _say(new_ca(options.folder, passphrase(options.passphrase_fd, new=True)))


def _write(options: argparse.Namespace) -> None:
    site = read_site(options.site)
    server = endpoint(options.server)
    try:
        token = options.token_file.read_text("ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise refused("token-file", path=options.token_file) from error
    ca_key = open_ca(options.ca, passphrase(options.passphrase_fd))
    write_stick(options.device, options.label, Batch(site, ca_key, server, token), _say)


_COMMANDS: Final[dict[str, Callable[[argparse.Namespace], None]]] = {"new-ca": _new_ca, "write": _write}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="hanare_image.kitting", description=say("help.kitting"))
    commands = parser.add_subparsers(dest="command", required=True)
    make = commands.add_parser("new-ca", help=say("help.new-ca"))
    make.add_argument("folder", type=Path)
    write = commands.add_parser("write", help=say("help.kitting-write"))
    write.add_argument("device", type=Path, help=say("help.kitting-device"))
    write.add_argument("--ca", type=Path, required=True, help=say("help.ca"))
    write.add_argument("--site", type=Path, required=True, help=say("help.site"))
    write.add_argument("--server", required=True, metavar="ADDRESS:PORT", help=say("help.server"))
    write.add_argument("--token-file", type=Path, required=True, help=say("help.token-file"))
    write.add_argument("--label", required=True, help=say("help.kitting-label"))
    for command in (make, write):
        command.add_argument("--passphrase-fd", type=int, default=0, help=say("help.kitting-passphrase-fd"))
    return parser


def endpoint(text: str) -> Endpoint:
    """Return ADDRESS:PORT as a place; raise KittingError."""
    address, _, port = text.rpartition(":")
    try:
        return msgspec.convert({"address": address.strip("[]"), "port": int(port)}, Endpoint)
    except ValueError as error:
        raise refused("no-endpoint", text=text) from error


def passphrase(descriptor: int, *, new: bool = False) -> str:
    """Return one line of a file descriptor, a terminal's unseen and a new one twice; raise KittingError."""
    if os.isatty(descriptor):
        asked = say("ask.passphrase-again") if new else False
        return str(typer.prompt(say("ask.passphrase"), hide_input=True, confirmation_prompt=asked, err=True))
    try:
        line = os.read(descriptor, PASSPHRASE_BYTES).partition(b"\n")[0]
        return line.decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise refused("no-passphrase", descriptor=descriptor) from error


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
