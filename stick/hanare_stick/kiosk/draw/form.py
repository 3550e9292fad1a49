"""A form: title, lead, fields, and the button that sends them. Each page that is typed into is one."""

from hanare_stick.kiosk.acts import Act, Do
from hanare_stick.kiosk.draw import parts
from hanare_stick.kiosk.draw.busy import Busy
from hanare_stick.kiosk.draw.fields import CapsLock, Field, SecretField
from hanare_stick.kiosk.draw.toolkit import Gtk
from hanare_stick.kiosk.state import State
from hanare_stick.kiosk.words import word


class Form:
    """Title, lead, fields, and the button that sends them; a busy form says what is being done instead."""

    def __init__(self, state: State, key: str, go: str, do: Do) -> None:
        self._language = state.language
        self.do = do
        self._key = key
        self.title = parts.text(self.say(f"{key}-title"), "title")
        self.box = parts.column(self.title, spacing=10)
        self._go = parts.button(self.say(go), self.entered, "go")
        self._busy = Busy(parts.text("", "lead"))
        self._fields: list[Field | SecretField] = []
        self.widget: Gtk.Widget = self.box

    def say(self, key: str, **values: object) -> str:
        """Return a word in the page's language."""
        return word(key, self._language, **values)

    def lead(self, words: str) -> None:
        """Say what this page is for."""
        self.box.append(parts.text(words, "lead"))

    def add(self, field: Field | SecretField) -> None:
        """Add a field."""
        self._fields.append(field)
        self.box.append(field.widget)

    def finish(self, *beside: Gtk.Widget) -> None:
        """Close the form with its button; put the cursor into the first empty field."""
        self.box.append(CapsLock(self.say("caps-lock")).widget)
        self.box.append(parts.row(self._go, *beside, parts.spring()))
        self.box.append(self._busy.widget)
        empty = [field for field in self._fields if not field.read()] or self._fields
        self.box.connect("map", lambda _box: empty[0].focus() if empty else self._go.grab_focus())

    def entered(self) -> None:
        """Send what was typed."""
        self.do(self.act())

    def act(self) -> Act:
        """Return what was typed as an act."""
        raise NotImplementedError

    def follow(self, state: State) -> None:
        """Show whether the agent works on it; after a refusal the secrets are typed anew."""
        was_busy = not self._go.get_sensitive()
        self._go.set_sensitive(not state.busy)
        doing = state.busy or state.waiting
        self._busy.say(self.say(doing) if doing else "")
        if was_busy and not state.busy:
            secrets = [field for field in self._fields if isinstance(field, SecretField)]
            for field in secrets:
                field.empty()
            if secrets:
                secrets[0].focus()
