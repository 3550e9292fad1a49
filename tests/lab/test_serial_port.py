"""The emulated PC's serial port: a line is waited for among others, and no longer than is said."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from hanare_lab.errors import LabError
from hanare_lab.serial_port import SerialPort

SHORT_S = 0.2


@pytest.fixture(name="port")
def _port(tmp_path: Path) -> Iterator[tuple[SerialPort, socket.socket]]:
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "serial.sock"))
        listener.listen()
        port = SerialPort(tmp_path / "serial.sock")
        emulator, _ = listener.accept()
        with emulator:
            yield port, emulator
        port.close()


def test_the_line_with_the_words_is_returned(port: tuple[SerialPort, socket.socket]) -> None:
    """Lines before it are passed over; what a terminal adds stays."""
    serial, emulator = port
    emulator.sendall(b"GRUB\r\n[  OK  ] Reached target \x1b[0;1;39mmulti-user.target\x1b[0m - Multi-User System.\r\n")
    assert serial.wait_line("Multi-User System", SHORT_S).startswith("[  OK  ]")


def test_other_lines_do_not_lengthen_the_wait(port: tuple[SerialPort, socket.socket]) -> None:
    """A system that says other things, or nothing, ends the wait with what was awaited."""
    serial, emulator = port
    emulator.sendall(b"A start job is running\r\n")
    with pytest.raises(LabError, match="nothing on its serial port"):
        serial.wait_line("Multi-User System", SHORT_S)
    emulator.sendall(b"A start job is running\r\n" * 3)
    with pytest.raises(LabError, match="Multi-User System"):
        serial.wait_line("Multi-User System", 0)
