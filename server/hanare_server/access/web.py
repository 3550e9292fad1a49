"""What sessions may open on the web, told to their gateways when a profile changes. Always inside an act.

A session whose profile permitted web applications when it was opened has the gateway's proxy among its targets; which
names it opens there may change while it lasts. One that had none gets them with the next sign-in, because the addresses
that a lease reaches never change.
"""

import msgspec

from hanare_core import web_proxy
from hanare_core.messages.gateway import Target
from hanare_core.profile import Settings
from hanare_server.access.act import OpenAct
from hanare_server.access.models import Lease
from hanare_server.directory.models import OfficePC
from hanare_server.profiles.resolve import settings_of


def targets(office_pc: OfficePC, settings: Settings) -> str:
    """Return what a session may reach, as JSON: its office PC, and the proxy with the permitted names."""
    found = [Target(address=office_pc.address, port=office_pc.port)]
    proxy = web_proxy.target_of(settings.web_applications)
    return msgspec.json.encode([*found, proxy] if proxy else found).decode()


def leads_to(targets: str, address: str, port: int) -> bool:
    """Return whether a lease's targets lead to no other office PC than the one at this address and port."""
    office_pc = msgspec.json.decode(targets, type=tuple[Target, ...])[:1]
    return all((target.address, target.port) == (address, port) for target in office_pc)


def tell_sessions(opened: OpenAct) -> None:
    """Tell the gateways of open sessions which names their profiles permit now, where that has changed."""
    opened.organisation.refresh_from_db(fields=["profile"])  # one that was read earlier in the act may be an older one
    present = Lease.objects.filter(organisation=opened.organisation, state=Lease.State.PRESENT)
    people = ("session__office_pc", "session__user__profile", "session__user__department__profile")
    for lease in present.select_related(*people):
        told = _told(opened, lease)
        if told != lease.targets:
            lease.targets = told
            opened.touch(lease)


def _told(opened: OpenAct, lease: Lease) -> str:
    """Return the lease's targets with the names that hold now; its addresses and ports stay."""
    held = msgspec.json.decode(lease.targets, type=tuple[Target, ...])
    proxy = web_proxy.target_of(settings_of(opened.organisation, lease.session.user).web_applications)
    hosts = proxy.hosts if proxy is not None else ()
    changed = [
        msgspec.structs.replace(target, hosts=hosts) if target.address == web_proxy.ADDRESS else target
        for target in held
    ]
    return msgspec.json.encode(changed).decode()
