"""labwc as the kiosk wants it: no menus, no key of its own but a few, nothing decorated.

Its only key bindings, Ctrl+Alt+Home (as in Windows' own client) for the menu and the keyboard's keys for volume and
brightness, tell the kiosk (`bindings`). Monitors that are there at the start it lights itself, later ones only when the
kiosk says so (`outputs`). Virtual terminals are not reachable by keys (`srvrkeys:none`).
"""

from __future__ import annotations

import os
import shlex
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

from hanare_stick.kiosk.bindings import BINDINGS, PIPE
from hanare_stick.kiosk.labwc import Labwc
from hanare_stick.kiosk.xwayland import Xwayland
from hanare_stick.window_names import DESKTOP

if TYPE_CHECKING:  # what is loaded before the compositor starts is waited for
    from hanare_stick.control_messages import Area
    from hanare_stick.kiosk.settings import Settings

PID_FILE: Final = "kiosk.pid"
_FOLDER: Final = "labwc"

# At least one binding of each kind must stand here, or labwc takes its defaults, with menus and a terminal.
_RC: Final = """\
<?xml version="1.0"?>
<labwc_config>
  <core>
    <gap>0</gap><decoration>server</decoration><xwaylandPersistence>yes</xwaylandPersistence>
    <autoEnableOutputs>{lights}</autoEnableOutputs>
  </core>
  <focus><followMouse>no</followMouse><raiseOnFocus>no</raiseOnFocus></focus>
  <keyboard>
{keys}
  </keyboard>
  <mouse>
    <context name="Root"><mousebind button="Side" action="Press"><action name="None"/></mousebind></context>
  </mouse>
  <windowRules>
    <windowRule identifier="*" serverDecoration="no" skipWindowSwitcher="yes"/>
{rules}
  </windowRules>
</labwc_config>
"""
_MAXIMISED: Final = '    <windowRule identifier="{name}"><action name="Maximize"/></windowRule>'
_PLACED: Final = """\
    <windowRule identifier="{name}">
      <action name="MoveTo" x="{area.left}" y="{area.top}"/>
      <action name="ResizeTo" width="{area.width}" height="{area.height}"/>
    </windowRule>"""
_BROWSERS: Final = "*-*"
"""Chromium puts a dash and its profile at the end of a window's name."""

_LAYOUTS: Final = {
    "jis": {"XKB_DEFAULT_LAYOUT": "jp", "XKB_DEFAULT_MODEL": "jp106"},
    "us": {"XKB_DEFAULT_LAYOUT": "us", "XKB_DEFAULT_MODEL": "pc105"},
}
_ALWAYS: Final = {
    "XKB_DEFAULT_OPTIONS": "srvrkeys:none",
    "XDG_CURRENT_DESKTOP": "hanare",
    # What is typed into the kiosk's own pages is heard by no input method.
    "GTK_IM_MODULE": "gtk-im-context-simple",
}


def start(settings: Settings) -> tuple[Labwc, Xwayland]:
    """Start labwc by these settings; this process and its children get the same environment. Raises OSError."""
    folder = Path(settings.folder)
    folder.mkdir(mode=0o711, parents=True, exist_ok=True)
    write(folder, "jis", lights=True)
    x = Xwayland(folder)
    os.environ.update({"XDG_RUNTIME_DIR": str(folder), "XAUTHORITY": str(x.authority), **_ALWAYS, **_LAYOUTS["jis"]})
    return Labwc(folder, folder / _FOLDER, {**os.environ, "WLR_XWAYLAND": str(x.starter)}), x


def write(folder: Path, keyboard: str, *, lights: bool, wide: Area | None = None) -> None:
    """Write labwc's settings for this keyboard layout.

    lights: whether it lights a new monitor of its own accord; wide: where a desktop over several monitors is to stand.
    """
    place = folder / _FOLDER
    place.mkdir(mode=0o700, exist_ok=True)
    rules, bindings = "\n".join(_rules(wide)), "\n".join(_bindings(folder))
    settings = _RC.format(keys=bindings, lights="yes" if lights else "no", rules=rules)
    fresh = place / "rc.new"
    fresh.write_text(settings, "utf-8")
    fresh.rename(place / "rc.xml")  # whoever reads it now reads the old or the new one
    (place / "menu.xml").write_text('<?xml version="1.0"?>\n<openbox_menu></openbox_menu>\n', "utf-8")
    lines = {**_ALWAYS, **_LAYOUTS[keyboard]}
    (place / "environment").write_text("".join(f"{name}={value}\n" for name, value in lines.items()), "utf-8")


def _bindings(folder: Path) -> Iterator[str]:
    """Give each key that is the kiosk's own."""
    pipe = shlex.quote(str(folder / PIPE))
    for name, key in BINDINGS.items():
        command = f"sh -c 'echo {name} &gt;{pipe}'"
        yield f'    <keybind key="{key}"><action name="Execute" command="{command}"/></keybind>'


def _rules(wide: Area | None) -> Iterator[str]:
    """Give where windows come up: all over their monitor, or the desktop over several."""
    yield _MAXIMISED.format(name="*" if wide is None else _BROWSERS)
    if wide is not None:
        yield _PLACED.format(name=DESKTOP, area=wide)


def take_over(folder: Path, keyboard: str, wide: Area | None = None) -> None:
    """Have the running labwc take this keyboard layout and leave new monitors to us (SIGHUP: it reads its settings)."""
    write(folder, keyboard, lights=False, wide=wide)
    os.kill(int(os.environ["LABWC_PID"]), signal.SIGHUP)
