"""How it went with each stick: what is printed on it, and below that what was done or what is wrong, in whole lines."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from hanare_image.disks import Disk
from hanare_image.kit.page import Page
from hanare_image.kit.words import word
from hanare_image.side_by_side import Outcome
from hanare_image.texts import say


def written(page: Page, outcomes: Sequence[Outcome], named: Mapping[Path, str], printed: str) -> None:
    """Show a batch; printed: the sentence about its labels, if it has some."""
    shown = [
        _stick("done" if done else "failed", named[disk.path], disk, [said], good=done) for disk, done, said in outcomes
    ]
    good = sum(outcome.done for outcome in outcomes)
    said = [word("results.compare")] if good else []
    said += [word("results.failed")] if good < len(outcomes) else []
    page.show(word("results.heading", good=good, all=len(outcomes)), *shown, printed, *said)
    page.pause()


def verified(page: Page, chosen: Sequence[Disk], told: Sequence[Sequence[str]]) -> None:
    """Show what differs on each stick."""
    shown = [
        _stick("differs" if differences else "same", "", disk, differences, good=not differences)
        for disk, differences in zip(chosen, told, strict=True)
    ]
    page.show(word("verify.done"), *shown)
    page.pause()


def _stick(mark: str, label: str, disk: Disk, said: Sequence[str], *, good: bool) -> RenderableType:
    style = "bold green" if good else "bold red"
    who = "  ".join(filter(None, (str(disk.path), disk.name, disk.serial)))
    head = Text.assemble((say(f"outcome.{mark}"), style), "  ", (label, "bold"), "  " if label else "", (who, "dim"))
    return Group(head, *(Padding(Text(line), (0, 0, 0, 8)) for line in said))
