"""The rows of the open sessions as HTML: a template would take 3 ms a row, and all readers draw them at each change."""

from collections.abc import Iterable, Iterator
from html import escape
from itertools import groupby
from typing import Final

from django.utils.safestring import SafeString

from hanare_server.console.live_buttons import STOP_SESSION, SUSPEND_STICK
from hanare_server.console.live_sessions import Line
from hanare_server.console.templatetags.hanare import day_and_time, hour_and_minute

_COLUMNS: Final = 7
"""Of a page that is grouped: the department stands above its rows."""


def drawn(lines: Iterable[Line], *, stops: bool, grouped: bool) -> SafeString:
    """Return the rows; `grouped`: below the name of their department, by which they come in order."""
    if not grouped:
        return SafeString("".join(_row(line, stops=stops, department=True) for line in lines))
    return SafeString("".join(_by_department(lines, stops=stops)))


def _by_department(lines: Iterable[Line], *, stops: bool) -> Iterator[str]:
    for _, group in groupby(lines, key=lambda line: line.department_id):
        listed = list(group)
        title = escape(listed[0].department)
        yield f'<tr class="group-row"><th colspan="{_COLUMNS}" scope="rowgroup">{title}</th></tr>'
        yield from (_row(line, stops=stops, department=False) for line in listed)


def _row(line: Line, *, stops: bool, department: bool) -> str:
    name, buttons = escape(line.department), ""
    if stops:
        buttons = f"{STOP_SESSION.draw(line.session)} {SUSPEND_STICK.draw(line.stick_id)}"
    return (
        f'<tr><td class="live-user">{escape(line.user)}</td>'
        + (f'<td><span class="two-lines" title="{name}">{name}</span></td>' if department else "")
        + f"<td>{escape(line.stick)}</td><td>{escape(line.office_pc)}</td>"
        f'<td><time title="{day_and_time(line.opened_ms)}">{hour_and_minute(line.opened_ms)}</time></td>'
        f"<td>{_paths(line, 'line', 'data-lease', named=False)}</td>"
        f'<td class="paths">{_paths(line, "gateway", "data-gateway-of", named=True)}</td>'
        f'<td class="row-actions">{buttons}</td></tr>'
    )


def _paths(line: Line, kind: str, mark: str, *, named: bool) -> str:
    """Return a session's ways, the spare ones small: the page says which one the last packet took."""
    spare = ("", " spare")
    return "".join(
        f'<span class="{kind}{spare[place > 0]}" {mark}="{escape(path.lease)}">'
        f"{escape(path.gateway) if named else '–'}</span>"
        for place, path in enumerate(line.paths)
    )
