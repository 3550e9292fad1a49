"""The pages of CSV: choose a file, see what it would do, take it; and the export.

The file goes with the confirmation as it was sent (a few hundred kilobytes) and is planned again under the
organisation's lock: what was shown is carried out, or, when somebody changed something meanwhile, shown again. A file
of many rows is a job of the worker. Each function makes the view of one kind, so that its permission stands in the
address table.
"""

from typing import Final

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language, gettext, gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from hanare_server.access.act import act
from hanare_server.console import lists
from hanare_server.console.guard import View, administrator, permitted
from hanare_server.console.roles import Permission
from hanare_server.directory.pages import change
from hanare_server.directory.transfer import absent, job, plan, text
from hanare_server.directory.transfer.kinds import Transfer
from hanare_server.directory.transfer.packed import packed, unpacked
from hanare_server.directory.transfer.text import Encoding, UnreadableError
from hanare_server.jobs import asked

STEPS_SHOWN: Final = 100
_UNREADABLE: Final = {
    "empty": gettext_lazy("The file is empty."),
    "encoding": gettext_lazy("Line {line} is neither UTF-8 nor Shift_JIS. Save the file again as CSV."),
    "long-cell": gettext_lazy("A cell in line {line} is longer than 500 characters."),
    "not-text": gettext_lazy("This is no text file. Save the sheet as CSV."),
    "spreadsheet": gettext_lazy("This is a spreadsheet or an archive. Save the sheet as CSV and send that."),
    "too-large": gettext_lazy("The file is larger than 4 MB. Split it."),
    "too-many-rows": gettext_lazy("The file has more than 20,000 rows. Split it."),
}


def take(transfer: Transfer) -> View:
    """Return the view that asks for a file, shows what it would do, and carries it out when that was confirmed."""

    @permitted(Permission.DIRECTORY_EDIT)
    @require_http_methods(["GET", "POST"])
    def view(request: HttpRequest) -> HttpResponse:
        if request.method == "GET":
            return show(request, transfer)
        try:
            raw = _sent(request)
            rows = text.read(raw)
        except UnreadableError as error:
            fault = str(_UNREADABLE[error.fault]).format(line=error.line)
            return show(request, transfer, fault=fault, status=422)
        if request.POST.get("confirmed"):
            return (
                _as_a_job(request, transfer, raw)
                if len(rows) > job.JOB_ROWS
                else _carry_out(request, transfer, raw, rows)
            )
        return preview(request, transfer, raw)

    return view


def export(transfer: Transfer) -> View:
    """Return the view of what the list shows, as a file."""
    kind = transfer.kind

    @permitted(kind.read)
    @require_safe
    def view(request: HttpRequest) -> HttpResponse:
        encoding = Encoding.SHIFT_JIS if request.GET.get("encoding") == Encoding.SHIFT_JIS.value else Encoding.UTF_8
        found = lists.matches(kind.table, kind.rows(administrator(request)), request.GET).order_by(*kind.table.order)
        try:
            content = text.write([_titles(transfer), *transfer.exported(found)], encoding)
        except UnicodeEncodeError as error:
            sentence = gettext("Shift_JIS has no character “{character}”. Export as UTF-8.")
            messages.error(request, sentence.format(character=error.object[error.start]))
            return redirect(f"directory:{kind.word}")
        answer = HttpResponse(content, content_type=f"text/csv; charset={encoding.value}")
        answer["Content-Disposition"] = f'attachment; filename="{kind.word}.csv"'
        return answer

    return view


def preview(request: HttpRequest, transfer: Transfer, raw: bytes, **more: object) -> HttpResponse:
    """Show what a file would do; raises UnreadableError."""
    return _preview(request, transfer, raw, plan.plan(transfer.reader(administrator(request)), text.read(raw)), **more)


def show(request: HttpRequest, transfer: Transfer, *, status: int = 200, **context: object) -> HttpResponse:
    """Show the page of the import as it stands."""
    shared = {
        "heading": transfer.heading,
        "kind": transfer.kind,
        "list_address": reverse(f"directory:{transfer.kind.word}"),
        "import_address": reverse(f"directory:{transfer.kind.word}-import"),
        "columns": _titles(transfer),
    }
    return render(request, "directory/import.html", {**shared, **context}, status=status)


def _sent(request: HttpRequest) -> bytes:
    carried = request.POST.get("packed", "")
    if carried:
        return unpacked(carried)
    sent = request.FILES.get("file")
    if sent is None or sent.size is None:
        raise UnreadableError("empty")
    if sent.size > text.FILE_BYTES:
        raise UnreadableError("too-large")
    return bytes(sent.read())


def _titles(transfer: Transfer) -> list[str]:
    place = 0 if (get_language() or "ja") == "ja" else -1
    return [spellings[place] for spellings in transfer.reader.columns.values()]


def _as_a_job(request: HttpRequest, transfer: Transfer, raw: bytes) -> HttpResponse:
    shown = request.POST.get("shown", "")[: job.DIGEST_CHARACTERS]
    made = asked.ask(administrator(request), job.KIND, transfer.kind.word, raw, shown=shown)
    return redirect("jobs:one", made.pk)


def _carry_out(request: HttpRequest, transfer: Transfer, raw: bytes, rows: list[list[str]]) -> HttpResponse:
    account = administrator(request)
    with act(account.here.pk, change.actor(account)) as opened:
        made = plan.plan(transfer.reader(account), rows)
        as_shown = not made.faults and plan.digest(made) == request.POST.get("shown")
        if as_shown:
            plan.carry_out(opened, made)
    if not as_shown:
        return _preview(request, transfer, raw, made, again=True)
    done = gettext("{added} added, {changed} changed.").format(added=made.added, changed=made.changed)
    messages.success(request, done)
    return redirect(f"directory:{transfer.kind.word}")


def _preview(request: HttpRequest, transfer: Transfer, raw: bytes, made: plan.Plan, **more: object) -> HttpResponse:
    context: dict[str, object] = {
        "plan": made,
        "faults": made.faults[: plan.FAULTS_SHOWN],
        "faulty": len(made.faults),
        "steps": made.steps[:STEPS_SHOWN],
        "rest": max(0, len(made.steps) - STEPS_SHOWN),
        "packed": packed(raw),
        "shown": plan.digest(made),
    }
    if transfer.kind.word == "users" and not made.faults:
        context["absent_count"] = len(absent.of(administrator(request), text.read(raw)))
    status = 409 if more.get("again") else 422 if made.faults else 200
    return show(request, transfer, status=status, **context, **more)
