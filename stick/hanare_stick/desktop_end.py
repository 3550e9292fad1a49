"""Why FreeRDP ended, by its exit code, as a Problem of the closed list.

Codes: FreeRDP 3, client/X11/xfreerdp.h, enum XF_EXIT_CODE. The account's codes keep the session open, so that the
worker can type again; so does a crash, behind a lock; the others end it. The cage tells a death by signal n as 128 + n,
which is a code of FreeRDP's own (an abort would be a wrong password), so a program between the two (`reporting`) tells
them apart.
"""

import sys
from collections.abc import Sequence
from signal import SIGBUS, SIGKILL, SIGSEGV
from typing import Final

from hanare_core.problems import Code, Problem

_LOGGED_OFF: Final = frozenset({0, 1, 2, 3, 4, 5, 11, 12})
"""Orderly ends told by the office PC (MS-RDPBCGR 2.2.5.1.1): logged off, idle there, taken over by another log-on."""

BY_SIGNAL: Final = 100
"""None of FreeRDP's."""

_CRASHED: Final = frozenset({-SIGKILL, -SIGSEGV, -SIGBUS, 128 + SIGKILL, BY_SIGNAL})
"""The cage or FreeRDP in it was killed, as the kernel does when memory runs out, or broke."""

_TELLS: Final = f"""
import os, sys
status = os.waitpid(os.posix_spawnp(sys.argv[1], sys.argv[1:], os.environ), 0)[1]
os._exit({BY_SIGNAL} if os.WIFSIGNALED(status) else os.WEXITSTATUS(status))
"""

_CODES: Final = {
    132: Code.DESKTOP_PASSWORD_WRONG,
    134: Code.DESKTOP_PASSWORD_WRONG,
    135: Code.DESKTOP_ACCOUNT_LOCKED,
    148: Code.DESKTOP_PASSWORD_EXPIRED,
    149: Code.DESKTOP_PASSWORD_MUST_CHANGE,
    151: Code.DESKTOP_REFUSED,
    152: Code.DESKTOP_PASSWORD_EXPIRED,
    154: Code.DESKTOP_PASSWORD_WRONG,
    155: Code.DESKTOP_REFUSED,
    156: Code.DESKTOP_REFUSED,
    157: Code.DESKTOP_REFUSED,
    158: Code.DESKTOP_REFUSED,
    159: Code.DESKTOP_PASSWORD_WRONG,
    9: Code.DESKTOP_REFUSED,
    133: Code.DESKTOP_INSECURE,
    143: Code.DESKTOP_NOT_AUTHENTIC,
    131: Code.DESKTOP_UNREACHABLE,
    138: Code.DESKTOP_UNREACHABLE,
    141: Code.DESKTOP_UNREACHABLE,
    147: Code.DESKTOP_UNREACHABLE,
}

ACCOUNT_CODES: Final = frozenset(
    {
        Code.DESKTOP_ACCOUNT_LOCKED,
        Code.DESKTOP_PASSWORD_EXPIRED,
        Code.DESKTOP_PASSWORD_MUST_CHANGE,
        Code.DESKTOP_PASSWORD_WRONG,
        Code.DESKTOP_REFUSED,
    }
)
"""The office PC is reached and genuine, but refuses the account."""


def reporting(program: Sequence[str]) -> list[str]:
    """Return the command that runs the program and ends with its exit code, or with BY_SIGNAL."""
    return [sys.executable, "-I", "-S", "-c", _TELLS, *program]


def problem_of(code: int) -> Problem:
    """Return the problem of an exit code; what is not known is an end like any other."""
    why = Code.DESKTOP_CRASHED if code in _CRASHED else _CODES.get(code, Code.DESKTOP_ENDED)
    return Problem(why, detail={} if code in _LOGGED_OFF else {"exit": str(code)})
