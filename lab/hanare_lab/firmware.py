"""The emulated PC's firmware: legacy BIOS, UEFI, and UEFI with Secure Boot and keys of one's own or Microsoft's."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import Final

from hanare_image.build import keys
from hanare_image.build.tools import Tools

_OVMF: Final = "usr/share/OVMF"
_NO_KEYS: Final = "OVMF_VARS_4M.fd"
_MICROSOFTS: Final = "OVMF_VARS_4M.ms.fd"


class Firmware(StrEnum):
    """How the PC starts."""

    BIOS = "bios"
    UEFI = "uefi"
    SECURE_BOOT = "secure-boot"


def options(
    firmware: Firmware, folder: Path, key_folder: Path | None, tools: Tools, *, trusted: Sequence[str] = ("db",)
) -> list[str]:
    """Return QEMU's options; the firmware's variables are a file of this PC in `folder` (its /mnt/work).

    key_folder: whose keys Secure Boot knows; None: Microsoft's, with which PCs are sold.
    trusted: names of the signing keys in it that Secure Boot takes.
    """
    if firmware is Firmware.BIOS:
        return ["-machine", "q35"]
    variables = folder / "vars.fd"
    as_sold = firmware is Firmware.SECURE_BOOT and key_folder is None
    shutil.copyfile(tools.tree / _OVMF / (_MICROSOFTS if as_sold else _NO_KEYS), variables)
    code = "OVMF_CODE_4M.fd"
    machine = ["-machine", "q35"]
    if firmware is Firmware.SECURE_BOOT:
        code = "OVMF_CODE_4M.secboot.fd"
        machine = ["-machine", "q35,smm=on", "-global", "driver=cfi.pflash01,property=secure,value=on"]
        if key_folder is not None:
            _enrol(folder, key_folder, tools, trusted)
    return [
        *machine,
        *("-drive", f"if=pflash,format=raw,unit=0,readonly=on,file=/{_OVMF}/{code}"),
        *("-drive", f"if=pflash,format=raw,unit=1,file={variables.name}"),
    ]


def _enrol(folder: Path, key_folder: Path, tools: Tools, trusted: Sequence[str]) -> None:
    for name in keys.NAMES:
        shutil.copyfile(key_folder / f"{name}.crt", folder / f"{name}.crt")
    wanted = [("--set-pk", "PK"), ("--add-kek", "KEK"), *(("--add-db", name) for name in trusted)]
    chosen = [word for option, name in wanted for word in (option, keys.OWNER, f"{name}.crt")]
    tools.run(folder, ["virt-fw-vars", "--inplace", "vars.fd", *chosen, "--secure-boot"])
