"""The office's messages on the stick: told to every screen until they are read, reported as far as they come."""

from hanare_core.messages.stick import Note, Reading
from hanare_stick import control_messages as control
from hanare_stick.notes import KEPT, REPORTS, Notes


class Desk:
    """Hears what the notes tell and report."""

    def __init__(self) -> None:
        self.told: list[control.AnyEvent] = []
        self.agreed: list[str] = []
        self.notes = Notes(self.told.append, self.agreed.append)

    def reported(self) -> list[Reading]:
        """Return how far messages have come, as the hub hears it."""
        return [self.notes.reports.get_nowait().reading for _ in range(self.notes.reports.qsize())]


def note(number: int = 1, *, diagnostics: bool = False) -> Note:
    """Return a message."""
    return Note(note=f"note-{number}", ja="至急ご連絡ください", en="", diagnostics=diagnostics)


def test_a_message_is_shown_once_and_reported_each_time() -> None:
    """The hub sends again after a broken channel; the person sees it once, the hub hears each time."""
    desk = Desk()
    for _ in range(2):
        desk.notes.hear(note(), screen=True)
    assert len(desk.told) == 1
    assert desk.reported() == [Reading.SHOWN, Reading.SHOWN]


def test_a_message_without_a_screen_waits_for_one() -> None:
    """Delivered first, shown when a screen stands, read when the person says so; then no new screen has it."""
    desk = Desk()
    desk.notes.hear(note(), screen=False)
    assert [one.note for one in desk.notes.unread()] == ["note-1"]
    desk.notes.shown()
    desk.notes.shown()
    desk.notes.read("note-1", agreed=False)
    desk.notes.read("note-of-nobody", agreed=True)
    assert desk.reported() == [Reading.DELIVERED, Reading.SHOWN, Reading.READ]
    assert list(desk.notes.unread()) == []


def test_diagnostics_are_sent_once_and_only_by_consent() -> None:
    """A message that asks for them gets them when its first answer agrees; one that does not ask never does."""
    desk = Desk()
    for number, asks in enumerate([True, True, False]):
        desk.notes.hear(note(number, diagnostics=asks), screen=True)
    for name, agreed in (("note-0", True), ("note-0", True), ("note-1", False), ("note-1", True), ("note-2", True)):
        desk.notes.read(name, agreed=agreed)
    assert desk.agreed == ["note-0"]


def test_memory_is_bounded() -> None:
    """A flood costs KEPT messages, and as many reports as wait for a channel that is away."""
    desk = Desk()
    for number in range(4 * KEPT):
        desk.notes.hear(note(number), screen=False)
    assert len(list(desk.notes.unread())) == KEPT
    assert len(desk.reported()) == REPORTS
