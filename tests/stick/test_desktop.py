"""What FreeRDP is told and what its exit codes mean."""

import subprocess
from signal import SIGABRT, SIGBUS, SIGILL, SIGSEGV, SIGSYS

import pytest

from hanare_core.messages.api import OfficePc
from hanare_core.problems import Code
from hanare_stick import desktop, desktop_end
from hanare_stick.control_messages import Area, OfficeAccount
from hanare_stick.desktop import Shown

PIN = "ab:" * 31 + "cd"
ACCOUNT = OfficeAccount(user="kikaku01", password="himitsu no kotoba")


def shown(kind: str = "windows", *, microphone: bool = False, area: Area | None = None) -> Shown:
    pc = OfficePc(name="pc1", kind=kind, address="10.20.0.101", port=3389, fingerprint=PIN)
    return Shown(pc, ACCOUNT, area, microphone=microphone)


@pytest.mark.parametrize(("kind", "security"), [("windows", "nla"), ("xrdp", "tls")])
def test_one_security_layer_and_the_pin(kind: str, security: str) -> None:
    """Windows is reached by NLA only, xrdp by TLS only, and only the pinned certificate is taken."""
    lines = desktop.arguments(shown(kind))
    assert [line for line in lines if line.startswith("/sec:")] == [f"/sec:{security}"]
    assert f"/cert:deny,fingerprint:sha256:{PIN}" in lines


def test_nothing_is_redirected_but_sound() -> None:
    """Clipboard and drives are off by name; printer, serial, smart card, USB and camera are never asked for."""
    lines = desktop.arguments(shown())
    assert {"-clipboard", "-drives", "-home-drive"} <= set(lines)
    asked = {line.partition(":")[0] for line in lines if line[0] in "/+"}
    assert asked == {
        *("/v", "/sec", "/cert", "/u", "/p", "/f", "/bpp", "/network", "/auto-reconnect-max-retries", "/log-level"),
        *("+auto-reconnect", "/sound"),
    }


def test_the_microphone_only_by_profile() -> None:
    """The microphone is asked for where the profile permits it, never by itself."""
    assert "/microphone" not in desktop.arguments(shown())
    assert "/microphone" in desktop.arguments(shown(microphone=True))


def test_the_desktop_gets_the_area_beneath_the_bar() -> None:
    """On a kiosk's screen the desktop has exactly the kiosk's area and is no full-screen window."""
    lines = desktop.arguments(shown(area=Area(width=1366, height=728, scale=125)))
    assert "/scale-desktop:125" in lines
    assert "/size:1366x728" in lines
    assert "/multimon" not in lines
    assert "/multimon" in desktop.arguments(shown(area=Area(width=2560, height=680, top=40, monitors=2)))
    assert "/f" not in lines


@pytest.mark.parametrize(
    ("exit_code", "code"),
    [
        (0, Code.DESKTOP_ENDED),
        (11, Code.DESKTOP_ENDED),
        (77, Code.DESKTOP_ENDED),
        (133, Code.DESKTOP_INSECURE),
        (135, Code.DESKTOP_ACCOUNT_LOCKED),
        (143, Code.DESKTOP_NOT_AUTHENTIC),
        (148, Code.DESKTOP_PASSWORD_EXPIRED),
        (149, Code.DESKTOP_PASSWORD_MUST_CHANGE),
        (154, Code.DESKTOP_PASSWORD_WRONG),
        (-9, Code.DESKTOP_CRASHED),
        (137, Code.DESKTOP_CRASHED),
        (desktop_end.BY_SIGNAL, Code.DESKTOP_CRASHED),
        (139, Code.DESKTOP_ENDED),
    ],
)
def test_each_exit_code_has_its_own_sentence(exit_code: int, code: Code) -> None:
    """Expired, locked, must-change and wrong passwords are told apart; unknown codes are an end."""
    assert desktop_end.problem_of(exit_code).code is code


@pytest.mark.parametrize("signal", [SIGABRT, SIGBUS, SIGILL, SIGSEGV, SIGSYS])
def test_a_death_by_signal_is_a_crash(signal: int) -> None:
    """An abort is no wrong password: it is behind the lock and counted, whichever code of FreeRDP it looks like."""
    died = subprocess.run(desktop_end.reporting(["sh", "-c", f"kill -{signal:d} $$"]), check=False)
    assert desktop_end.problem_of(died.returncode).code is Code.DESKTOP_CRASHED


@pytest.mark.parametrize("exit_code", [0, 11, 134, 255])
def test_what_freerdp_says_is_given_on(exit_code: int) -> None:
    """Its own codes pass unchanged, and so does what it is told by standard input."""
    read = ["sh", "-c", f'read line && test "$line" = /p:x && exit {exit_code}']
    assert subprocess.run(desktop_end.reporting(read), input=b"/p:x\n", check=False).returncode == exit_code
