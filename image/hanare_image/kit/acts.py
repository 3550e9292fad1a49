"""What a kitting station is used for, an act each from its first question to its result.

An act has the data medium open from beginning to end; what it leaves there is a line of the record for each stick that
was registered, and the batch's labels.
"""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from nacl.signing import SigningKey

from hanare_core.texts import terminal_language
from hanare_image import disks, inspection, options, stick
from hanare_image.bars import Bars
from hanare_image.disks import Candidate
from hanare_image.enrolment import Enrolled
from hanare_image.errors import KittingError
from hanare_image.kit import clock, contents, questions, results
from hanare_image.kit import medium as media
from hanare_image.kit.contents import Contents
from hanare_image.kit.medium import Medium
from hanare_image.kit.page import Page
from hanare_image.kit.questions import Purpose
from hanare_image.kit.words import word
from hanare_image.kitting import Batch
from hanare_image.paper import label
from hanare_image.paper.label import Office
from hanare_image.record import Record
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
    files: Sequence[str] = ()
    """Files that stand for sticks; without them, the removable disks are offered."""
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
            chosen = questions.sticks(self.page, self._candidates, Purpose.VERIFY)
            self.page.show(word("verify.heading"), word("verify.text"))
            told = [inspection.verify(disk.path, held.built, held.image, public) for disk in chosen]
        results.verified(self.page, chosen, told)

    def _batch(self, purpose: Purpose) -> None:
        with self._opened(self.data) as folder:
            self.page.show(word("data.reading"))
            held = contents.read(folder)
            clock.check(held, may_set=self.own_pc)
            chosen = questions.sticks(self.page, self._candidates, purpose)
            named = questions.labels(self.page, chosen, held.settings.label, held.next_number)
            key = self._ca_key(folder)
            if purpose is Purpose.WRITE and not questions.confirmed(self.page, chosen, named):
                return
            registered: list[Enrolled] = []
            enrolling = _enrolment(held, key, named, registered)
            self.page.show(word(f"work.{purpose}"), word("work.text"))
            if purpose is Purpose.WRITE:
                with Bars(chosen) as bars:
                    outcomes = stick.write(chosen, held.image, bars.update, enrolling, opener=self.opener)
            else:
                outcomes = stick.enrol(chosen, enrolling)
            printed = _print_labels(held, registered)
        results.written(self.page, outcomes, named, printed)

    def _ca_key(self, folder: Path) -> SigningKey:
        if place := contents.ca_folder(folder):
            return questions.ca_key(self.page, place)
        with self._opened(self.ca) as other:
            place = contents.ca_folder(other)
            if place is None:
                raise refused("kit-lacks", file=contents.CA_FOLDER)
            return questions.ca_key(self.page, place)

    def _candidates(self) -> Sequence[Candidate]:
        if self.files:
            return [Candidate(disks.find(file), "") for file in self.files]
        return disks.candidates({media.DATA, media.CA})

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


def _enrolment(held: Contents, key: SigningKey, named: dict[Path, str], registered: list[Enrolled]) -> Enrolment:
    kept = Record(held.record)

    def hear(enrolled: Enrolled) -> None:
        registered.append(enrolled)
        kept.add(enrolled)

    return Enrolment(Batch(held.site, key, held.server, held.token()), named, hear)


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
