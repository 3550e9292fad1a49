"""The FIDO2 security key in the same PC: found over USB HID and asked to sign (CTAP 2.1, by python-fido2).

A touch is presence, not verification: the PIN is ours and keyd's. Waits until a key is plugged in and touched, within
the life of the nonce; the screen is told meanwhile. Blocks, so it runs in a thread.
"""

import hashlib
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from fido2.ctap import CtapError
from fido2.ctap2.base import Ctap2
from fido2.hid import CtapHidDevice

from hanare_core import security_key, wire
from hanare_core.effects import Touch
from hanare_core.problems import Code, Problem
from hanare_core.security_key import Assertion, Ceremony, Registration

WAIT_S: Final = 60.0
"""To find the key in a drawer, plug it in and touch it."""

POLL_S: Final = 0.5

_ES256: Final = -7
_EDDSA: Final = -8
_PARAMETERS: Final[list[Mapping[str, Any]]] = [
    {"type": "public-key", "alg": algorithm} for algorithm in (_ES256, _EDDSA)
]


def plugged_in() -> Iterator[Ctap2]:
    """Yield the keys that are plugged in now and speak CTAP 2."""
    for device in CtapHidDevice.list_devices():
        try:
            yield Ctap2(device)
        except (CtapError, OSError, ValueError):  # an old U2F key, or one that was pulled out just now
            continue


def touch(wanted: Touch, keys: Callable[[], Iterator[Ctap2]] = plugged_in) -> Registration | Assertion:
    """Return what the key made. Raises Problem(FACTOR_WANTED) when no right key was touched in time."""
    deadline = time.monotonic() + WAIT_S
    while time.monotonic() < deadline:
        for key in keys():
            try:
                return _created(key, wanted) if wanted.ceremony is Ceremony.CREATE else _asserted(key, wanted)
            except (CtapError, OSError):
                continue  # not enrolled here, not touched, or pulled out: another one may be right
        time.sleep(POLL_S)
    raise Problem(Code.FACTOR_WANTED, detail={"reason": "no-security-key"})


def _created(key: Ctap2, wanted: Touch) -> Registration:
    data = security_key.client_data(Ceremony.CREATE, wanted.nonce)
    user: dict[str, Any] = {"id": wanted.user.encode(), "name": wanted.user, "displayName": wanted.user}
    relying = {"id": security_key.RP_ID, "name": "Hanare"}
    made = key.make_credential(hashlib.sha256(data).digest(), relying, user, _PARAMETERS)
    return Registration(wire.key_text(data), wire.key_text(bytes(made.auth_data)))


def _asserted(key: Ctap2, wanted: Touch) -> Assertion:
    data = security_key.client_data(Ceremony.GET, wanted.nonce)
    allowed: list[Mapping[str, Any]] = [{"type": "public-key", "id": wire.key_bytes(one)} for one in wanted.credentials]
    proof = key.get_assertion(security_key.RP_ID, hashlib.sha256(data).digest(), allowed)
    answered: Any = proof.credential or allowed[0]
    return Assertion(
        credential=wire.key_text(answered["id"]),
        client_data=wire.key_text(data),
        authenticator_data=wire.key_text(bytes(proof.auth_data)),
        signature=wire.key_text(proof.signature),
    )
