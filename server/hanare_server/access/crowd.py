"""Every open session of an organisation with what the decision asks of it, by seven statements however many there are.

Rows are read as plain values: as Django's objects, with their sticks, users, departments and profiles, ten thousand
sessions take a processor for more than a second in each of the worker's rounds, beside which stops have to wait.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator
from typing import Final, NamedTuple

from hanare_core.profile import Settings
from hanare_core.ticket import Factor
from hanare_server.access import web
from hanare_server.access.decision import Question
from hanare_server.access.facts import Beside, Pair, forbidden_addresses, question, zone_of
from hanare_server.access.models import Lease, Session
from hanare_server.directory.models import Loan, OfficePC, Organisation, Profile
from hanare_server.profiles import resolve

_FIELDS: Final = (
    "pk",
    "opened_ms",
    "ends_ms",
    "factors",
    "department_id",
    "user__department__profile_id",
    "user__profile_id",
    "stick_id",
    "stick__state",
    "stick__department_id",
    "stick__image",
    "stick__virtual",
    "user_id",
    "user__state",
    "user__department_id",
    "user__department__suspended",
    "user__permitted_until_ms",
)
"""The last ten are a Pair."""
_PAIR: Final = 7


class Open(NamedTuple):
    """One open session."""

    id: str
    opened_ms: int
    ends_ms: int
    question: Question
    """Whether its user may work on its stick now."""
    as_given: bool
    """Whether its lease leads to the office PC, and its department is the one, that the user has now."""


def open_sessions(organisation: str, now_ms: int, users: Collection[str] | None = None) -> Iterator[Open]:
    """Return them as they stand now; users: only theirs."""
    beside = _Beside(organisation, users)
    found = Session.objects.filter(organisation=organisation, state=Session.State.OPEN)
    rows = list((found if users is None else found.filter(user__in=users)).values_list(*_FIELDS))
    pairs = [Pair(*row[_PAIR:]) for row in rows]
    sticks_of: dict[str, set[str]] = defaultdict(set)
    for pair in pairs:
        sticks_of[pair.user].add(pair.stick)
    for row, pair in zip(rows, pairs, strict=True):
        identifier, opened_ms, ends_ms, factors, department, *profiles = row[:_PAIR]
        read = beside.of(pair, (profiles[0], profiles[1]), elsewhere=len(sticks_of[pair.user]) > 1)
        asked = question(beside.organisation, pair, read, factors=map(Factor, factors), now_ms=now_ms)
        as_given = department == pair.user_department and beside.leads_there(identifier, pair.user)
        yield Open(identifier, opened_ms, ends_ms, asked, as_given)


class _Beside:
    """What stands beside the rows of sessions: profiles, loans, office PCs, leases; users: only theirs."""

    def __init__(self, organisation: str, users: Collection[str] | None) -> None:
        self.organisation = Organisation.objects.select_related("profile").get(pk=organisation)
        self._profiles = {one.pk: one for one in Profile.objects.filter(organisation=organisation)}
        forbidden = forbidden_addresses(organisation)
        office_pcs = OfficePC.objects.filter(user__organisation=organisation).order_by("-pk")
        loans = Loan.objects.filter(stick__organisation=organisation, returned_ms=None).order_by("-pk")
        leases = Lease.objects.filter(organisation=organisation, state=Lease.State.PRESENT)
        if users is not None:
            office_pcs = office_pcs.filter(user__in=users)
            loans = loans.filter(stick__session__in=Session.objects.filter(user__in=users, state=Session.State.OPEN))
            leases = leases.filter(session__user__in=users)
        found = list(office_pcs.values_list("user_id", "zone", "address", "port"))
        self._zones = {user: zone_of(zone, address, forbidden) for user, zone, address, _ in found}
        self._places = {user: (address, port) for user, _, address, port in found}
        self._targets = dict(leases.values_list("session_id", "targets"))
        self._holders = dict(loans.values_list("stick_id", "user_id"))
        self._resolved: dict[tuple[str | None, str | None], Settings] = {}

    def of(self, pair: Pair, profiles: tuple[str | None, str | None], *, elsewhere: bool) -> Beside:
        return Beside(
            settings=self._settings(profiles),
            office_pc_zone=self._zones.get(pair.user),
            holder=self._holders.get(pair.stick),
            session_elsewhere=elsewhere,
        )

    def leads_there(self, session: str, user: str) -> bool:
        targets, place = self._targets.get(session), self._places.get(user)
        return targets is None or (place is not None and web.leads_to(targets, *place))

    def _settings(self, profiles: tuple[str | None, str | None]) -> Settings:
        if profiles not in self._resolved:
            department, own = (self._profiles[one] if one is not None else None for one in profiles)
            layers = resolve.layers(self.organisation.profile, department, own)
            self._resolved[profiles] = resolve.resolve(layers).settings
        return self._resolved[profiles]
