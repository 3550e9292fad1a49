"""The office PC's desktop: icewm with its bar, a wallpaper that names user and host, a terminal and a clock."""

from __future__ import annotations

from typing import Final

from hanare_lab.root import CHECKOUT_INSIDE

START_SCRIPT: Final = f"""\
#!/bin/sh
# The session of one user: started by xrdp-sesman after the sign-in.
export LANG=ja_JP.UTF-8 XDG_RUNTIME_DIR="/tmp/runtime-$USER"
mkdir -p -m 700 "$XDG_RUNTIME_DIR"
cd "$HOME" || exit 1
xsetroot -solid '#24476b'
icewm &
manager=$!
PYTHONPATH={CHECKOUT_INSIDE}/lab python3 -B -m hanare_lab.wallpaper "$HOME/.wallpaper.ppm"
icewmbg --center=0 --scaled=1 --image="$HOME/.wallpaper.ppm" &
xterm -T "端末 Terminal" -fa "VL Gothic" -fs 13 -bg "#102030" -fg "#e8eef4" -geometry 72x12+90-110 &
wait "$manager"
"""

_FONT: Final = "VL PGothic"
# Keys that a test presses at home must find its terminal at the office: none closes it or opens a dialog over it.
_PREFERENCES: Final = f"""\
KeyWinClose=""
KeyWinMenu=""
KeySysDialog=""
KeySysMenu=""
TaskBarAtTop=0
TaskBarShowWorkspaces=0
TaskBarShowClock=1
TaskBarClockLeds=0
TimeFormat="%H:%M"
DateFormat="%Y-%m-%d"
TaskBarShowCPUStatus=0
TaskBarShowMEMStatus=0
TaskBarShowNetStatus=0
TaskBarShowMailboxStatus=0
TaskBarShowShowDesktopButton=0
ShowLogoutMenu=0
ShowHelp=0
ShowAbout=0
ShowRun=0
TitleFontNameXft="{_FONT}:size=11:bold"
MenuFontNameXft="{_FONT}:size=11"
NormalTaskBarFontNameXft="{_FONT}:size=11"
ActiveTaskBarFontNameXft="{_FONT}:size=11:bold"
MinimizedWindowFontNameXft="{_FONT}:size=11"
ClockFontNameXft="{_FONT}:size=12"
ToolButtonFontNameXft="{_FONT}:size=11"
StatusFontNameXft="{_FONT}:size=11"
ListBoxFontNameXft="{_FONT}:size=11"
"""

ICEWM_FILES: Final = {
    "/etc/X11/icewm/prefoverride": _PREFERENCES,
    "/etc/X11/icewm/theme": 'Theme="CrystalBlue/default.theme"\n',
    "/etc/X11/icewm/toolbar": "",
    "/etc/X11/icewm/menu": 'prog "端末 Terminal" ! xterm\n',
}
