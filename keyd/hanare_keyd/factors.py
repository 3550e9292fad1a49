"""The second factor of one attempt: the digits or the security key, whichever was given and is taken.

Looked at only after the PIN was right. Each TOTP step and each key counter is good once.
"""

from dataclasses import dataclass

from hanare_core.problems import Code, Problem
from hanare_core.security_key import Assertion
from hanare_core.ticket import Factor
from hanare_keyd import people, security_key
from hanare_keyd.keys import Keys
from hanare_keyd.people import Person
from hanare_keyd.security_key import Credential
from hanare_keyd.store import Moment


@dataclass(frozen=True)
class Given:
    """What came with the proof of the PIN."""

    nonce: str
    totp: str
    security_key: Assertion | None


def second(factors: tuple[Factor, ...]) -> frozenset[Factor]:
    """Return the second factors among those that a profile takes."""
    return frozenset(factors) - {Factor.PIN}


def use(moment: Moment, keys: Keys, person: Person, wanted: frozenset[Factor], given: Given) -> tuple[Factor, ...]:
    """Use up what was given; return the factors that were proven. Raises Problem(FACTOR_WANTED)."""
    if not wanted:
        return (Factor.PIN,)
    if Factor.FIDO2 in wanted and given.security_key is not None:
        _use_key(moment, person, given.security_key, given.nonce)
        return (Factor.PIN, Factor.FIDO2)
    if Factor.TOTP in wanted and people.use_totp(moment, keys, person, given.totp):
        return (Factor.PIN, Factor.TOTP)
    raise Problem(Code.FACTOR_WANTED)


def credentials(keys: Keys, person: Person, wanted: frozenset[Factor]) -> tuple[str, ...]:
    """Return the ids of the keys that may answer; for a user without one, an id that nobody has."""
    if Factor.FIDO2 not in wanted:
        return ()
    if person.security_key is not None:
        return (Credential(person.security_key, 0).id,)
    return (keys.stand_in_credential(person.organisation, person.user),)


def _use_key(moment: Moment, person: Person, assertion: Assertion, nonce: str) -> None:
    if person.security_key is None:
        raise Problem(Code.FACTOR_WANTED)
    held = Credential(person.security_key, person.key_counter or 0)
    people.note_counter(moment, person, security_key.touched(held, assertion, nonce).counter)
