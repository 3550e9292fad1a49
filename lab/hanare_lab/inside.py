"""Whether this process runs inside a lab, and what the lab told it by its environment."""

from __future__ import annotations

import os
from pathlib import Path

from hanare_lab.errors import LabError

PID_NAMESPACE_ENV = "HANARE_LAB_PID_NAMESPACE"  # set by the lab's process 1: proves that we are still inside
LISTEN_FD_ENV = "HANARE_LAB_LISTEN_FD"  # a listening socket of the host's network, for hanare_lab.forward
LISTEN_PORT_ENV = "HANARE_LAB_LISTEN_PORT"  # its real port, also where port 0 was asked
ORDERS_ENV = "HANARE_LAB_ORDERS_FD"  # signals on their way from the outer process to process 1
PACKAGE_ENV = "HANARE_LAB_PACKAGE"  # the folder of the lab's package, kept visible inside


def is_inside() -> bool:
    """Say whether this process runs inside a lab."""
    return os.environ.get(PID_NAMESPACE_ENV) == pid_namespace()


def require_inside() -> None:
    """Raise LabError unless this process runs inside a lab: outside it would change the machine's own network."""
    if not is_inside():
        raise LabError("this runs only inside a lab: start it with `python -m hanare_lab.enter -- COMMAND`")


def pid_namespace() -> str:
    """Name the PID namespace of this process, e.g. ``pid:[4026532281]``."""
    return str(Path("/proc/self/ns/pid").readlink())
