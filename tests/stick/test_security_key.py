"""A security key is a device of a stranger: broken, silent and hostile ones end nothing but their own turn."""

import os
import pty
import tty
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, cast

import pytest
from fido2.ctap import CtapDevice
from fido2.ctap2.base import Ctap2
from fido2.hid import CAPABILITY
from fido2.hid.base import HidDescriptor
from hypothesis import given
from hypothesis import strategies as st

from hanare_core import wire
from hanare_core.effects import Touch
from hanare_core.problems import Code, Problem
from hanare_core.security_key import Assertion, Ceremony, Registration
from hanare_stick import security_key
from tests.authenticator import SoftwareKey

NONCE: Final = "A" * 43
CREATE: Final = Touch(Ceremony.CREATE, NONCE, (), "usr-1")
WRONG: Final = (KeyError, IndexError, TypeError, ValueError, RecursionError, AttributeError, OverflowError, EOFError)


class Answers(CtapDevice):
    """A key that gives these bytes for its information, and the others for whatever else it is asked."""

    def __init__(self, information: bytes, other: bytes) -> None:
        self._answers = [information]
        self._other = other

    @property
    def capabilities(self) -> int:
        return CAPABILITY.CBOR

    def call(self, *_args: object, **_kwargs: object) -> bytes:
        return self._answers.pop() if self._answers else self._other

    @classmethod
    def list_devices(cls) -> Iterator["Answers"]:
        return iter(())


class Raises:
    """A key whose answer makes the library stumble."""

    def __init__(self, error: type[Exception]) -> None:
        self._error = error

    def make_credential(self, *_args: object) -> Any:
        raise self._error

    get_assertion = make_credential


def open_files() -> int:
    """Return how many files this process holds open."""
    return len(list(Path("/proc/self/fd").iterdir()))


@pytest.fixture(autouse=True)
def _short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(security_key, "WAIT_S", 1.0)
    monkeypatch.setattr(security_key, "POLL_S", 0.01)
    monkeypatch.setattr(security_key, "SILENT_S", 0.05)


@pytest.mark.parametrize("error", WRONG)
@pytest.mark.parametrize("ceremony", Ceremony)
def test_the_key_beside_a_broken_one_is_asked(error: type[Exception], ceremony: Ceremony) -> None:
    """Whatever the first key makes the library raise, the second one signs."""
    own = SoftwareKey()
    made = security_key.touch(CREATE, lambda: iter([own.ctap2()]))
    assert isinstance(made, Registration)
    keys = [cast("Ctap2", Raises(error)), own.ctap2()]
    credentials = tuple(map(wire.key_text, own._keys))
    signed = security_key.touch(Touch(ceremony, NONCE, credentials, "usr-1"), lambda: iter(keys))
    assert isinstance(signed, Assertion if ceremony is Ceremony.GET else Registration)


@given(st.binary(max_size=80))
def test_no_answer_of_a_key_raises_anything_but_a_problem(said: bytes) -> None:
    """Bytes that are no credential are refused as a key that was not touched."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(security_key, "WAIT_S", 0.001)
        information = b"\x00\xa3\x01\x81\x68FIDO_2_0\x03\x50" + bytes(16) + b"\x05\x19\x04\xb0"
        with pytest.raises(Problem) as refused:
            security_key.touch(CREATE, lambda: iter([Ctap2(Answers(information, said))]))
    assert refused.value.code is Code.FACTOR_WANTED


def test_a_silent_key_and_one_that_gives_our_own_words_back_are_passed_over(tmp_path: Path) -> None:
    """Both end in time, their files are closed, and so does a device whose packets hold nothing."""
    echo = tmp_path / "hidraw0"
    os.mkfifo(echo)
    ours, silent = pty.openpty()
    tty.setraw(silent)
    places = [(str(echo), 64), (os.ttyname(silent), 64), (str(echo), 0), (str(tmp_path / "gone"), 64)]
    devices = [HidDescriptor(path, 1, 1, size, size, None, None) for path, size in places]
    before = open_files()
    assert list(security_key.plugged_in(lambda: devices)) == []
    assert open_files() == before
    os.close(ours)
    os.close(silent)
