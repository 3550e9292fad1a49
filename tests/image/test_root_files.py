"""The settings that are laid into the image's root: what one file says the others know."""

import os
import re
from pathlib import Path
from typing import Final

import pytest

import hanare_image
from hanare_image.build.roles import FURNITURE
from hanare_image.build.variant import Role
from hanare_stick import carrier
from hanare_stick.settings import read_settings

FILES: Final = Path(hanare_image.__file__).parent / "build/files"
ROOT: Final = FILES / "worker"
USERS: Final = dict(
    re.findall(r"^u (\S+) (\d+)", (ROOT / "usr/lib/sysusers.d/hanare.conf").read_text("utf-8"), re.MULTILINE)
)
OF_DEBIAN: Final = {"root", "systemd-network"}


def test_the_agent_s_settings_name_the_image_s_users() -> None:
    """Every user of stick.toml is made by sysusers with that number, and each program has one of its own."""
    settings = read_settings(ROOT / "etc/hanare/stick.toml")
    browser, sound = settings.browser, settings.display.sound
    assert browser is not None
    assert browser.input_method is not None
    assert browser.portal is not None
    assert sound is not None
    named = {
        "kiosk": settings.kiosk.uid,
        "desktop": settings.display.uid,
        "browser": browser.uid,
        "input-method": browser.input_method.uid,
        "portal": browser.portal.uid,
        "portal-relay": browser.portal.relay_uid,
        "sound": sound.uid,
        "carrier": carrier.USER,
    }
    assert {name: str(uid) for name, uid in named.items()} == USERS


@pytest.mark.parametrize(("role", "made"), [("worker", set(USERS)), ("kitting", set())])
def test_the_firewall_names_users_that_exist(role: str, made: set[str]) -> None:
    """A user that the image does not make would leave the stick without rules, and so without a network."""
    named = set(re.findall(r'skuid "([^"]+)"', (FILES / role / "etc/hanare/firewall.nft").read_text("utf-8")))
    assert named <= OF_DEBIAN | made


def test_each_role_has_its_screen_and_names_what_it_enables() -> None:
    """Whichever screen it is, udev finds it; every unit of ours that is enabled is laid into the root."""
    assert set(FURNITURE) == set(Role)
    for furniture in FURNITURE.values():
        units = [FILES / folder / "etc/systemd/system" for folder in ("root", furniture.files)]
        ours = {re.sub("@.*[.]", "@.", name) for name in furniture.enabled if name.startswith("hanare-")}
        for name in {"hanare-screen.service", "hanare-firewall.service", *ours}:
            assert any((folder / name).is_file() for folder in units), name


def test_every_program_of_ours_that_a_unit_starts_is_there() -> None:
    """A unit that may fail without a word would hide that its program is missing or cannot be run."""
    programs = re.compile(r"^Exec\w+=[-+!@:]*/(usr/lib/hanare/\S+)", re.MULTILINE)
    for folder in FILES.iterdir():
        for file in folder.rglob("etc/systemd/system/**/*.*"):
            for program in programs.findall(file.read_text("utf-8")) if file.is_file() else ():
                places = [FILES / at / program for at in ("root", folder.name)]
                assert any(os.access(place, os.X_OK) for place in places), (file, program)


def test_the_station_s_window_starts_nothing_and_leads_nowhere() -> None:
    """No key of the terminal opens another one or a link; the compositor has a binding of each kind."""
    keys = (FILES / "kitting/etc/hanare/kit/foot.ini").read_text("utf-8").partition("[key-bindings]")[2]
    assert {"spawn-terminal=none", "show-urls-launch=none"} <= set(keys.split())
    settings = (FILES / "kitting/etc/hanare/kit/labwc/rc.xml").read_text("utf-8")
    assert "Execute" not in settings
    assert "<keybind " in settings
    assert "<mousebind " in settings
    session = (FILES / "kitting/usr/lib/hanare/kit").read_text("utf-8")
    assert session.count("exec ") == 1
    assert session.rstrip().endswith("hanare_core.command stick kit --station /run/hanare-kit/labwc")


@pytest.mark.parametrize("way", ["play", "talk"])
def test_the_sound_s_sockets_are_the_ones_that_the_desktop_is_given(way: str) -> None:
    """stick.toml, the server's settings and the unit that listens say one place; only by `talk` may anybody record."""
    sound = read_settings(ROOT / "etc/hanare/stick.toml").display.sound
    assert sound is not None
    place = getattr(sound, way)
    server = (ROOT / f"etc/hanare/sound/{way}.conf").read_text("utf-8")
    unit = (ROOT / "etc/systemd/system/hanare-pulse@.socket").read_text("utf-8")
    assert f'"unix:{place}"' in server
    assert f"ListenStream={place.removesuffix(way)}%i\n" in unit
    assert ("block-record-stream" in server) == (way == "play")


def test_what_a_start_leads_to_is_laid_into_the_root_or_debians() -> None:
    """A default target that is missing would leave a stick with a black screen for ever."""
    for furniture in FURNITURE.values():
        units = FILES / furniture.files / "etc/systemd/system"
        assert furniture.default == "multi-user.target" or (units / furniture.default).is_file()


def test_the_first_files_are_named_by_patterns_beneath_the_root() -> None:
    """The build refuses a pattern that finds nothing; the shell takes each line as one word."""
    lines = (ROOT / "usr/lib/hanare/first-files").read_text("ascii").splitlines()
    assert lines
    assert all(re.fullmatch(r"/usr/[\w./*+-]+", line) for line in lines)
