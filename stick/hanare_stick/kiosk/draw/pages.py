"""The pages: each is made once when it comes up, keeps what is typed, and follows the state while it stands."""

from collections.abc import Callable
from typing import Final, Protocol

from hanare_stick.kiosk import acts
from hanare_stick.kiosk.acts import Act
from hanare_stick.kiosk.draw import parts
from hanare_stick.kiosk.draw.fields import CapsLock, Field, SecretField
from hanare_stick.kiosk.draw.menu import Menu
from hanare_stick.kiosk.draw.network_list import NetworkList
from hanare_stick.kiosk.draw.toolkit import Gtk
from hanare_stick.kiosk.shown import shown
from hanare_stick.kiosk.state import Page, State
from hanare_stick.kiosk.words import word

Do = Callable[[Act], None]
_SECRET_GROUP: Final = 4


class Drawn(Protocol):
    """A page on the screen."""

    widget: Gtk.Widget

    def follow(self, state: State) -> None:
        """Show what changed."""


class _Form:
    """Title, lead, fields, and the button that sends them; a busy form says what is being done instead."""

    def __init__(self, state: State, key: str, go: str, do: Do) -> None:
        self._language = state.language
        self.do = do
        self._key = key
        self.title = parts.text(self.say(f"{key}-title"), "title")
        self.box = parts.column(self.title, spacing=14)
        self._go = parts.button(self.say(go), self.entered, "go")
        self._busy = parts.text("", "lead")
        self._spinner = Gtk.Spinner()
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
        self.box.append(parts.row(self._spinner, self._busy))
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
        self._spinner.set_spinning(bool(state.busy))
        self._busy.set_label(self.say(state.busy) if state.busy else "")
        if was_busy and not state.busy:
            secrets = [field for field in self._fields if isinstance(field, SecretField)]
            for field in secrets:
                field.empty()
            if secrets:
                secrets[0].focus()


class SignIn(_Form):
    """Name, PIN, and the code where one was asked for."""

    def __init__(self, state: State, do: Do) -> None:
        super().__init__(state, "sign-in", "sign-in", do)
        self._user = Field(self.say("user"), self.entered, content=state.user)
        self._pin = SecretField(self.say("pin"), self.entered)
        self._code = Field(self.say("factor-or-key" if state.takes_key else "factor"), self.entered, digits=True)
        for field in (self._user, self._pin, self._code):
            self.add(field)
        self._code.widget.set_visible(state.factor)
        first = parts.button(self.say("first-time"), lambda: do(acts.Go(Page.FIRST_PIN)), "plain")
        tour = parts.button(self.say("tour-again"), lambda: do(acts.Go(Page.TOUR)), "plain")
        self.finish()
        network = parts.button(self.say("network"), lambda: do(acts.OpenNetworks()), "plain")
        self.box.append(parts.row(first, tour, network, parts.spring()))

    def act(self) -> Act:
        """Return what was typed as an act."""
        return acts.SignIn(self._user.read(), self._pin.read(), self._code.read())

    def follow(self, state: State) -> None:
        """Ask for the code from the moment it was asked for."""
        super().follow(state)
        if state.factor and not self._code.widget.get_visible():
            self._code.widget.set_visible(True)


class FirstPin(_Form):
    """One-time code and the PIN, twice."""

    def __init__(self, state: State, do: Do) -> None:
        super().__init__(state, "first", "set-pin", do)
        self.lead(self.say("first-next"))
        self._user = Field(self.say("user"), self.entered, content=state.user)
        self._code = Field(self.say("code"), self.entered)
        self._pin = SecretField(self.say("new-pin"), self.entered)
        self._again = SecretField(self.say("again"), self.entered)
        self.box.append(_pair(self._user, self._code))
        self.box.append(_pair(self._pin, self._again))
        self._fields = [self._user, self._code, self._pin, self._again]
        self._by_key = Gtk.CheckButton(label=self.say("enrol-key"))
        self._by_key.set_visible(state.chooses_factor)
        self.box.append(self._by_key)
        self.finish(parts.button(self.say("back"), lambda: do(acts.Go(Page.SIGN_IN))))

    def act(self) -> Act:
        """Return what was typed as an act."""
        user, code, chosen, again = (field.read() for field in (self._user, self._code, self._pin, self._again))
        return acts.FirstPin(user, code, chosen, again, security_key=self._by_key.get_active())


class ChangePin(_Form):
    """The present PIN, the code where one is asked for, and the new PIN, twice."""

    def __init__(self, state: State, do: Do) -> None:
        super().__init__(state, "change-pin", "set-pin", do)
        self.lead(self.say("change-pin-next"))
        self._pin = SecretField(self.say("present-pin"), self.entered)
        self._code = Field(self.say("factor-or-key" if state.takes_key else "factor"), self.entered, digits=True)
        self._new = SecretField(self.say("new-pin"), self.entered)
        self._again = SecretField(self.say("again"), self.entered)
        self.add(self._pin)
        if state.factor:
            self.add(self._code)
        self.box.append(_pair(self._new, self._again))
        self._fields += [self._new, self._again]
        self.finish(parts.button(self.say("back"), lambda: do(acts.Go(Page.MENU))))

    def act(self) -> Act:
        """Return what was typed as an act."""
        return acts.ChangePin(self._pin.read(), self._new.read(), self._again.read(), self._code.read())


class Office(_Form):
    """The office PC's own account."""

    def __init__(self, state: State, do: Do) -> None:
        super().__init__(state, "office", "connect", do)
        session = state.session
        self.lead(self.say("office-next", pc=session.office_pc if session is not None else ""))
        self._user = Field(self.say("office-user"), self.entered, content=state.user)
        self._password = SecretField(self.say("office-password"), self.entered)
        self.add(self._user)
        self.add(self._password)
        self.finish(parts.button(self.say("end"), lambda: do(acts.End())))

    def act(self) -> Act:
        """Return what was typed as an act."""
        return acts.Connect(self._user.read(), self._password.read())


