"""What a person is asked before a batch: which sticks, what is printed on them, the CA's passphrase, the last yes."""

import re
from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Final

import msgspec
from nacl.signing import SigningKey
from rich.table import Table
from rich.text import Text

from hanare_core import wire
from hanare_image import options
from hanare_image.ca import open_ca
from hanare_image.disks import Candidate, Disk
from hanare_image.errors import KittingError
from hanare_image.kit.offer import Offer
from hanare_image.kit.page import Page, table
from hanare_image.kit.words import word
from hanare_image.texts import say

ALL: Final = "a"
YES: Final = "y"

_SEPARATOR: Final = re.compile(r"[\s,、，]+")
_COUNTER: Final = " ##"


class Purpose(StrEnum):
    """What sticks are chosen for."""

    WRITE = "write"
    ENROL = "enrol"
    VERIFY = "verify"


def sticks(page: Page, offer: Offer, purpose: Purpose) -> list[Disk]:
    """Return the sticks that were chosen, one or more; the list is made anew for each answer."""
    note = ""
    while True:
        found = offer.look()
        free = [one.disk for one in found if not one.use]
        page.show(word(f"sticks.{purpose}"), word("sticks.text"), _listed(found, free), Text(note, "yellow"))
        typed = page.ask(word("sticks.which"))
        try:
            if chosen := _picked(typed, free):
                offer.check(chosen)
                return chosen
            note = word("sticks.unknown") if typed else ""
        except KittingError as error:  # mounted meanwhile, pulled out or replaced
            note = str(error)


def labels(page: Page, chosen: Sequence[Disk], pattern: str, next_number: Callable[[str], int]) -> dict[Path, str]:
    """Return what is printed on each stick: one text, counted where there are several."""
    page.show(word("labels.heading"), word("labels.text"))
    while True:
        typed = page.ask(word("labels.pattern"), pattern)
        if _printable(typed):
            break
        page.add(Text(word("labels.wrong"), "yellow"))
    counted = typed if len(chosen) == 1 or "#" in typed else typed + _COUNTER
    if "#" not in counted:
        return options.labels([counted], chosen, 1)
    while not (first := page.ask(word("labels.first"), str(next_number(counted)))).isdecimal():
        page.add(Text(word("labels.no-number"), "yellow"))
    return options.labels([counted], chosen, int(first))


def ca_key(page: Page, folder: Path) -> SigningKey:
    """Return the CA's key, opened by the passphrase that is typed unseen; an empty one leaves the page."""
    page.show(word("passphrase.heading"), word("passphrase.text"))
    while True:
        typed = page.secret(say("ask.passphrase"))
        if not typed:
            raise KeyboardInterrupt
        page.add(word("passphrase.opening"))
        try:
            return open_ca(folder, typed)
        except KittingError as error:
            page.add(Text(str(error), "yellow"))


def confirmed(page: Page, chosen: Sequence[Disk], named: Mapping[Path, str]) -> bool:
    """Show once more what will be lost, and return whether the person wants that."""
    shown = table(word("column.label"), *(say(f"column.{name}") for name in ("disk", "name", "serial")), "GB")
    for disk in chosen:
        shown.add_row(named[disk.path], str(disk.path), disk.name, disk.serial, f"{disk.size / 1e9:.1f}")
    page.show(word("confirm.heading"), Text(word("confirm.text"), "bold yellow"), shown)
    return page.ask(word("confirm.yes")).lower() == YES


def _listed(found: Sequence[Candidate], free: Sequence[Disk]) -> Table:
    headings = [say(f"column.{name}") for name in ("disk", "name", "serial")]
    shown = table(word("column.number"), *headings, "GB", word("column.use"))
    for disk, use in found:
        number = "–" if use else str(free.index(disk) + 1)
        row = (number, str(disk.path), disk.name, disk.serial, f"{disk.size / 1e9:.1f}", use)
        shown.add_row(*row, style="dim" if use else "")
    return shown


def _picked(typed: str, free: Sequence[Disk]) -> list[Disk]:
    """Return what the numbers mean, each once; nothing when one of them means nothing."""
    if typed.lower() == ALL:
        return list(free)
    numbers = dict.fromkeys(_SEPARATOR.split(typed))
    if not all(number.isdecimal() and 1 <= int(number) <= len(free) for number in numbers):
        return []
    return [free[int(number) - 1] for number in numbers]


def _printable(text: str) -> bool:
    try:
        return bool(msgspec.convert(text, wire.Text))
    except msgspec.ValidationError:
        return False
