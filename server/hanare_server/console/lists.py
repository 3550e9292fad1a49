"""Lists of rows: searched, filtered, sorted, paged, with rows to select for an act on many.

A page declares a `Table` and gives the rows that the reader may see; everything that the address says about the list
is read here, and whatever it says wrongly is ignored. One list costs two queries: how many there are, and one page of
them, chosen by its keys first: what is joined and computed for a row is so for one page only. Counting ends at COUNTED,
and so does paging: nobody reads page 300, and the database need not walk there.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest, QueryDict
from django.utils.safestring import SafeString

from hanare_server.console import cells
from hanare_server.console.cells import Cell, Text
from hanare_server.console.models import Administrator

PAGE_ROWS: Final = 50
"""What one screen and a half shows."""

COUNTED: Final = 20_000
"""Rows that a list counts and pages through: all users of the largest installation with margin."""

QUERY_CHARACTERS: Final = 200
"""Longest text that is searched for."""


@dataclass(frozen=True)
class Column:
    """One column of a table."""

    name: str
    title: Text
    cell: Callable[[Any], Cell | Text]
    order: tuple[str, ...] = ()
    """Fields by which the column sorts; empty: it does not."""


@dataclass(frozen=True)
class Filter:
    """A choice above the list."""

    name: str
    title: Text
    choices: Callable[[Administrator], Iterable[tuple[str, Text]]]
    narrow: Callable[[str], Q]


@dataclass(frozen=True)
class Bulk:
    """What may be done to the selected rows: `name` is what the form sends."""

    name: str
    label: Text
    tone: str = "outline-secondary"


@dataclass(frozen=True, kw_only=True)
class Table:
    """A list as a page declares it."""

    columns: tuple[Column, ...]
    order: tuple[str, ...]
    """The order without a wish; it must be total, so that no row is on two pages."""
    search: tuple[str, ...] = ()
    """Lookups that the search box asks; empty: there is none."""
    filters: tuple[Filter, ...] = ()


class Head(NamedTuple):
    """A column's head with the address that sorts by it."""

    title: Text
    address: str
    direction: str
    """`ascending`, `descending`, or empty."""


class Choice(NamedTuple):
    """A filter as drawn."""

    filter: Filter
    options: SafeString


class Line(NamedTuple):
    """A row as drawn."""

    key: str
    label: str
    cells: SafeString


@dataclass
class Listing:
    """One page of a list, ready to draw."""

    table: Table
    heads: list[Head]
    lines: list[Line]
    choices: list[Choice]
    count: int
    page: int
    pages: int
    query: str
    """What is searched for."""
    address: str
    """The address's query without the page: an act on all that match sends it."""
    sort: str
    bulk: tuple[Bulk, ...] = ()
    bulk_address: str = ""
    older: str = ""
    newer: str = ""
    more: bool = field(default=False)
    """There are more rows than are counted."""


def listing(
    request: HttpRequest, account: Administrator, table: Table, rows: QuerySet[Any], bulk: Sequence[Bulk] = ()
) -> Listing:
    """Return the page of the list that the address asks for."""
    wish = request.GET
    matching = matches(table, rows, wish)
    count = matching.order_by().values("pk")[: COUNTED + 1].count()
    pages = max(1, -(-min(count, COUNTED) // PAGE_ROWS))
    page = min(_number(wish.get("page", "")), pages)
    keys = ordered(table, matching, wish).values("pk")[(page - 1) * PAGE_ROWS : page * PAGE_ROWS]
    return Listing(
        table=table,
        heads=[_head(column, wish) for column in table.columns],
        lines=[_line(table, row) for row in ordered(table, rows.filter(pk__in=keys), wish)],
        choices=[_choice(narrowing, account, wish) for narrowing in table.filters],
        count=min(count, COUNTED),
        more=count > COUNTED,
        page=page,
        pages=pages,
        query=_searched(wish),
        address=_without_page(wish),
        sort=wish.get("sort", ""),
        bulk=tuple(bulk),
        newer=_page_address(wish, page - 1) if page > 1 else "",
        older=_page_address(wish, page + 1) if page < pages else "",
    )


def matches(table: Table, rows: QuerySet[Any], wish: QueryDict) -> QuerySet[Any]:
    """Return the rows that the search and the filters of an address leave."""
    searched = _searched(wish)
    if searched and table.search:
        for word in searched.split():
            rows = rows.filter(_any(table.search, word))
    for narrowing in table.filters:
        value = wish.get(narrowing.name, "")
        if value and "\0" not in value:
            rows = rows.filter(narrowing.narrow(value))
    return rows


def ordered(table: Table, rows: QuerySet[Any], wish: QueryDict) -> QuerySet[Any]:
    """Return the rows in the order that the address wishes."""
    sort = wish.get("sort", "")
    column = next((column for column in table.columns if column.order and column.name == sort.removeprefix("-")), None)
    if column is None:
        return rows.order_by(*table.order)
    fields = [_turned(name) for name in column.order] if sort.startswith("-") else list(column.order)
    return rows.order_by(*fields, *table.order)


def selected(request: HttpRequest, table: Table, rows: QuerySet[Any]) -> QuerySet[Any]:
    """Return the rows that a form has selected: those ticked, or all that match its list's search and filters."""
    if request.POST.get("all"):
        return matches(table, rows, QueryDict(request.POST.get("query", "")[: 4 * QUERY_CHARACTERS]))
    return rows.filter(pk__in=[key for key in request.POST.getlist("row") if "\0" not in key])


def _any(lookups: Iterable[str], word: str) -> Q:
    found = Q()
    for lookup in lookups:
        found |= Q(**{f"{lookup}__icontains": word})
    return found


def _turned(field_name: str) -> str:
    return field_name.removeprefix("-") if field_name.startswith("-") else f"-{field_name}"


def _searched(wish: QueryDict) -> str:
    return wish.get("q", "").replace("\0", "").strip()[:QUERY_CHARACTERS]


def _number(text: str) -> int:
    return max(1, int(text)) if text.isascii() and text.isdigit() and len(text) <= len(str(COUNTED)) else 1


def _line(table: Table, row: Model) -> Line:
    drawn = "".join(cells.draw(column.cell(row)) for column in table.columns)
    return Line(str(row.pk), str(row), SafeString(drawn))


def _head(column: Column, wish: QueryDict) -> Head:
    if not column.order:
        return Head(column.title, "", "")
    sort = wish.get("sort", "")
    direction = {column.name: "ascending", f"-{column.name}": "descending"}.get(sort, "")
    turned = f"-{column.name}" if direction == "ascending" else column.name
    return Head(column.title, _changed(wish, sort=turned), direction)


def _choice(narrowing: Filter, account: Administrator, wish: QueryDict) -> Choice:
    chosen = wish.get(narrowing.name, "")
    return Choice(narrowing, cells.options(narrowing.choices(account), chosen))


def _without_page(wish: QueryDict) -> str:
    kept = wish.copy()
    kept.pop("page", None)
    return kept.urlencode()


def _page_address(wish: QueryDict, page: int) -> str:
    return _changed(wish, page=str(page))


def _changed(wish: QueryDict, **values: str) -> str:
    kept = wish.copy()
    kept.pop("page", None)
    for name, value in values.items():
        kept[name] = value
    return f"?{kept.urlencode()}"
