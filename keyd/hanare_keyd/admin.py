"""keyd's own command, run by its user on its host: keys, organisations, locked sticks; never over the socket."""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

import msgspec
from nacl.signing import VerifyKey

from hanare_core import signed, wire
from hanare_core.problems import Problem
from hanare_keyd import checkpoints, clock, counters, keys, organisations, schema, settings
from hanare_keyd.organisations import CaKeyDiffersError
from hanare_keyd.settings import Settings, SettingsError
from hanare_keyd.store import Moment, once

USAGE_STATUS: Final = 2


def main(arguments: list[str]) -> int:
    """Run one command; return the exit status."""
    options = _parser().parse_args(arguments)
    command: Callable[[Settings, argparse.Namespace], None] = options.command
    try:
        command(settings.load(Path(options.settings)), options)
    except SettingsError as error:
        sys.stderr.write(f"keyd: {error}\n")
        return USAGE_STATUS
    except CaKeyDiffersError:
        sys.stderr.write("keyd: this organisation is known with another CA key; nothing was changed\n")
        return USAGE_STATUS
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m hanare_keyd.admin", description="Administer keyd.")
    parser.add_argument("settings", help="keyd's settings file (TOML)")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    init = commands.add_parser("init", help="make missing keys and tables; print the ticket public key")
    init.set_defaults(command=_init)
    public = commands.add_parser("public-key", help="print the public key that gateways verify tickets with")
    public.set_defaults(command=_public_key)
    add = commands.add_parser("add-organisation", help="trust an organisation's kitting CA")
    add.add_argument("--id", required=True, type=_id, help="the organisation's id")
    add.add_argument("--ca-key", required=True, type=_public, help="its Ed25519 public key, base64url")
    add.set_defaults(command=_add_organisation)
    unlock = commands.add_parser("unlock-stick", help="clear the failed attempts in a row of a locked stick")
    unlock.add_argument("--organisation", required=True, type=_id)
    unlock.add_argument("--stick", required=True, type=_id)
    unlock.set_defaults(command=_unlock_stick)
    checkpoint = commands.add_parser("checkpoint-key", help="print the public key that audit logs are verified with")
    checkpoint.set_defaults(command=_checkpoint_key)
    log = commands.add_parser("audit-restored", help="let an audit log go on from a restored backup")
    log.add_argument("--organisation", required=True, type=_id)
    log.set_defaults(command=_audit_restored)
    restored = commands.add_parser("restored", help="say that the database came from a backup: budgets are halved")
    restored.set_defaults(command=_restored)
    return parser


def _init(chosen: Settings, _: argparse.Namespace) -> None:
    keys.create(chosen)
    schema.create(Path(chosen.database))
    _print_public_key(chosen)


def _public_key(chosen: Settings, _: argparse.Namespace) -> None:
    _print_public_key(chosen)


def _checkpoint_key(chosen: Settings, _: argparse.Namespace) -> None:
    sys.stdout.write(signed.public_text(keys.load(chosen).checkpoint) + "\n")


def _audit_restored(chosen: Settings, options: argparse.Namespace) -> None:
    _write(chosen, lambda moment: checkpoints.forget(moment, options.organisation))


def _add_organisation(chosen: Settings, options: argparse.Namespace) -> None:
    _write(chosen, lambda moment: organisations.add(moment, options.id, options.ca_key))


def _unlock_stick(chosen: Settings, options: argparse.Namespace) -> None:
    _write(chosen, lambda moment: counters.unlock_stick(moment, options.organisation, options.stick))


def _restored(chosen: Settings, _: argparse.Namespace) -> None:
    _write(chosen, counters.note_restore)


def _write(chosen: Settings, operation: Callable[[Moment], None]) -> None:
    schema.create(Path(chosen.database))
    once(Path(chosen.database), clock.now_ms, operation)


def _print_public_key(chosen: Settings) -> None:
    sys.stdout.write(signed.public_text(keys.load(chosen).ticket) + "\n")


def _id(text: str) -> str:
    try:
        return msgspec.convert(text, wire.Id)
    except msgspec.ValidationError as error:
        raise argparse.ArgumentTypeError("ids are of a-z, 0-9 and -, at most 64") from error


def _public(text: str) -> str:
    try:
        VerifyKey(wire.key_bytes(text))
    except (Problem, ValueError, TypeError) as error:
        raise argparse.ArgumentTypeError("this is no Ed25519 public key in base64url") from error
    return text


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