class Lock(_Form):
    """The PIN once more."""

    def __init__(self, state: State, do: Do) -> None:
        super().__init__(state, "lock", "unlock", do)
        self.lead(self.say("lock-next", user=state.session.user if state.session is not None else state.user))
        self._pin = SecretField(self.say("pin"), self.entered)
        self.add(self._pin)
        self.finish(parts.button(self.say("end"), lambda: do(acts.End())))

    def act(self) -> Act:
        """Return what was typed as an act."""
        return acts.Unlock(self._pin.read())


class Plain:
    """A page without fields: title, text, buttons; the first one has the focus."""

    def __init__(self, title: str, words: str, *buttons: Gtk.Button) -> None:
        self._busy = parts.text("", "lead")
        self._spinner = Gtk.Spinner()
        box = parts.column(spacing=20)
        for text, kind in ((title, "title"), (words, "tour")):
            if text:
                box.append(parts.text(text, kind))
        for each in buttons:
            each.set_halign(Gtk.Align.START)
            box.append(each)
        box.append(parts.row(self._spinner, self._busy))
        if buttons:
            box.connect("map", lambda _box: buttons[0].grab_focus())
        self.widget: Gtk.Widget = box

    def follow(self, state: State) -> None:
        """Say what is being done."""
        self._spinner.set_spinning(bool(state.busy))
        self._busy.set_label(word(state.busy, state.language) if state.busy else "")


class WifiForm(_Form):
    """The name of a hidden network, user and password where the network asks for them, and whether to remember."""

    def __init__(self, state: State, do: Do) -> None:
        super().__init__(state, "wifi", "connect", do)
        chosen = state.chosen
        self.lead(shown(chosen.name) if chosen is not None else self.say("wifi-hidden-next"))
        self._name = Field(self.say("wifi-name"), self.entered)
        self._user = Field(self.say("wifi-user"), self.entered)
        self._password = SecretField(self.say("wifi-password"), self.entered)
        kind = chosen.kind if chosen is not None else "psk"
        wanted: dict[Field | SecretField, bool] = {
            self._name: chosen is None,
            self._user: kind == "8021x",
            self._password: kind != "open",
        }
        for field in (field for field, needed in wanted.items() if needed):
            self.add(field)
        if chosen is not None and chosen.known:
            self.lead(self.say("wifi-known"))
        self._remember = Gtk.CheckButton(label=self.say("wifi-remember"))
        self.box.append(self._remember)
        self.finish(parts.button(self.say("back"), lambda: do(acts.LeaveNetwork())))

    def act(self) -> Act:
        """Return what was typed as an act."""
        remember = bool(self._remember.get_active())
        return acts.JoinNetwork(self._user.read(), self._password.read(), remember, self._name.read())


def make(state: State, do: Do) -> Drawn:
    """Return the page that the state names."""
    forms: dict[Page, Callable[[State, Do], Drawn]] = {
        Page.SIGN_IN: SignIn,
        Page.FIRST_PIN: FirstPin,
        Page.CHANGE_PIN: ChangePin,
        Page.OFFICE: Office,
        Page.LOCK: Lock,
        Page.NETWORK: NetworkList,
        Page.WIFI: WifiForm,
        Page.STARTING: _starting,
        Page.UNUSABLE: _unusable,
        Page.TOUR: _tour,
        Page.ENROL: _enrol,
        Page.MENU: Menu,
        Page.CONFIRM_END: _confirm_end,
        Page.DESKTOP: _starting,
    }
    return forms[state.page](state, do)


def _starting(state: State, do: Do) -> Drawn:
    network = parts.button(word("network", state.language), lambda: do(acts.OpenNetworks()))
    return Plain(word("starting-title", state.language), word("starting-next", state.language), network)


def _unusable(state: State, do: Do) -> Drawn:
    return Plain("", "", parts.button(word("power-off", state.language), lambda: do(acts.PowerOff()), "go"))


def _tour(state: State, do: Do) -> Drawn:
    step = state.tour_step
    go = "next" if step < len("123") else "tour-start"
    page = Plain(
        word(f"tour-{step}-title", state.language),
        word(f"tour-{step}-text", state.language),
        parts.button(word(go, state.language), lambda: do(acts.TourNext()), "go"),
    )
    page.widget.prepend(parts.text(word("tour-title", state.language, step=step), "lead"))
    return page


def _enrol(state: State, do: Do) -> Drawn:
    secret = state.secret
    groups = " ".join(secret[at : at + _SECRET_GROUP] for at in range(0, len(secret), _SECRET_GROUP))
    page = Plain(
        word("enrol-title", state.language),
        word("enrol-next", state.language),
        parts.button(word("enrol-done", state.language), lambda: do(acts.Go(Page.SIGN_IN)), "go"),
    )
    page.widget.insert_child_after(parts.text(groups, "secret"), page.widget.get_first_child())
    return page


def _confirm_end(state: State, do: Do) -> Drawn:
    return Plain(
        word("end-title", state.language),
        word("end-next", state.language),
        parts.button(word("menu-end", state.language), lambda: do(acts.End()), "go"),
        parts.button(word("cancel", state.language), lambda: do(acts.Resume())),
    )


def _pair(left: Field | SecretField, right: Field | SecretField) -> Gtk.Box:
    pair = parts.row(left.widget, right.widget, spacing=20)
    pair.set_homogeneous(True)
    return pair
