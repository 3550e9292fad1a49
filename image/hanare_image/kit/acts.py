"""What a kitting station is used for, an act each from its first question to its result.

An act has the data medium open from beginning to end; what it leaves there is a line of the record for each stick that
was registered, and the batch's labels.
"""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from nacl.signing import SigningKey

from hanare_core.texts import terminal_language
from hanare_image import inspection, options, stick
from hanare_image.bars import Bars
from hanare_image.disks import Disk
from hanare_image.enrolment import Enrolled
from hanare_image.errors import KittingError
from hanare_image.kit import clock, contents, questions, results
from hanare_image.kit.contents import Contents
from hanare_image.kit.medium import Medium
from hanare_image.kit.offer import Offer
from hanare_image.kit.page import Page
from hanare_image.kit.questions import Purpose
from hanare_image.kit.words import word
from hanare_image.kitting import Batch
from hanare_image.paper import label
from hanare_image.paper.label import Office
from hanare_image.record import Record
from hanare_image.side_by_side import Outcome
from hanare_image.stick import Enrolment, Opener
from hanare_image.texts import refused, say

LOOK_SECONDS: Final = 0.5
"""Between two looks whether a medium was plugged in."""


@dataclass(frozen=True)
class Acts:
    """The acts of one station."""

    page: Page
    data: Medium
    ca: Medium
    offer: Offer
    own_pc: bool = False
    """Whether this PC is nothing but a kitting station."""
    opener: Opener = stick.open_for_writing

    def write(self) -> None:
        """Write sticks and enrol them."""
        self._batch(Purpose.WRITE)

    def enrol(self) -> None:
        """Register sticks that are written."""
        self._batch(Purpose.ENROL)

    def verify(self) -> None:
        """Say of each stick whether it is what was written."""
        with self._opened(self.data) as folder:
            held, public = contents.read(folder), contents.ca_public(folder)
            chosen = questions.sticks(self.page, self.offer, Purpose.VERIFY)
            self.page.show(word("verify.heading"), word("verify.text"))
            told = [inspection.verify(disk.path, held.built, held.image, public) for disk in chosen]
        results.verified(self.page, chosen, told)

    def _batch(self, purpose: Purpose) -> None:
        with self._opened(self.data) as folder:
            self.page.show(word("data.reading"))
            held = contents.read(folder)
            token = held.token()
            clock.check(held, may_set=self.own_pc)
            # First, so that a medium of the CA's own comes and goes before names of disks mean sticks.
            batch = Batch(held.site, self._ca_key(folder), held.server, token)
            chosen = questions.sticks(self.page, self.offer, purpose)
            named = questions.labels(self.page, chosen, held.settings.label, held.next_number)
            if purpose is Purpose.WRITE and not questions.confirmed(self.page, chosen, named):
                return
            registered: list[Enrolled] = []
            outcomes = self._work(purpose, chosen, held, _enrolment(held, batch, named, registered))
            printed = _print_labels(held, registered)
        results.written(self.page, outcomes, named, printed)

    def _work(self, purpose: Purpose, chosen: Sequence[Disk], held: Contents, enrolling: Enrolment) -> list[Outcome]:
        self.offer.check(chosen)
        opener = self.offer.opener(chosen, self.opener)
        self.page.show(word(f"work.{purpose}"), word("work.text"))
        if purpose is Purpose.ENROL:
            return stick.enrol(chosen, enrolling, opener=opener)
        with Bars(chosen) as bars:
            return stick.write(chosen, held.image, bars.update, enrolling, opener=opener)

    def _ca_key(self, folder: Path) -> SigningKey:
        if place := contents.ca_folder(folder):
            return questions.ca_key(self.page, place)
        with self._opened(self.ca) as other:
            place = contents.ca_folder(other)
            if place is None:
                raise refused("kit-lacks", file=contents.CA_FOLDER)
            return questions.ca_key(self.page, place)

    @contextmanager
    def _opened(self, medium: Medium) -> Iterator[Path]:
        """Wait until a medium is there and open it."""
        name = "ca" if medium is self.ca else "data"
        if not medium.present():
            self.page.show(word(f"{name}.heading"), word(f"{name}.text", label=medium.label))
        while not medium.present():
            time.sleep(LOOK_SECONDS)
        with medium.opened() as folder:
            yield folder


def _enrolment(held: Contents, batch: Batch, named: Mapping[Path, str], registered: list[Enrolled]) -> Enrolment:
    kept = Record(held.record)

    def hear(enrolled: Enrolled) -> None:
        registered.append(enrolled)
        kept.add(enrolled)

    return Enrolment(batch, named, hear)


def _print_labels(held: Contents, registered: Sequence[Enrolled]) -> str:
    """Keep the labels of a batch on the medium; return the sentence about it. The batch stands without them."""
    if not registered:
        return ""
    office = Office(held.site.organisation_name, held.site.help_desk, held.settings.console)
    ordered = sorted(registered, key=lambda one: one.label)
    try:
        path = held.labels()
        with options.output(path) as partial:
            partial.write_bytes(label.sheet(ordered, office, terminal_language()))
    except KittingError as error:
        return str(error)
    except OSError as error:
        return str(refused("medium-unread", reason=error.strerror))
    return say("done.labels", path=path.name, sticks=len(ordered))
