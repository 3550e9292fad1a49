"""Makes and uses the sealed code. Both are written into the audit log, and using it is meant to be loud.

100 random bits, shown once in groups. Using it opens an account of its own with the administrator's role for an hour,
so that people can repair theirs; the code is then used up, and earlier sessions of that account are over. The hour is
the account's own end: nothing that it does prolongs it, it gets no factor and no token, and the worker then closes it.
"""

from typing import Final

from django.contrib.auth.hashers import check_password, make_password

from hanare_core.problems import Code, Problem
from hanare_server import identifiers
from hanare_server.access.act import act
from hanare_server.administrators import accounts
from hanare_server.administrators.accounts import SEALED_PREFIX
from hanare_server.audit.log import SYSTEM, Act, Actor, ActorKind, Thing
from hanare_server.clock import now_ms
from hanare_server.console.models import Administrator
from hanare_server.console.roles import Role
from hanare_server.directory.models import Organisation
from hanare_server.emergency.models import SealedCode

SESSION_SECONDS: Final = 3600
"""How long the account of the code may act: to make or mend one account."""


def issue(organisation: str, actor: Actor) -> str:
    """Return a fresh code in groups; the one before is worth nothing from now on."""
    printed = identifiers.printed_secret()
    hashed = make_password(printed.replace("-", ""))
    with act(organisation, actor) as opened:
        values = {"code_hash": hashed, "issued_ms": now_ms(), "used_ms": None}
        SealedCode.objects.update_or_create(organisation=opened.organisation, defaults=values)
        opened.write(Act.SEALED_CODE_ISSUED, Thing("organisation", organisation))
    return printed


def use(organisation: str, typed: str, source: str) -> Administrator:
    """Use the code up and return the account that it opens; raises Problem(CODE_WRONG), which is audited too."""
    compact = "".join(typed.upper().replace("-", " ").split())
    sealed = SealedCode.objects.filter(organisation=organisation).first()
    # The hasher runs for an organisation without a code as well, so that both take as long.
    right = check_password(compact, sealed.code_hash if sealed else make_password(compact[::-1] + "x"))
    if sealed is None:
        raise Problem(Code.CODE_WRONG)
    with act(organisation, Actor(ActorKind.COMMAND, "sealed-code")) as opened:
        sealed = SealedCode.objects.get(organisation=organisation)
        account = None
        if right and sealed.used_ms is None:
            sealed.used_ms = now_ms()
            sealed.save(update_fields=["used_ms"])
            account = _account(organisation)
        what = Act.SEALED_CODE_USED if account else Act.SEALED_CODE_REFUSED
        opened.write(what, Thing("organisation", organisation), {"source": source})
    if account is None:
        raise Problem(Code.CODE_WRONG)
    return account


def round_of(organisation: Organisation) -> int:
    """Close the account of a sealed code whose hour is over; return how many."""
    over = Administrator.objects.filter(organisation=organisation, is_active=True, sealed_until_ms__lte=now_ms())
    if not over.exists():
        return 0
    with act(organisation.pk, SYSTEM) as opened:
        rows = list(over)
        for row in rows:
            accounts.close(opened, row.pk)
    return len(rows)


def _account(organisation: str) -> Administrator:
    """Return the code's own account, with every earlier session of it ended."""
    account = Administrator.objects.filter(organisation=organisation, sealed_until_ms__isnull=False).first()
    if account is None:
        name = f"{SEALED_PREFIX}{organisation}"
        account = Administrator(id=identifiers.new("adm"), organisation_id=organisation, name=name)
    account.role, account.is_active = Role.ADMINISTRATOR, True
    account.sealed_until_ms = now_ms() + SESSION_SECONDS * 1000
    accounts.lock_out(account)
    return account
