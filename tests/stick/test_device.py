"""What stands on the identity partition is used, or the screen says that the stick is damaged: nothing in between."""

import asyncio
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from nacl.signing import SigningKey

from hanare_core import keyring, signed, wire
from hanare_core import site as names
from hanare_core.problems import Code, Problem
from hanare_core.site import Endpoint, GatewaySite, Site
from hanare_image.device import write_partition
from hanare_lab.installation import certificate
from hanare_stick import __main__ as program
from hanare_stick import control_messages as control
from hanare_stick.control import SOCKET
from hanare_stick.device import Device
from hanare_stick.settings import Display, Kiosk, Settings

WAIT_S: Final = 60.0
CA: Final = SigningKey.generate()
PLACE: Final = Endpoint(address="203.0.113.2", port=51820)
SITE: Final = Site(
    organisation="city",
    organisation_name="離れ市",
    help_desk="0123-45-6789",
    server_key=wire.key_text(bytes(32)),
    server_certificate=certificate.make("hanare-server")[0].decode(),
    api=PLACE,
    hub=PLACE,
    gateways=(GatewaySite(id="gateway-1", wireguard_key=wire.key_text(bytes(32)), endpoints=(PLACE,)),),
)
HEAD: Final = "-----BEGIN CERTIFICATE-----\n"
CERTIFICATES: Final = ("", "x", "é", "\x00", "-----END CERTIFICATE-----\n", "AAAA\n-----END CERTIFICATE-----\n")


@pytest.fixture
def partition(tmp_path: Path) -> Path:
    """Give the folder of a stick as the kitting station writes it."""
    folder = tmp_path / "device"
    folder.mkdir()
    write_partition(folder, SITE, CA, now_ms=time.time_ns() // 1_000_000)
    return folder


def wrong_certificate(folder: Path) -> None:
    """Put a server's certificate there that begins like one."""
    broken = msgspec.structs.replace(SITE, server_certificate=f"{HEAD}{CERTIFICATES[-1]}")
    (folder / names.SITE_FILE).write_bytes(wire.encode(broken))


def wrong_list(folder: Path) -> None:
    """Put a list of gateways there that another CA has signed."""
    keys = folder / names.KEYS_FILE
    area = keys.read_bytes()
    ring = keyring.read(area)
    other = keyring.GatewayList(organisation="city", number=1, gateways=SITE.gateways)
    text = signed.sign(signed.Kind.GATEWAY_LIST, other, SigningKey.generate())
    keys.write_bytes(keyring.new_area(ring.with_list(text)))


def test_a_whole_stick_is_used(partition: Path) -> None:
    """Site and keys are as written."""
    assert Device(partition).site == SITE


@pytest.mark.parametrize("spoil", [wrong_certificate, wrong_list])
def test_a_stick_that_cannot_be_used_says_so(
    spoil: Callable[[Path], None], partition: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its files are whole and what is in them is not: every screen hears it, with the help desk's number."""
    spoil(partition)
    monkeypatch.setattr(program, "Agent", None)
    run, kiosk = tmp_path / "run", Kiosk(uid=os.getuid(), gid=os.getgid())

    async def story() -> list[control.AnyEvent]:
        told = Settings(device=str(partition), run=str(run), display=Display(uid=1, gid=1, name=":1"), kiosk=kiosk)
        serving = asyncio.create_task(program._serve(told))
        async with asyncio.timeout(WAIT_S):
            while not (run / SOCKET).exists():  # noqa: ASYNC110 - a file tells nobody
                await asyncio.sleep(0)
            reader, writer = await asyncio.open_unix_connection(run / SOCKET)
            heard = [wire.decode(await reader.readline(), control.AnyEvent) for _ in range(2)]
        writer.close()
        serving.cancel()
        await asyncio.wait([serving])
        return heard

    office, refused = asyncio.run(story())
    assert isinstance(office, control.Office)
    assert office.help_desk == SITE.help_desk
    assert isinstance(refused, control.Refused)
    assert refused.code is Code.STICK_DAMAGED


@pytest.mark.parametrize("rest", CERTIFICATES)
def test_what_is_no_certificate_is_refused(rest: str, partition: Path) -> None:
    """Whatever follows the first line."""
    broken = msgspec.structs.replace(SITE, server_certificate=HEAD + rest)
    (partition / names.SITE_FILE).write_bytes(wire.encode(broken))
    with pytest.raises((OSError, Problem)):
        Device(partition)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from([names.SITE_FILE, names.KEYS_FILE, names.STATE_FILE]), st.data())
def test_any_bytes_are_used_or_refused(partition: Path, name: str, data: st.DataObject) -> None:
    """One run of bytes differs, anywhere in a file: the device is read, or it is an OSError or a Problem."""
    file = partition / name
    whole = file.read_bytes()
    at = data.draw(st.integers(0, len(whole) - 1))
    file.write_bytes(whole[:at] + data.draw(st.binary(min_size=1, max_size=64)) + whole[at + 1 :])
    try:
        Device(partition)
    except (OSError, Problem):
        pass
    finally:
        file.write_bytes(whole)
