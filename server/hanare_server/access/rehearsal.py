"""Stops a stick of an invented organisation and takes all of it back, before the first real stop comes.

What a new database connection and a new process do for the first time (PostgreSQL reads its catalogue and compiles its
triggers, Django its statements) takes as long as the stop itself, and packets would pass meanwhile. It is one
transaction that ends as if it had never been: no row stays, no bell rings, and no real row is touched or locked.
"""

import logging
from typing import Final

from django.contrib import auth
from django.contrib.sessions.backends.db import SessionStore
from django.db import DatabaseError, transaction

from hanare_core import log_lines
from hanare_server import identifiers
from hanare_server.access.act import OpenAct
from hanare_server.access.models import Lease, Session
from hanare_server.access.standing import Kind
from hanare_server.access.suspend import stop_in
from hanare_server.audit.log import SYSTEM
from hanare_server.directory.models import Department, Gateway, OfficePC, Organisation, Stick, User

_log: Final = logging.getLogger(__name__)

_NOBODY: Final = "rehearsal"
"""Neither a session's key nor an account's id: those carry many random bits."""

_NOWHERE: Final = "192.0.2.1"
"""An address for documents (RFC 5737)."""


def rehearse() -> bool:
    """Ask who asks, stop the stick and undo it; return whether that went as it should. Raises nothing."""
    try:
        _ask_who_it_is()
        with transaction.atomic(durable=True):
            opened = OpenAct(Organisation.objects.create(id=identifiers.new("org")), SYSTEM)
            leases = stop_in(opened, Kind.STICK, [_stick_in_use(opened.organisation)])
            opened.finish()
            transaction.set_rollback(True)
    except DatabaseError as error:  # it is away, or was not migrated: the real stop will say so to somebody
        log_lines.failure(_log, "a stop was not rehearsed", error)
        return False
    return len(leases) == 1


def _ask_who_it_is() -> None:
    """Look for a session and an account that are not there, as each page looks for its own."""
    SessionStore(_NOBODY).load()
    auth.get_backends()[0].get_user(_NOBODY)


def _stick_in_use(here: Organisation) -> str:
    """Write a stick with a session and its lease; return its id."""
    name = here.id
    department = Department.objects.create(id=name, organisation=here, name=name)
    user = User.objects.create(id=name, organisation=here, department=department, name=name, name_key=name)
    stick = Stick.objects.create(id=name, organisation=here, department=department, identity_key=name, revision=0)
    session = Session.objects.create(
        id=name,
        organisation=here,
        stick=stick,
        user=user,
        department=department,
        office_pc=OfficePC.objects.create(id=name, organisation=here, user=user, name=name, address=_NOWHERE, port=1),
        nonce=name,
        factors=[],
        opened_ms=0,
        ends_ms=0,
    )
    gateway = Gateway.objects.create(id=name, organisation=here, name=name, identity_key=name)
    Lease.objects.create(
        id=name,
        organisation=here,
        session=session,
        gateway=gateway,
        position=0,
        address=_NOWHERE,
        targets="[]",
        ttl_ms=0,
        grace_ms=0,
        ends_ms=0,
        revision=0,
    )
    return stick.id
