"""What people type into: a name or a secret with its label, and the warning that Caps Lock is on."""

from collections.abc import Callable
from typing import Final

from hanare_stick.kiosk.draw import parts
from hanare_stick.kiosk.draw.toolkit import Gdk, Gtk

MAX_CHARACTERS: Final = 256


class Field:
    """One labelled entry; Enter calls `entered`."""

    def __init__(self, label: str, entered: Callable[[], object], *, content: str = "", digits: bool = False) -> None:
        self.entry = Gtk.Entry(text=content, max_length=MAX_CHARACTERS, hexpand=True)
        if digits:
            self.entry.set_input_purpose(Gtk.InputPurpose.DIGITS)
        self.entry.connect("activate", lambda _entry: entered())
        self._label = _label(label, self.entry)
        self.widget = _labelled(self._label, self.entry)

    def rename(self, label: str) -> None:
        """Call it otherwise; what stands in it stays."""
        self._label.set_label(label)

    def read(self) -> str:
        """Return what stands in it."""
        return str(self.entry.get_text())

    def focus(self) -> None:
        """Put the cursor here."""
        self.entry.grab_focus()


class SecretField:
    """One labelled entry that shows dots, can be shown on demand, and never goes to a clipboard."""

    def __init__(self, label: str, entered: Callable[[], object]) -> None:
        self.entry = Gtk.PasswordEntry(show_peek_icon=True, hexpand=True)
        self.entry.connect("activate", lambda _entry: entered())
        self.widget = _labelled(_label(label, self.entry), self.entry)

    def read(self) -> str:
        """Return what stands in it."""
        return str(self.entry.get_text())

    def empty(self) -> None:
        """Forget what stands in it."""
        self.entry.set_text("")

    def focus(self) -> None:
        """Put the cursor here."""
        self.entry.grab_focus()


class CapsLock:
    """A line that appears while Caps Lock is on, on every page with a secret."""

    def __init__(self, words: str) -> None:
        self.widget = parts.text(f"⚠ {words}", "warning")
        keyboard = Gdk.Display.get_default().get_default_seat().get_keyboard()
        self._keyboard = keyboard
        if keyboard is not None:
            self._hearing = keyboard.connect("notify::caps-lock-state", lambda *_: self._look())
        self.widget.connect("destroy", lambda _widget: self._leave())
        self._look()

    def _look(self) -> None:
        lit = self._keyboard is not None and self._keyboard.get_caps_lock_state()
        self.widget.set_opacity(1.0 if lit else 0.0)

    def _leave(self) -> None:
        if self._keyboard is not None:
            self._keyboard.disconnect(self._hearing)
            self._keyboard = None


def _label(words: str, entry: Gtk.Widget) -> Gtk.Label:
    label = parts.text(words, "field")
    label.set_mnemonic_widget(entry)
    return label


def _labelled(label: Gtk.Label, entry: Gtk.Widget) -> Gtk.Box:
    return parts.column(label, entry, spacing=6)
