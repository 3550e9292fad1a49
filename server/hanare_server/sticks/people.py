"""Who is meant by a name that a worker typed, known or not: both look the same from outside."""

from typing import Final, NamedTuple

from hanare_core import envelope
from hanare_core.ticket import Factor
from hanare_server import keys
from hanare_server.access import facts
from hanare_server.directory import names
from hanare_server.directory.models import Stick, User
from hanare_server.profiles.resolve import settings_of

_SECRET_BYTES: Final = 32


class Person(NamedTuple):
    """What keyd and the stick are told of a name."""

    id: str
    envelope: str
    factors: tuple[Factor, ...]


def find(stick: Stick, name: str) -> Person:
    """Return the user of that name in the stick's organisation, or a stable stand-in; raises Problem(MALFORMED)."""
    name_key = names.normalise(name)
    organisation = stick.organisation
    found = User.objects.select_related("department__profile", "profile").filter(
        organisation=organisation, name_key=name_key
    )
    user = found.exclude(state=User.State.GONE).first()
    stand_in = keys.stand_in(organisation.id, name_key)
    # Made for everybody, so that a known name takes as long as an unknown one.
    fake = envelope.stand_in(stand_in, keys.derived("envelope", size=_SECRET_BYTES))
    factors = facts.factors_wanted(settings_of(organisation, user, stick.department))
    if user is None:
        return Person(stand_in, fake, factors)
    return Person(user.id, user.envelope or fake, factors)
