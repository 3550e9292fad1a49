"""`hanare api …`: the console's lists and buttons for scripts. `hanare api --help` lists the commands.

Ends with 0; with 1 when the server refuses or is away; with 2 for a wrong command line. With `--json` the rows are one
JSON array on standard output, as the API gave them.
"""

import json
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Final
from urllib.parse import quote

import typer
from rich.console import Console
from rich.table import Table

from hanare_server.client import imports
from hanare_server.client.calls import Calls
from hanare_server.client.settings import load
from hanare_server.client.texts import ClientError, say

commands = typer.Typer(help=say("help.api"), no_args_is_help=True, add_completion=False, rich_markup_mode=None)

MOST: Final = 1000
"""Rows of a list unless more are asked for."""

AsJson = Annotated[bool, typer.Option("--json", help=say("help.json"))]
Most = Annotated[int, typer.Option("--most", min=1, help=say("help.most"))]
Department = Annotated[str | None, typer.Option(help=say("help.department"))]
Confirmed = Annotated[bool, typer.Option("--yes", help=say("help.yes"))]
State = Annotated[str | None, typer.Option(help=say("help.state"))]


class Thing(StrEnum):
    """What can be stopped, and its word in the address."""

    DEPARTMENT = "department"
    SESSION = "session"
    STICK = "stick"
    USER = "user"


class Method(StrEnum):
    """How an endpoint is called."""

    GET = "GET"
    PATCH = "PATCH"
    POST = "POST"
    PUT = "PUT"


def app(args: Sequence[str] | None = None, prog_name: str = "hanare api") -> None:
    """Run the command line; a ClientError is said in one line."""
    try:
        commands(args=args, prog_name=prog_name)
    except ClientError as error:
        sys.stderr.write(f"hanare: {error}\n")
        sys.exit(1)


@commands.command(help=say("help.sessions"))
def sessions(department: Department = None, most: Most = MOST, as_json: AsJson = False) -> None:  # noqa: FBT002
    """List who is using it now."""
    columns = ("id", "user_name", "stick", "department", "opened_ms", "ends_ms")
    _show("sessions", "after", columns, most, as_json=as_json, department=department)


@commands.command(help=say("help.sticks"))
def sticks(
    department: Department = None,
    state: State = None,
    most: Most = MOST,
    as_json: AsJson = False,  # noqa: FBT002 - typer reads flags like this
) -> None:
    """List sticks."""
    columns = ("id", "label", "department", "state", "image", "seen_ms")
    _show("sticks", "after", columns, most, as_json=as_json, department=department, state=state)


@commands.command(help=say("help.users"))
def users(
    department: Department = None,
    state: State = None,
    most: Most = MOST,
    as_json: AsJson = False,  # noqa: FBT002 - typer reads flags like this
) -> None:
    """List users."""
    columns = ("id", "name", "full_name", "department", "state", "has_pin")
    _show("users", "after", columns, most, as_json=as_json, department=department, state=state)


@commands.command(help=say("help.loans"))
def loans(
    out: Annotated[bool, typer.Option("--out", help=say("help.out"))] = False,  # noqa: FBT002
    most: Most = MOST,
    as_json: AsJson = False,  # noqa: FBT002
) -> None:
    """List loans."""
    columns = ("id", "stick", "user", "since_ms", "due_ms", "returned_ms")
    _show("loans", "after", columns, most, as_json=as_json, out="true" if out else None)


@commands.command(help=say("help.audit"))
def audit(
    act: Annotated[str | None, typer.Option(help=say("help.act"))] = None,
    most: Most = MOST,
    as_json: AsJson = False,  # noqa: FBT002
) -> None:
    """List the audit log, newest first."""
    columns = ("number", "time_ms", "actor_kind", "actor", "act", "object_kind", "object")
    _show("audit", "before", columns, most, as_json=as_json, act=act)


@commands.command(help=say("help.suspend"))
def suspend(thing: Thing, identifier: str) -> None:
    """Stop it, and print what the server knows of the stop."""
    _act(thing, identifier, "suspend")


@commands.command(help=say("help.resume"))
def resume(thing: Thing, identifier: str) -> None:
    """Let it work again."""
    _act(thing, identifier, "resume")


@commands.command("import", help=say("help.import"))
def take(files: imports.Files, file: Path, yes: Confirmed = False) -> None:  # noqa: FBT002
    """Preview a CSV file, or import it."""
    with Calls(load()) as calls:
        _print(imports.of_file(calls, files, file, confirmed=yes))


@commands.command("sync-directory", help=say("help.sync-directory"))
def sync_directory(yes: Confirmed = False) -> None:  # noqa: FBT002
    """Preview the users of the office's directory, or take them over."""
    with Calls(load()) as calls:
        _print(imports.of_directory(calls, confirmed=yes))


@commands.command(help=say("help.evidence"))
def evidence(file: Path) -> None:
    """Save the evidence pack as PDF."""
    with Calls(load()) as calls:
        document = calls.document("/evidence.pdf")
    try:
        file.write_bytes(document)
    except OSError as error:
        raise ClientError("file-unwritable", file=str(file)) from error


@commands.command(help=say("help.call"))
def call(method: Method, path: str) -> None:
    """Call any endpoint of the OpenAPI document, with the JSON on standard input; print its answer."""
    body = b"" if method is Method.GET else sys.stdin.buffer.read()
    with Calls(load()) as calls:
        done = calls.call(method.value, f"/{path.removeprefix('/')}", body)
    _print(done)


def _act(thing: Thing, identifier: str, verb: str) -> None:
    with Calls(load()) as calls:
        done = calls.post(f"/{thing.value}s/{quote(identifier, safe='')}/{verb}")
    _print(done)


def _print(done: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(done, ensure_ascii=False) + "\n")


def _show(path: str, cursor: str, columns: Sequence[str], most: int, *, as_json: bool, **filters: str | None) -> None:
    with Calls(load()) as calls:
        rows = calls.rows(f"/{path}", cursor, most, **filters)
    if as_json:
        sys.stdout.write(json.dumps(rows, ensure_ascii=False) + "\n")
        return
    table = Table(*(say(f"column.{name}") for name in columns))
    for row in rows:
        table.add_row(*(_cell(name, row.get(name)) for name in columns))
    # Names are text: no mark-up of rich.
    Console(markup=False, highlight=False, emoji=False).print(table)


def _cell(name: str, value: Any) -> str:
    if value is None:
        return ""
    if name.endswith("_ms"):
        return datetime.fromtimestamp(int(value) / 1000, UTC).astimezone().strftime("%Y-%m-%d %H:%M:%S")
    if isinstance(value, bool):
        return say("cell.yes") if value else say("cell.no")
    # A name from the server must not move the terminal's cursor.
    return "".join(sign if sign.isprintable() else "?" for sign in str(value))
