"""Sessions, and what becomes of one that is stopped."""

from ninja import Schema

from hanare_server.api.shapes import MaybeId, Wish


class SessionWish(Wish):
    """Filters of the open sessions."""

    department: MaybeId = None
    stick: MaybeId = None
    user: MaybeId = None


class SessionRow(Schema):
    """An open session."""

    id: str
    stick: str
    user: str
    user_name: str
    department: str
    office_pc: str
    opened_ms: int
    ends_ms: int
    gateways: list[str]


class Receipt(Schema):
    """A gateway's word that a lease has left its kernel."""

    lease: str
    session: str
    gateway: str
    removed_ms: int | None
    last_packet_ms: int | None
    packets: int | None
    clock_error_ms: int | None
    tick_ms: int | None


class Stop(Schema):
    """What a stop did; `stopping` when a receipt has not come within two seconds: the stop holds all the same."""

    state: str
    committed_ms: int
    leases: list[str]
    receipts: list[Receipt]
