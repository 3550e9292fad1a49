"""The pages on which somebody proves who they are: sign-in, first and other PIN, the office PC's account, the lock."""

from hanare_core.pin import MIN_CHARACTERS
from hanare_stick.kiosk import acts
from hanare_stick.kiosk.acts import Act, Do
from hanare_stick.kiosk.draw import parts
from hanare_stick.kiosk.draw.fields import Field, SecretField
from hanare_stick.kiosk.draw.form import Form
from hanare_stick.kiosk.draw.toolkit import Gtk
from hanare_stick.kiosk.state import Page, State
from hanare_stick.kiosk.words import word


class SignIn(Form):
    """Name, PIN, and the code where one was asked for."""

    def __init__(self, state: State, do: Do) -> None:
        super().__init__(state, "sign-in", "sign-in", do)
        self._user = Field(self.say("user"), self.entered, content=state.user)
        self._pin = SecretField(self.say("pin"), self.entered)
        self._code = Field(self._factor(state), self.entered, digits=True)
        for field in (self._user, self._pin, self._code):
            self.add(field)
        self._code.widget.set_visible(state.factor)
        first = parts.button(self.say("first-time"), lambda: do(acts.Go(Page.FIRST_PIN)), "plain")
        tour = parts.button(self.say("tour-again"), lambda: do(acts.Go(Page.TOUR)), "plain")
        self.finish()
        network = parts.button(self.say("network"), lambda: do(acts.OpenNetworks()), "plain")
        self._portal = parts.button(self.say("portal-open"), lambda: do(acts.OpenPortal()))
        self.box.append(parts.row(first, tour, network, self._portal, parts.spring()))

    def act(self) -> Act:
        """Return what was typed as an act."""
        return acts.SignIn(self._user.read(), self._pin.read(), self._code.read())

    def follow(self, state: State) -> None:
        """Ask for the code from the moment it was asked for, and offer the network's own page where it has one."""
        super().follow(state)
        self._portal.set_visible(state.portal)
        self._code.rename(self._factor(state))
        if state.factor and not self._code.widget.get_visible():
            self._code.widget.set_visible(True)

    def _factor(self, state: State) -> str:
        return self.say("factor-or-key" if state.takes_key else "factor")


class FirstPin(Form):
    """One-time code and the PIN, twice."""

    def __init__(self, state: State, do: Do) -> None:
        super().__init__(state, "first", "set-pin", do)
        self.lead(self.say("first-next", **_pin_rules(state)))
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


class ChangePin(Form):
    """The present PIN, the code where one is asked for, and the new PIN, twice."""

    def __init__(self, state: State, do: Do) -> None:
        super().__init__(state, "change-pin", "set-pin", do)
        self.lead(self.say("change-pin-next", **_pin_rules(state)))
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


class Office(Form):
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


class Lock(Form):
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


def _pin_rules(state: State) -> dict[str, object]:
    """Return what this office asks of a PIN, as the words are filled in."""
    office = state.office
    characters = office.pin_characters if office is not None else MIN_CHARACTERS
    composition = office is not None and office.pin_composition
    return {"characters": characters, "composition": word("pin-composition", state.language) if composition else ""}


def _pair(left: Field | SecretField, right: Field | SecretField) -> Gtk.Box:
    pair = parts.row(left.widget, right.widget, spacing=20)
    pair.set_homogeneous(True)
    return pair
