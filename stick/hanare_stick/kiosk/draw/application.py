"""The kiosk's process: joins agent, compositor and drawing in GTK's main loop.

Whenever one of its layers is taken away the process ends, and with it the compositor: the screen goes black.
"""

import os
import time
from pathlib import Path
from typing import Final

from msgspec.structs import replace

from hanare_stick.control_messages import AnyEvent, Area, Reached
from hanare_stick.kiosk import acted, acts, asked_again, compositor, heard, hours, known, on_the_way, opening
from hanare_stick.kiosk.caged_socket import CagedSocket
from hanare_stick.kiosk.draw.banner import Banner
from hanare_stick.kiosk.draw.cover import Cover
from hanare_stick.kiosk.draw.desktop_area import DesktopArea
from hanare_stick.kiosk.draw.lighting import Lighting
from hanare_stick.kiosk.draw.monitors import Monitors
from hanare_stick.kiosk.draw.toolkit import Gdk, Gio, GLib, Gtk, open_display
from hanare_stick.kiosk.guardian import Handover
from hanare_stick.kiosk.idle import Idleness
from hanare_stick.kiosk.keys import Keys
from hanare_stick.kiosk.link import Link
from hanare_stick.kiosk.settings import Settings
from hanare_stick.kiosk.state import State
from hanare_stick.kiosk.toplevels import Toplevels
from hanare_stick.kiosk.xwayland import Xwayland
from hanare_stick.service_manager import tell_ready
from hanare_stick.window_names import PORTAL

RETRY_MS: Final = 500
TICK_S: Final = 1

_FRONT: Final = frozenset({"function", "portal-open"})
"""Steps after which another window stands in front."""


class Application:
    """One kiosk."""

    def __init__(self, settings: Settings, x: Xwayland) -> None:
        self._settings = settings
        self._x = x
        self._folder = Path(settings.folder)
        self.state = State()
        self._held: acts.Act | None = None
        """What was typed before the stick had reached the office: sent then, and kept nowhere else."""
        self._wide: Area | None = None
        self._link = Link(Path(settings.control), self._hear)
        self._gtk = Gtk.Application(application_id="jp.hanare.Kiosk", flags=Gio.ApplicationFlags.NON_UNIQUE)
        self._gtk.connect("activate", lambda _application: self._begin())

    def run(self, handover: Handover) -> int:
        """Go into the compositor, then run until the end; return the exit status. Raises OSError."""
        handover.take(open_display)
        return int(self._gtk.run([]))

    def do(self, act: acts.Act) -> None:
        """Carry out what the person did."""
        before = self.state
        self.state, requests = acted.acted(before, act)
        if self.state.held and not before.held:
            self._held = act
        if self.state.keyboard != before.keyboard:
            self._take_over()
        self._draw()
        for request in requests:
            self._link.ask(request)

    def _begin(self) -> None:
        office = known.office()
        if office is not None:
            self.state = on_the_way.known(self.state, office)
        (self._folder / compositor.PID_FILE).write_text(str(os.getpid()), "ascii")
        display = Gdk.Display.get_default()
        self._keys = Keys(self._folder)
        self._x.admit_desktop()
        self._cage = CagedSocket(Path(self._settings.desktop))
        self._idle = Idleness(self._idled, time.monotonic())
        self._toplevels = Toplevels()
        self._monitors = Monitors(self._gtk, display, self.do, self._resized)
        self._area = DesktopArea(self._monitors, self._stand)
        self._cover = Cover(self._gtk, self.do)
        self._cover.window.connect("close-request", lambda _window: self._gtk.quit())
        self._lighting = Lighting(self._gtk, self._monitors, self._cover.take_keys)
        self._take_over()
        self._banner = Banner(self._gtk, self.do)
        self._place()
        self._draw()
        self._cover.window.when_seen(tell_ready)
        GLib.io_add_watch(self._keys.fileno(), GLib.PRIORITY_DEFAULT, GLib.IOCondition.IN, self._key_pressed)
        GLib.io_add_watch(self._toplevels.fileno(), GLib.PRIORITY_DEFAULT, GLib.IOCondition.IN, self._toplevels_spoke)
        GLib.timeout_add_seconds(TICK_S, self._tick)
        self._connect()

    def _connect(self) -> bool:
        if not self._link.connect():
            GLib.timeout_add(RETRY_MS, self._connect)
            return False
        self._x.begin()
        condition = GLib.IOCondition.IN | GLib.IOCondition.HUP
        GLib.io_add_watch(self._link.fileno(), GLib.PRIORITY_DEFAULT, condition, self._agent_spoke)
        self._resized()
        return False

    def _agent_spoke(self, *_: object) -> bool:
        if self._link.receive():
            return True
        self.state = on_the_way.lost(self.state)
        self._draw()
        GLib.timeout_add(RETRY_MS, self._connect)
        return False

    def _hear(self, event: AnyEvent) -> None:
        before = self.state
        self.state = heard.heard(before, event, time.monotonic())
        if self.state.keyboard != before.keyboard:
            self._take_over()
        if self.state.session != before.session:
            self._watch_idleness()
        if isinstance(event, Reached) and event.step in _FRONT:
            self._toplevels.front(event.detail if event.step == "function" else PORTAL)
        self._look_for_window()
        self._bring_held()
        self._draw()
        for request in asked_again.unheard(self.state, event):
            self._link.ask(request)

    def _bring_held(self) -> None:
        """Send what was typed on the way to the office, once it is there; forget it when it waits no more."""
        held, arrived = self._held, not self.state.waiting
        if held is None or (self.state.held and not arrived):
            return
        self._held = None
        if self.state.held:
            self.state = replace(self.state, held=False)
            self.do(held)

    def _place(self) -> None:
        for each in (self._cover, self._banner):
            each.window.stand_on(self._monitors.first)

    def _resized(self) -> None:
        self._place()
        self._area.follow()

    def _stand(self, area: Area) -> None:
        wide = area if area.monitors > 1 else None
        if wide != self._wide:
            self._wide = wide
            self._take_over()
        self._link.ask(area)

    def _take_over(self) -> None:
        compositor.take_over(self._folder, self.state.keyboard, self._wide)

    def _watch_idleness(self) -> None:
        session = self.state.session
        times = {session.idle_lock_s, session.idle_end_s} if session is not None else ()
        self._idle.watch(*times)

    def _idled(self, seconds: int) -> None:
        session = self.state.session
        if session is not None:
            self.do(acts.End(idle=True) if seconds >= session.idle_end_s else acts.Lock())

    def _toplevels_spoke(self, *_: object) -> bool:
        self._toplevels.dispatch()
        if self._look_for_window():
            self._draw()
        return True

    def _look_for_window(self) -> bool:
        """Uncover the application that was chosen once its window is there."""
        awaited = opening.awaited(self.state)
        came = bool(awaited) and self._toplevels.shows(awaited)
        if came:
            self.state = opening.came(self.state)
        return came

    def _key_pressed(self, *_: object) -> bool:
        for act in self._keys.pressed():
            self.do(act)
        return True

    def _tick(self) -> bool:
        now = time.monotonic()
        self._idle.look(now)
        before = self.state
        self.state = opening.ticked(hours.ticked(before, now), now)
        self._monitors.show(self.state, now)
        if self.state is not before:
            self._draw()
        return True

    def _draw(self) -> None:
        self._monitors.show(self.state, time.monotonic())
        self._cover.show(self.state)
        self._banner.show(self.state)
