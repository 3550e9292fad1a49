"""The page on which a Wi-Fi network is joined."""

from hanare_stick.kiosk import acts
from hanare_stick.kiosk.acts import Act, Do
from hanare_stick.kiosk.draw import parts
from hanare_stick.kiosk.draw.fields import Field, SecretField
from hanare_stick.kiosk.draw.form import Form
from hanare_stick.kiosk.draw.toolkit import Gtk
from hanare_stick.kiosk.shown import shown
from hanare_stick.kiosk.state import State


class WifiForm(Form):
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
