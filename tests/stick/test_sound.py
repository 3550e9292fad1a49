"""Sound by profile: what the desktop's cage may play and record, on the real programs with the image's settings."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from hanare_lab.city import City
from hanare_lab.installation.accounts import DESKTOP
from hanare_lab.machine import Machine
from hanare_lab.sound import PULSE, RUN, Sound
from hanare_lab.wait import until
from hanare_stick.control_messages import Adjust, LevelKind, Levels
from hanare_stick.levels import DARKEST, STEP, Dials
from tests.stick.conftest import PYTHONPATH, World
from tests.stick.office import PIN
from tests.stick.screen import ControlClient

HEARD_S: Final = 60.0
FULL: Final = 100
"""PipeWire's null speaker begins there."""

CAGED: Final = """
import json, os, subprocess, sys
from hanare_core.messages.api import OfficePc
from hanare_stick import desktop, sandbox, settings
from hanare_stick.control_messages import OfficeAccount
sound, microphone, program = json.loads(sys.argv[1])
place = settings.Sound(uid=64115, gid=64115, play="{pulse}/play", talk="{pulse}/talk", run="{run}")
display = settings.Display(uid=64106, gid=64106, name=":7", authority="/run/xauthority", sound=place)
pc = OfficePc(name="pc", kind="xrdp", address="10.0.0.1", port=3389, fingerprint="ab" * 32)
shown = desktop.Shown(pc, OfficeAccount(user="u", password="p"), sound=sound, microphone=microphone)
rules = sandbox.filter_file()
command = desktop.cage(shown, display).command(program, filter_descriptor=rules)
done = subprocess.run(command, pass_fds=[rules], input=bytes(96000), capture_output=True, timeout=120)
print(json.dumps([done.returncode, len(done.stdout), done.stderr.decode()]))
"""
"""Runs a program in the very cage that FreeRDP gets."""

RECORD: Final = ("sh", "-c", "timeout 100 pacat --record --raw --device=microphone | head -c 4096")
"""Ends at once where it is refused, else with the first sounds."""
PLAY: Final = ("pacat", "--playback", "--raw", "--device=speaker")


class Caged:
    """A home PC with sound, and the desktop's cage on it."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine
        self.sound = Sound(machine)
        machine.run(["ip", "netns", "add", "hanare-session"])
        machine.write("/run/xauthority", b"", mode=0o644)
        machine.write("/tmp/.X11-unix/X7", b"")  # noqa: S108 - the machine's own

    def run(self, *program: str, sound: bool = True, microphone: bool = False) -> tuple[int, int]:
        """Run a program in the cage of a session with these settings; return its exit code and how much it printed."""
        wanted = json.dumps([sound, microphone, program])
        code = CAGED.replace("{pulse}", PULSE).replace("{run}", RUN)
        said = self._machine.run(["python3", "-c", code, wanted], env={"PYTHONPATH": PYTHONPATH}).stdout
        status, length, _ = json.loads(said)
        return status, length


@pytest.fixture
def caged(tmp_path: Path) -> Iterator[Caged]:
    """Give a home PC with sound."""
    city = City(log_dir=tmp_path)
    try:
        yield Caged(city.homes[0].pc)
    finally:
        city.close()


@pytest.mark.lab
def test_the_cage_plays_and_records_only_where_the_profile_says_so(caged: Caged) -> None:
    """Sound alone: heard, and hears nothing; with the microphone it hears; with neither it has no socket at all."""
    assert caged.run(*PLAY)[0] == 0
    assert caged.run(*RECORD)[1] == 0
    assert caged.run(*PLAY, microphone=True)[0] == 0
    assert caged.run(*RECORD, microphone=True)[1] > 0
    assert caged.run(*RECORD, sound=False, microphone=True)[1] > 0
    assert caged.run(*PLAY, sound=False)[0] != 0


@pytest.mark.lab
def test_the_cage_changes_nothing_of_the_sound(caged: Caged) -> None:
    """No module is loaded, and the microphone's own mute and volume stay as they are, with and without it."""
    before = [caged.sound.level(device) for device in ("SINK", "SOURCE")]
    assert all(level.startswith("Volume:") for level in before)
    for microphone in (False, True):
        assert caged.run("pactl", "load-module", "module-null-sink", microphone=microphone)[0] != 0
        # The server says yes to these and does nothing.
        for device, name in (("sink", "speaker"), ("source", "microphone")):
            caged.run("pactl", f"set-{device}-mute", name, "1", microphone=microphone)
            caged.run("pactl", f"set-{device}-volume", name, "10%", microphone=microphone)
        assert [caged.sound.level(device) for device in ("SINK", "SOURCE")] == before


