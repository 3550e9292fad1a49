"""A machine whose disks a test plugs in."""

from pathlib import Path

from hanare_image.machine import Machine


class Kernel:
    """Folders that tell of disks as the kernel does."""

    def __init__(self, folder: Path) -> None:
        self.machine = machine(folder)
        self.mounts: list[str] = []
        (folder / "proc/self").mkdir(parents=True)
        (folder / "dev").mkdir()
        (folder / "udev").mkdir()
        (folder / "proc/swaps").write_text("Filename Type Size Used Priority\n")
        self.tell()

    def tell(self) -> None:
        """Write the list of mounts."""
        (self.machine.proc / "self/mountinfo").write_text("\n".join(self.mounts))

    def label(self, number: str, label: str) -> None:
        """Give a disk or partition a file system of this name."""
        (self.machine.udev / f"b{number}").write_text(f"S:disk/by-label/x\nE:ID_FS_LABEL={label}\nE:ID_FS_TYPE=vfat\n")

    def add(self, name: str, minor: int, *, removable: bool, serial: str = "") -> Path:
        """Plug in a disk with one partition; return its folder."""
        entry = self.machine.block / name
        (entry / f"{name}1/holders").mkdir(parents=True)
        (entry / "device").mkdir()
        (self.machine.devices / name).touch()
        (self.machine.devices / name).unlink()
        texts = {"size": "15000000", "removable": str(int(removable)), "dev": f"8:{minor}", f"{name}1/partition": "1"}
        texts |= {f"{name}1/dev": f"8:{minor + 1}", "device/model": "Flash", "device/serial": serial}
        for path, text in texts.items():
            (entry / path).write_text(text + "\n")
        return entry


def machine(folder: Path) -> Machine:
    """Return where a kernel in this folder tells of disks."""
    return Machine(*(folder / name for name in ("block", "proc", "dev", "udev", "own")))
