"""QEMU in a home PC's network: the emulator is the tools tree's own, so the host's version does not matter."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from hanare_image.build.tools import ENTER, Tools
from hanare_lab.home import Home
from hanare_lab.process import Process


def start_qemu(home: Home, argv: Sequence[str], folder: Path, tools: Tools) -> Process:
    """Start QEMU in the home PC's network, with the tools tree as its root and `folder` as its working folder."""
    environment = {"TREE": str(tools.tree), "FOLDER": str(folder.resolve())}
    command = ["nsenter", f"--net={home.pc.netns}", "unshare", "--mount", "sh", "-c", ENTER, "sh", *argv]
    process = Process(
        "emulated-pc",
        command,
        home.pc.log_dir / "emulated-pc.log",
        env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8", **environment},
    )
    home.pc.processes.append(process)
    return process
