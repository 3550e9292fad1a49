"""Writes a crowd of open sessions into the server's database as its own acts would; run as the server's user.

Standard input: {"organisation", "gateway", "members": [Member as JSON, …]}. One transaction, one revision. Each user
has an office PC, at the same address for all: without one the worker ends the session in its next round.
"""

import json
import sys
from typing import Any

import django

django.setup()

from django.db import connection  # noqa: E402

from hanare_server.access.act import OpenAct, act  # noqa: E402 - Django's models need its set-up
from hanare_server.access.models import Lease, Session  # noqa: E402
from hanare_server.audit.log import COMMAND  # noqa: E402
from hanare_server.clock import now_ms  # noqa: E402
from hanare_server.directory.models import Department, Gateway, OfficePC, Stick, User  # noqa: E402

LIFE_MS = 3_600_000
TTL_MS = 120_000
BATCH = 1_000


def main() -> None:
    """Read, write, and say how many."""
    asked = json.load(sys.stdin)
    with act(asked["organisation"], COMMAND) as opened:
        _write(opened, Gateway.objects.get(pk=asked["gateway"]), asked["members"])
        opened.touch_organisation()
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:  # as autovacuum does within its minute: until then tables count as empty
            cursor.execute("ANALYZE")
    print(len(asked["members"]))


def _write(opened: OpenAct, gateway: Gateway, members: list[dict[str, Any]]) -> None:
    here, real, now = opened.organisation, OfficePC.objects.all()[0], now_ms()
    targets = json.dumps([{"address": real.address, "port": real.port}])
    parts = {name: Department(id=name, organisation=here, name=name) for name in {m["department"] for m in members}}
    for department in parts.values():
        department.save()
    users = [
        User(id=m["user"], organisation=here, department=parts[m["department"]], name=m["user"], name_key=m["user"])
        for m in members
    ]
    office_pcs = [
        OfficePC(
            id=f"pc-{m['user']}",
            organisation=here,
            user=user,
            name=m["user"],
            kind=real.kind,
            address=real.address,
            port=real.port,
            fingerprint=real.fingerprint,
        )
        for m, user in zip(members, users, strict=True)
    ]
    sticks = [
        Stick(
            id=m["stick"],
            organisation=here,
            department=user.department,
            label=m["stick"],
            identity_key=m["identity_key"],
            door_key=m["door_key"],
            certificate=m["certificate"],
            revision=opened.revision,
        )
        for m, user in zip(members, users, strict=True)
    ]
    sessions = [
        Session(
            id=m["session"],
            organisation=here,
            stick=stick,
            user=user,
            department=user.department,
            office_pc=office_pc,
            nonce=m["session"],
            ticket=m["ticket"],
            factors=["pin"],
            opened_ms=now,
            ends_ms=now + LIFE_MS,
        )
        for m, user, stick, office_pc in zip(members, users, sticks, office_pcs, strict=True)
    ]
    leases = [
        Lease(
            id=m["lease"],
            organisation=here,
            session=session,
            gateway=gateway,
            position=0,
            address=m["address"],
            targets=targets,
            ttl_ms=TTL_MS,
            grace_ms=0,
            ends_ms=session.ends_ms,
            revision=opened.revision,
        )
        for m, session in zip(members, sessions, strict=True)
    ]
    for rows in (users, office_pcs, sticks, sessions, leases):
        type(rows[0])._default_manager.bulk_create(rows, batch_size=BATCH)  # noqa: SLF001 - Django's public name for it


main()
