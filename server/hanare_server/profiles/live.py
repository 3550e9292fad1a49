"""Has open sessions take changed settings over: their leases get a new revision, and the hub tells the sticks at once.

What is told is the stick's own part, and the lease's time and grace; the names of web applications are
`hanare_server.access.web`'s to tell.
"""

from hanare_core import stick_settings
from hanare_server.access.act import OpenAct
from hanare_server.access.models import Lease
from hanare_server.profiles.resolve import settings_of


def take_over(opened: OpenAct) -> int:
    """Touch the leases of open sessions whose settings are others now; return how many."""
    related = ("session__user__department__profile", "session__user__profile")
    present = Lease.objects.filter(organisation=opened.organisation, state=Lease.State.PRESENT)
    changed = 0
    for lease in present.select_related(*related):
        settings = settings_of(opened.organisation, lease.session.user)
        now = (stick_settings.text(settings), settings.lease_ttl_ms, settings.grace_ms)
        if now != (lease.settings, lease.ttl_ms, lease.grace_ms):
            lease.settings, lease.ttl_ms, lease.grace_ms = now
            opened.touch(lease)
            changed += 1
    return changed
