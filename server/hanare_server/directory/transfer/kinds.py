"""The kinds of things that come and go by CSV: one line of this table a kind."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from django.db.models import QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from hanare_server.directory.pages.kinds import KINDS, Kind
from hanare_server.directory.transfer import departments, office_pcs, sticks, users
from hanare_server.directory.transfer.plan import Reader


@dataclass(frozen=True)
class Transfer:
    """One kind: how it is listed, how its rows are read, and how they are written."""

    kind: Kind
    reader: type[Reader]
    exported: Callable[[QuerySet[Any]], Iterator[list[str]]]
    heading: Promise


_KINDS: Final = {kind.word: kind for kind in KINDS}

TRANSFERS: Final = (
    Transfer(
        _KINDS["departments"],
        departments.DepartmentReader,
        departments.exported,
        gettext_lazy("CSV import of departments"),
    ),
    Transfer(_KINDS["users"], users.UserReader, users.exported, gettext_lazy("CSV import of users")),
    Transfer(_KINDS["sticks"], sticks.StickReader, sticks.exported, gettext_lazy("CSV import of sticks")),
    Transfer(
        _KINDS["office-pcs"], office_pcs.OfficePCReader, office_pcs.exported, gettext_lazy("CSV import of office PCs")
    ),
)