@pytest.mark.lab
def test_the_keyboard_s_keys_turn_the_volume(kiosk_world: World) -> None:
    """Volume keys reach the kiosk whatever stands on the screen, and every screen hears how loud it is now."""
    world = kiosk_world
    Sound(world.home)
    # PipeWire's null speaker takes no volume while nothing is played.
    played = ["pacat", "--playback", "--raw", "--device=speaker", "/dev/zero"]
    world.home.start("music", played, user=DESKTOP, env={"PULSE_SERVER": f"unix:{PULSE}/play"})
    client = world.start_agent()
    world.kiosk.start()

    client.wait(step="ready")
    client.send(kind="adjust", level="volume", up=False)
    _hear(client, volume=FULL - STEP, muted=False)
    world.kiosk.press("VolumeUp")
    _hear(client, volume=FULL, muted=False)
    world.kiosk.press("Mute")
    _hear(client, volume=FULL, muted=True)
    world.kiosk.press("VolumeDown")
    _hear(client, volume=FULL - STEP, muted=False)


@pytest.mark.lab
def test_the_microphone_is_muted_behind_the_lock(world: World) -> None:
    """Whoever stands before a locked screen is not heard at the office; whoever has proven the PIN is again."""
    sound = Sound(world.home)
    # PipeWire's null microphone takes a mute when something is recorded.
    record = ["pacat", "--record", "--raw", "--device=microphone", "/dev/null"]
    world.home.start("ear", record, user=DESKTOP, env={"PULSE_SERVER": f"unix:{PULSE}/talk"})
    world.office.give_pin()
    client = world.start_agent()
    client.wait(step="ready")
    world.sign_in(client)
    client.wait(step="desktop-started")
    assert "MUTED" not in sound.microphone()
    client.send(kind="lock")
    client.wait(step="locked")
    until(lambda: "MUTED" in sound.microphone(), seconds=HEARD_S, what="the muted microphone")
    client.send(kind="unlock", pin=PIN)
    until(lambda: "MUTED" not in sound.microphone(), seconds=HEARD_S, what="the live microphone")


def test_the_brightness_is_turned_and_never_off(tmp_path: Path) -> None:
    """Steps of the first backlight, with a floor; a PC without one tells of none."""
    light = tmp_path / "intel_backlight"
    light.mkdir()
    (light / "max_brightness").write_text("937\n")
    (light / "brightness").write_text("94\n")
    assert _turned(tmp_path, up=True) == Levels(brightness=15)
    for _ in range(5):
        last = _turned(tmp_path, up=False)
    assert last == Levels(brightness=DARKEST)
    assert _turned(tmp_path / "nothing", up=True) == Levels()


def _hear(client: ControlClient, **wanted: object) -> None:
    """Wait until these levels are told."""
    while not wanted.items() <= client.wait(kind="levels").items():
        pass


def _turned(folder: Path, *, up: bool) -> Levels:
    """Press a brightness key once; return what is told."""

    async def once() -> Levels:
        told: asyncio.Future[Levels] = asyncio.get_running_loop().create_future()
        Dials(None, told.set_result, folder).turn(Adjust(level=LevelKind.BRIGHTNESS, up=up))
        return await asyncio.wait_for(told, HEARD_S)

    return asyncio.run(once())
