"""F28, F29: an office PC with another certificate, or with less protection than agreed, gets no password."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import msgspec
import pytest

from hanare_core.problems import Code
from hanare_lab.inside import is_inside
from hanare_lab.wait import until
from tests.stick.conftest import World
from tests.stick.screen import ControlClient

pytestmark = [pytest.mark.lab, pytest.mark.story, pytest.mark.skipif(not is_inside(), reason="runs inside the lab")]

OTHER: Final = "00:" * 31 + "01"
RDP_ONLY: Final = ("security_layer=tls", "security_layer=rdp")


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """Give a stick whose office says what the test wants about the PC."""
    with World(tmp_path) as made:
        made.office.give_pin()
        yield made


def refused(world: World, code: Code) -> None:
    """Sign in; see that the session ends with this code and that no log-on was tried at the PC."""
    client: ControlClient = world.start_agent()
    client.wait(step="ready")
    world.sign_in(client)
    event = client.wait(code=code.value, seconds=30)
    assert "0123-45-6789" in event["ja"]["next"]
    assert event["en"]["title"]
    client.wait(step="ready")
    assert not world.programs("xfreerdp3")
    assert world.office.ended == [code]
    assert "login" not in world.pc.processes[0].log_text().lower()  # the session manager was never asked


def test_another_certificate_is_a_hard_stop(world: World) -> None:
    """A PC whose certificate is not the registered one is left at once; nobody can choose to go on."""
    world.office.pc = msgspec.structs.replace(world.office.pc, fingerprint=OTHER)
    refused(world, Code.DESKTOP_NOT_AUTHENTIC)


def test_a_windows_pc_without_nla_is_refused(world: World) -> None:
    """A PC registered as Windows that offers TLS without NLA gets no password."""
    world.office.pc = msgspec.structs.replace(world.office.pc, kind="windows")
    refused(world, Code.DESKTOP_INSECURE)


def test_a_pc_without_tls_is_refused(world: World) -> None:
    """An xrdp PC that falls back to RDP's own old encryption gets no password."""
    world.pc.stop()
    settings = world.pc.machine.root / "etc/xrdp/xrdp.ini"
    world.pc.machine.write("/etc/xrdp/xrdp.ini", settings.read_text("utf-8").replace(*RDP_ONLY))
    world.pc.start()
    until(world.pc.listening, seconds=10, what="xrdp without TLS")
    refused(world, Code.DESKTOP_INSECURE)
