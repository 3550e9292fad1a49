"""A lid for the emulated PC, which has none: a switch made by uinput, closed once the agent reads it."""

from typing import Final

from tests.emulated.conftest import Home

_CLOSE: Final = """\
import fcntl, glob, os, struct, sys, time

SET_EVENT, SET_SWITCH, SETUP, CREATE = 0x40045564, 0x4004556D, 0x405C5503, 0x5501
SWITCH, LID, VIRTUAL_BUS = 5, 0, 6
device = os.open("/dev/uinput", os.O_WRONLY)
before = set(glob.glob("/dev/input/event*"))
fcntl.ioctl(device, SET_EVENT, SWITCH)
fcntl.ioctl(device, SET_SWITCH, LID)
fcntl.ioctl(device, SETUP, struct.pack("HHHH80sI", VIRTUAL_BUS, 1, 1, 1, b"Lid Switch", 0))
fcntl.ioctl(device, CREATE)


def read_by_agent():
    made = set(glob.glob("/dev/input/event*")) - before
    opened = {os.path.realpath(file) for file in glob.glob(f"/proc/{sys.argv[1]}/fd/*")}
    return bool(made & opened)


while not read_by_agent():
    time.sleep(0.2)
for value in (1, 0):
    os.write(device, struct.pack("llHHi", 0, 0, SWITCH, LID, value) + struct.pack("llHHi", 0, 0, 0, 0, 0))
"""


def close_lid(home: Home) -> None:
    """Have the lid be closed and opened again in the background."""
    home.run(f"modprobe uinput; cat >/run/lid.py <<'END'\n{_CLOSE}END")
    home.run("python3 -I /run/lid.py $(systemctl show --value -p MainPID hanare-agent) >/run/lid.log 2>&1 &")
