"""The pages of CSV: choose a file, see what it would do, take it; and the export.

The file goes with the confirmation as it was sent (a few hundred kilobytes) and is planned again under the
organisation's lock: what was shown is carried out, or, when somebody changed the users meanwhile, shown again. Nothing
is kept in between.
"""

import base64
import binascii
import hashlib
import zlib
from typing import Final

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language, gettext, gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from hanare_core.problems import Code, Problem
from hanare_server.access.act import act
from hanare_server.console import lists, scope
from hanare_server.console.guard import administrator, permitted
from hanare_server.console.models import Administrator
from hanare_server.console.roles import Permission
from hanare_server.directory.models import User
from hanare_server.directory.pages import change, tables
from hanare_server.directory.transfer import text, users
from hanare_server.directory.transfer.text import Encoding, UnreadableError

STEPS_SHOWN: Final = 100
CARRIED_BYTES: Final = 8 * 1024 * 1024
"""Largest packed file that a confirmation may bring back."""

_UNREADABLE: Final = {
    "empty": gettext_lazy("The file is empty."),
    "encoding": gettext_lazy("Line {line} is neither UTF-8 nor Shift_JIS. Save the file again as CSV."),
    "long-cell": gettext_lazy("A cell in line {line} is longer than 500 characters."),
    "not-text": gettext_lazy("This is no text file. Save the sheet as CSV."),
    "spreadsheet": gettext_lazy("This is a spreadsheet or an archive. Save the sheet as CSV and send that."),
    "too-large": gettext_lazy("The file is larger than 4 MB. Split it."),
    "too-many-rows": gettext_lazy("The file has more than 20,000 rows. Split it."),
}


@permitted(Permission.DIRECTORY_EDIT)
@require_http_methods(["GET", "POST"])
def take(request: HttpRequest) -> HttpResponse:
    """Ask for a file; show what it would do; carry it out when that was confirmed."""
    account = administrator(request)
    if request.method == "GET":
        return _show(request)
    try:
        raw = _sent(request)
        rows = text.read(raw)
    except UnreadableError as error:
        fault = str(_UNREADABLE[error.fault]).format(line=error.line)
        return _show(request, fault=fault, status=422)
    if request.POST.get("confirmed"):
        return _carry_out(request, account, raw, rows)
    return _preview(request, raw, users.plan(account, rows))


@permitted(Permission.DIRECTORY_READ)
@require_safe
def export(request: HttpRequest) -> HttpResponse:
    """Return the users that the list shows, as a file."""
    account = administrator(request)
    encoding = Encoding.SHIFT_JIS if request.GET.get("encoding") == Encoding.SHIFT_JIS.value else Encoding.UTF_8
    rows = scope.rows(account, User).select_related("department", "organisation")
    found = lists.matches(tables.USERS, rows, request.GET).order_by("name", "pk")
    try:
        content = text.write(users.exported(found, japanese=(get_language() or "ja") == "ja"), encoding)
    except UnicodeEncodeError as error:
        character = error.object[error.start]
        sentence = gettext("Shift_JIS has no character “{character}”. Export as UTF-8.")
        messages.error(request, sentence.format(character=character))
        return redirect("directory:users")
    answer = HttpResponse(content, content_type=f"text/csv; charset={encoding.value}")
    answer["Content-Disposition"] = 'attachment; filename="users.csv"'
    return answer


def _sent(request: HttpRequest) -> bytes:
    packed = request.POST.get("packed", "")
    if packed:
        return _unpacked(packed)
    sent = request.FILES.get("file")
    if sent is None or sent.size is None:
        raise UnreadableError("empty")
    if sent.size > text.FILE_BYTES:
        raise UnreadableError("too-large")
    return bytes(sent.read())


def _unpacked(packed: str) -> bytes:
    """Return the file; never more than its bound, whatever was packed (no archive bomb)."""
    try:
        unpacker = zlib.decompressobj()
        raw = unpacker.decompress(base64.b64decode(packed[:CARRIED_BYTES], validate=True), text.FILE_BYTES + 1)
    except (binascii.Error, zlib.error) as error:
        raise Problem(Code.MALFORMED, detail={"path": "packed"}) from error
    return raw


def _carry_out(request: HttpRequest, account: Administrator, raw: bytes, rows: list[list[str]]) -> HttpResponse:
    with act(account.here.pk, change.actor(account)) as opened:
        made = users.plan(account, rows)
        as_shown = not made.faults and _digest(made) == request.POST.get("shown")
        if as_shown:
            users.carry_out(opened, made)
    if not as_shown:
        return _preview(request, raw, made, again=True)
    messages.success(
        request, gettext("{added} added, {changed} changed.").format(added=made.added, changed=made.changed)
    )
    return redirect("directory:users")


def _preview(request: HttpRequest, raw: bytes, made: users.Plan, *, again: bool = False) -> HttpResponse:
    context = {
        "plan": made,
        "faults": made.faults[: users.FAULTS_SHOWN],
        "faulty": len(made.faults),
        "steps": made.steps[:STEPS_SHOWN],
        "rest": max(0, len(made.steps) - STEPS_SHOWN),
        "packed": base64.b64encode(zlib.compress(raw)).decode("ascii"),
        "shown": _digest(made),
        "again": again,
    }
    status = 409 if again else 422 if made.faults else 200
    return _show(request, status=status, **context)


def _show(request: HttpRequest, *, status: int = 200, **context: object) -> HttpResponse:
    columns = [spellings[0] for spellings in users.COLUMNS.values()]
    heading = {"heading": gettext("CSV import of users"), "columns": columns}
    return render(request, "directory/import.html", {**heading, **context}, status=status)


def _digest(made: users.Plan) -> str:
    """Return what binds a confirmation to what was shown; new identifiers are random and do not count."""
    seen = [(step.user.name_key, step.added, sorted(step.differences.items())) for step in made.steps]
    return hashlib.sha256(repr(seen).encode()).hexdigest()
