"""Japanese for web applications: fcitx5 with Mozc, in a cage without any network, whose memory goes with the windows.

It is the compositor's one input method (input-method-unstable-v2). labwc gives it keys only while a text field of a
Wayland client has them: the desktop is an X client and has the office PC's own input, and the kiosk's pages ask for
none. Pages' password fields are passed over (fcitx5's own rule). The agent opens the compositor for it, since that
socket is the kiosk's alone. What it has learnt is kept nowhere.
"""

import os
import socket
from collections.abc import Sequence
from typing import Final

from hanare_stick import caged
from hanare_stick.caged import Caged
from hanare_stick.sandbox import Network, Sandbox
from hanare_stick.settings import Display, InputMethod

_HOME: Final = "/run/input-method"
_SETTINGS: Final = f"{_HOME}/.config/fcitx5"

_ADDONS: Final = "classicui,keyboard,mozc,wayland,waylandim"
_PROGRAM: Final = ("--disable=all", f"--enable={_ADDONS}")

_PROFILE: Final = b"""\
[Groups/0]
Name=Default
Default Layout=us
DefaultIM=mozc
[Groups/0/Items/0]
Name=keyboard-us
[Groups/0/Items/1]
Name=mozc
[GroupOrder]
0=Default
"""
"""Keys first as they are, then Mozc; which letter a key is, the compositor's layout says."""

_CONFIG: Final = b"""\
[Hotkey/TriggerKeys]
0=Zenkaku_Hankaku
1=Control+space
[Hotkey/AltTriggerKeys]
[Hotkey/EnumerateForwardKeys]
[Hotkey/EnumerateBackwardKeys]
[Behavior]
ActiveByDefault=False
ShareInputState=All
AllowInputMethodForPassword=False
ShowPreeditForPassword=False
"""


def start(settings: InputMethod, display: Display) -> Caged:
    """Start it; raise OSError when there is no compositor or the program cannot be started."""
    files = [(caged.file(content), place) for content, place in _files(settings)]
    try:
        with socket.socket(socket.AF_UNIX) as compositor:
            compositor.connect(str(display.compositor))
            handed = [compositor.fileno(), *(descriptor for descriptor, _ in files)]
            return caged.start(_cage(settings, compositor.fileno(), files), (settings.program, *_PROGRAM), handed)
    finally:
        for descriptor, _ in files:
            os.close(descriptor)


def _files(settings: InputMethod) -> Sequence[tuple[bytes, str]]:
    # Mozc ends the process that has no name.
    account = f"input-method:x:{settings.uid}:{settings.gid}::{_HOME}:/usr/sbin/nologin\n"
    return (_PROFILE, f"{_SETTINGS}/profile"), (_CONFIG, f"{_SETTINGS}/config"), (account.encode(), "/etc/passwd")


def _cage(settings: InputMethod, compositor: int, files: Sequence[tuple[int, str]]) -> Sandbox:
    return Sandbox(
        settings.uid,
        settings.gid,
        {"PATH": "/usr/bin:/bin", "HOME": _HOME, "LANG": "ja_JP.UTF-8", "WAYLAND_SOCKET": str(compositor)},
        data=files,
        folders=[_HOME],
        network=Network.NONE,
    )
