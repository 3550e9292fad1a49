"""A program that runs in its cage: our child, or an earlier agent's."""

import os
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import hanare_core
from hanare_stick import process, sandbox
from hanare_stick.process import Running
from hanare_stick.sandbox import Sandbox

PACKAGES: Final = tuple(dict.fromkeys(str(Path(one).resolve().parents[1]) for one in (hanare_core.__file__, __file__)))
"""Where our own code stands, for a program of ours in a cage."""

ENVIRONMENT: Final[Mapping[str, str]] = {"PATH": "/usr/bin:/bin", "PYTHONPATH": ":".join(PACKAGES), "LANG": "C.UTF-8"}


@dataclass(frozen=True)
class Caged:
    """One running program with everything it has started."""

    running: Running
    child: "subprocess.Popen[bytes] | None" = None

    @property
    def alive(self) -> bool:
        """Whether it still runs; a child that has ended is reaped."""
        if self.child is not None and self.child.poll() is not None:
            return False
        return process.alive(self.running)

    def end(self) -> None:
        """End it at once, with everything in its cage."""
        process.kill_group(self.running)
        if self.child is not None:
            self.child.wait()


def start(cage: Sandbox, program: Sequence[str], descriptors: Sequence[int] = ()) -> Caged:
    """Start the program in the cage and hand it these descriptors; raise OSError when it cannot be started."""
    rules = sandbox.filter_file(nested=cage.nested)
    try:
        child = subprocess.Popen(
            cage.command(program, filter_descriptor=rules),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={"PATH": "/usr/bin:/bin"},
            cwd="/",
            pass_fds=[rules, *descriptors],
            start_new_session=True,
        )
    finally:
        os.close(rules)
    return Caged(process.running(child.pid), child)


def file(content: bytes) -> int:
    """Return a descriptor of a file in memory, at its start; the caller closes it."""
    descriptor = os.memfd_create("caged")
    with os.fdopen(os.dup(descriptor), "wb") as stream:
        stream.write(content)
    os.lseek(descriptor, 0, os.SEEK_SET)
    return descriptor
