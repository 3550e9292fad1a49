"""Sockets that live in a machine's network though the test's own process holds them."""

import ctypes
import os
import socket
import threading
from collections.abc import Callable
from typing import Final, TypeVar

from hanare_lab.machine import Machine

_CLONE_NEWNET: Final = 0x40000000
_LIBC: Final = ctypes.CDLL(None, use_errno=True)
ANSWER_S: Final = 5.0

T = TypeVar("T")


def in_network(machine: Machine, function: Callable[[], T]) -> T:
    """Return what the function returns when called by a thread in the machine's network; its errors are raised here."""
    result: list[T] = []
    errors: list[BaseException] = []

    def call() -> None:
        try:
            _join(machine)
            result.append(function())
        except BaseException as error:  # noqa: BLE001  # handed to the caller below
            errors.append(error)

    thread = threading.Thread(target=call)
    thread.start()
    thread.join()
    if errors:
        raise errors[0]
    return result[0]


def listen(machine: Machine, address: object, port: int) -> socket.socket:
    """Return a listening TCP socket of the machine."""
    family = socket.AF_INET6 if ":" in str(address) else socket.AF_INET
    listener = in_network(machine, lambda: socket.create_server((str(address), port), family=family))
    listener.settimeout(ANSWER_S)
    return listener


def connect(
    machine: Machine, address: object, port: int, *, seconds: float = ANSWER_S, source: int = 0
) -> socket.socket:
    """Return a TCP connection from the machine; TimeoutError if nothing answers."""
    family = socket.AF_INET6 if ":" in str(address) else socket.AF_INET
    connection = in_network(machine, lambda: socket.socket(family, socket.SOCK_STREAM))
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    connection.settimeout(seconds)
    try:
        connection.bind(("", source))
        connection.connect((str(address), port))
    except OSError:
        connection.close()
        raise
    return connection


def _join(machine: Machine) -> None:
    handle = os.open(machine.netns, os.O_RDONLY)
    try:
        if _LIBC.setns(handle, _CLONE_NEWNET):
            raise OSError(ctypes.get_errno(), "setns")
    finally:
        os.close(handle)
