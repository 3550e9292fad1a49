"""The watermark: who and when, all over every monitor, above everything the office sends; clicks pass through it."""

import math
import time
from typing import Any, Final

import cairo

from hanare_stick.kiosk.draw.drawn_window import DrawnWindow
from hanare_stick.kiosk.draw.toolkit import Gdk, Gtk
from hanare_stick.kiosk.state import State
from hanare_stick.kiosk.words import word

ANGLE: Final = -math.pi / 9
STEP_PIXELS: Final = (440, 190)
"""Between two repetitions: no part of a screen that is worth a photograph is without one."""

FONT_PIXELS: Final = 22
_LIGHT: Final = (1.0, 1.0, 1.0, 0.16)
_DARK: Final = (0.0, 0.0, 0.0, 0.16)
"""Both, so that it is seen on white paper and on a black terminal."""


class Watermark:
    """One transparent layer on one monitor."""

    def __init__(self, application: Gtk.Application, monitor: Gdk.Monitor) -> None:
        self._text = ""
        self.window = DrawnWindow(application)
        self.window.add_css_class("clear")
        self.window.lie_over(monitor, "hanare-watermark")
        self._area = Gtk.DrawingArea()
        self._area.set_draw_func(self._draw)
        self.window.set_child(self._area)
        self.window.connect("map", lambda window: window.get_surface().set_input_region(cairo.Region()))

    def show(self, state: State) -> None:
        """Draw user and time."""
        session = state.session
        stamp = time.strftime("%Y-%m-%d %H:%M")
        text = word("watermark", state.language, user=session.user, time=stamp) if session is not None else ""
        if text != self._text:
            self._text = text
            self._area.queue_draw()

    def _draw(self, _area: Gtk.DrawingArea, context: Any, width: int, height: int) -> None:
        context.select_font_face("VL PGothic", cairo.FONT_SLANT_NORMAL, cairo.FONT_WEIGHT_BOLD)
        context.set_font_size(FONT_PIXELS)
        context.translate(width / 2, height / 2)
        context.rotate(ANGLE)
        reach = int(math.hypot(width, height) / 2)
        across, down = STEP_PIXELS
        for number, y in enumerate(range(-reach, reach, down)):
            for x in range(-reach - across * (number % 2) // 2, reach, across):
                for colour, offset in ((_DARK, 1), (_LIGHT, 0)):
                    context.set_source_rgba(*colour)
                    context.move_to(x + offset, y + offset)
                    context.show_text(self._text)
