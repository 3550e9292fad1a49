"""The FIDO2 security key in the same PC: found over USB HID and asked to sign (CTAP 2.1, by python-fido2).

A touch is presence, not verification: the PIN is ours and keyd's. Waits until a key is plugged in and touched, within
the life of the nonce; the screen is told meanwhile. Blocks, so it runs in a thread.
A key is a stranger's device: whatever the library makes of what it says, the next one is asked, and each has its time.
"""

import contextlib
import hashlib
import logging
import select
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final

from fido2.ctap2.base import Ctap2
from fido2.hid import CtapHidDevice, list_descriptors
from fido2.hid.base import HidDescriptor
from fido2.hid.linux import LinuxCtapHidConnection

from hanare_core import log_lines, security_key, wire
from hanare_core.effects import Touch
from hanare_core.problems import Code, Problem
from hanare_core.security_key import Assertion, Ceremony, Registration

WAIT_S: Final = 60.0
"""To find the key in a drawer, plug it in and touch it."""

POLL_S: Final = 0.5

SILENT_S: Final = 3.0
"""A key that waits for a touch says so ten times a second (CTAP 2.1, CTAPHID_KEEPALIVE)."""

PACKET_BYTES: Final = range(8, 1025)
"""A report on USB of low speed, and of high speed; no message fits into less."""

_ES256: Final = -7
_EDDSA: Final = -8
_PARAMETERS: Final[list[Mapping[str, Any]]] = [
    {"type": "public-key", "alg": algorithm} for algorithm in (_ES256, _EDDSA)
]


_log = logging.getLogger(__name__)


class _Line(LinuxCtapHidConnection):
    """The bytes to and from one key, which may be silent for SILENT_S and speak for WAIT_S."""

    def __init__(self, descriptor: HidDescriptor) -> None:
        super().__init__(descriptor)  # type: ignore[no-untyped-call]
        self._until = time.monotonic() + WAIT_S

    def read_packet(self) -> bytes:
        readable, _, _ = select.select([self.handle], [], [], SILENT_S)
        if not readable or time.monotonic() > self._until:
            raise TimeoutError
        return bytes(super().read_packet())  # type: ignore[no-untyped-call]


def plugged_in(devices: Callable[[], Iterable[HidDescriptor]] = list_descriptors) -> Iterator[Ctap2]:
    """Yield the keys that are plugged in now and speak CTAP 2; each is let go when the next one is asked for."""
    for device in devices():
        if device.report_size_in not in PACKET_BYTES or device.report_size_out not in PACKET_BYTES:
            continue
        with contextlib.ExitStack() as held:
            try:
                line = held.enter_context(contextlib.closing(_Line(device)))
                key = Ctap2(CtapHidDevice(device, line))
            except Exception as error:  # noqa: BLE001 - an old U2F key, one pulled out just now, or a hostile one
                _passed_over(error)
                continue
            yield key


def touch(wanted: Touch, keys: Callable[[], Iterator[Ctap2]] = plugged_in) -> Registration | Assertion:
    """Return what the key made. Raises Problem(FACTOR_WANTED) when no right key was touched in time."""
    deadline = time.monotonic() + WAIT_S
    while time.monotonic() < deadline:
        for key in keys():
            try:
                return _created(key, wanted) if wanted.ceremony is Ceremony.CREATE else _asserted(key, wanted)
            except Exception as error:  # noqa: BLE001 - not enrolled here, not touched, pulled out, or hostile
                _passed_over(error)  # another one may be right
        time.sleep(POLL_S)
    raise Problem(Code.FACTOR_WANTED, detail={"reason": "no-security-key"})


def _passed_over(error: Exception) -> None:
    log_lines.event(_log, logging.INFO, "security key passed over", error=type(error).__name__)


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
