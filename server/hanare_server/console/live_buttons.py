"""The buttons of the start page, which act without leaving it: htmx sends the page's one form and draws the rows anew.

Each has an id, so that whoever works by keyboard keeps their place when the rows are drawn anew.
"""

from html import escape
from typing import Final, NamedTuple

from django.utils.functional import Promise
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy

from hanare_server.console import addresses


class LiveButton(NamedTuple):
    """What a button does to one thing of its kind, and what it says before and meanwhile."""

    view: str
    things: str
    """The plural word of the address."""
    label: Promise
    busy: Promise
    tone: str = "outline-secondary"

    def draw(self, identifier: str) -> SafeString:
        """Return it as HTML."""
        address = escape(addresses.of(self.view, identifier, self.things))
        return SafeString(
            f'<button class="btn btn-sm btn-{self.tone}" id="act-{self.things}-{escape(identifier)}" form="live-act" '
            f'formaction="{address}" hx-post="{address}" hx-disabled-elt="this">'
            f'<span class="when-idle">{self.label}</span><span class="when-busy">{self.busy}</span></button>'
        )


_STOPPING: Final = gettext_lazy("stopping…")

STOP_SESSION: Final = LiveButton("console:suspend", "sessions", gettext_lazy("Stop session"), _STOPPING)
SUSPEND_STICK: Final = LiveButton("console:suspend", "sticks", gettext_lazy("Suspend stick"), _STOPPING, "danger")
RESUME: Final = {
    things: LiveButton("console:resume", things, gettext_lazy("Resume"), gettext_lazy("resuming…"))
    for things in ("departments", "organisations", "sticks", "users")
}
