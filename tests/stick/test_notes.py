"""The office's messages on the stick: told to every screen until they are read, reported as far as they come."""

from hanare_core.messages.stick import Note, Noted, Reading
from hanare_stick import control_messages as control
from hanare_stick.notes import KEPT, Notes


class Desk:
    """Hears what the notes tell and report."""

    def __init__(self) -> None:
        self.told: list[control.AnyEvent] = []
        self.reported: list[Noted] = []
        self.notes = Notes(self.told.append, self.reported.append)


def note(number: int = 1) -> Note:
    """Return a message."""
    return Note(note=f"note-{number}", ja="至急ご連絡ください", en="")


def test_a_message_is_shown_once_and_reported_each_time() -> None:
    """The hub sends again after a broken channel; the person sees it once, the hub hears each time."""
    desk = Desk()
    for _ in range(2):
        desk.notes.hear(note(), screen=True)
    assert len(desk.told) == 1
    assert [one.reading for one in desk.reported] == [Reading.SHOWN, Reading.SHOWN]


def test_a_message_without_a_screen_waits_for_one() -> None:
    """Delivered first, shown when a screen stands, read when the person says so; then no new screen has it."""
    desk = Desk()
    desk.notes.hear(note(), screen=False)
    assert [one.note for one in desk.notes.unread()] == ["note-1"]
    desk.notes.shown()
    desk.notes.shown()
    desk.notes.read("note-1")
    desk.notes.read("note-of-nobody")
    assert [one.reading for one in desk.reported] == [Reading.DELIVERED, Reading.SHOWN, Reading.READ]
    assert list(desk.notes.unread()) == []


def test_memory_is_bounded() -> None:
    """A flood costs KEPT messages."""
    desk = Desk()
    for number in range(3 * KEPT):
        desk.notes.hear(note(number), screen=False)
    assert len(list(desk.notes.unread())) == KEPT
