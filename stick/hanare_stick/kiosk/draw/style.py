"""Colours and sizes: dark ground, white text, one accent; contrast at least 7:1 (WCAG 2.2, 1.4.6).

Sizes follow the screen's height, those of the bar its density.
"""

from typing import Final

from hanare_stick.kiosk.draw.toolkit import Gdk, Gtk

REFERENCE_HEIGHT: Final = 720
REFERENCE_PIXELS: Final = 18
MAX_PIXELS: Final = 30
BAR_PIXELS: Final = 40
"""Height of the status bar where pixels are as large as usual: the desktop keeps the rest."""
BAR_TEXT_PIXELS: Final = 16

_CSS: Final = """
* {{ font-family: "Noto Sans CJK JP", "VL PGothic", sans-serif; }}
window {{ font-size: {base}px; }}
window.cover, window.bar {{ background: #0b1f33; color: #ffffff; }}
window.clear {{ background: transparent; }}
.lead, .tour, .notice label, .banner label {{ line-height: 1.45; }}
.office {{ font-size: {small}px; font-weight: bold; }}
.title {{ font-size: {title}px; font-weight: bold; }}
.lead {{ color: #d6e4f2; }}
.moving {{ color: #d6e4f2; font-size: 60%; letter-spacing: 2px; }}
.tour {{ font-size: {large}px; }}
.field {{ font-size: {small}px; color: #d6e4f2; }}
entry, passwordentry {{
  min-height: {entry}px; padding: 2px 12px; background: #ffffff; color: #10202f; caret-color: #10202f;
  border-radius: 6px; border: 2px solid #7f9db9; font-size: {base}px;
}}
entry:focus-within, passwordentry:focus-within {{ outline: 4px solid #ffd166; outline-offset: 0; }}
entry > image, passwordentry > image {{ color: #10202f; }}
button {{
  min-height: {entry}px; padding: 0 18px; border-radius: 6px; border: 2px solid #7f9db9;
  background: #17364f; color: #ffffff; font-size: {base}px; box-shadow: none; text-shadow: none;
}}
button:hover {{ background: #22507a; }}
button:focus {{ outline: 4px solid #ffd166; outline-offset: 0; }}
button:disabled {{ color: #9fb3c6; border-color: #48607a; }}
button.go {{ background: #ffd166; color: #10202f; border-color: #ffd166; font-weight: bold; }}
button.go:disabled {{ background: #6f6440; color: #10202f; border-color: #6f6440; }}
button.small, button.plain {{ min-height: {chip}px; padding: 0 12px; font-size: {small}px; }}
button.tall {{ min-height: {tall}px; }}
button.plain {{ background: transparent; }}
button.chosen {{ background: #ffffff; color: #10202f; border-color: #ffffff; font-weight: bold; }}
.notice {{ background: #ffe3df; color: #5a0d0d; border-left: 10px solid #d43a2f; border-radius: 6px; }}
.notice {{ padding: 12px 18px; }}
.notice.good {{ background: #e0f4e4; color: #0f3d1c; border-left-color: #2e9e4f; }}
.notice .said {{ font-weight: bold; }}
.notice .code {{ font-size: {tiny}px; }}
.notice button {{ background: transparent; color: inherit; border-color: currentColor; }}
.warning {{ color: #ffd166; font-weight: bold; font-size: {small}px; }}
.doing {{ color: #ffd166; font-weight: bold; }}
.secret {{ font-family: monospace; font-size: {title}px; padding: 12px; border-radius: 6px; }}
.secret {{ background: #ffffff; color: #10202f; }}
.foot {{ font-size: {small}px; color: #d6e4f2; }}
.number {{ font-size: {large}px; font-weight: bold; color: #ffffff; }}
.number.long {{ font-size: {base}px; line-height: 1.3; }}
button label {{ line-height: 1.2; }}
scrollbar, scrollbar trough {{ background: transparent; border: none; }}
scrollbar slider {{ background: #7f9db9; min-width: 8px; min-height: 12px; border-radius: 4px; }}
.notice scrollbar slider {{ background: currentColor; }}
.notice scrolledwindow:focus {{ outline: 3px solid currentColor; }}
window.bar, window.bar button {{ font-size: {bar}px; }}
window.bar button {{ min-height: {bar_button}px; margin: 5px 0; padding: 0 14px; border-width: 1px; }}
window.bar.stranger, window.bar.stranger button {{ background: #ffd166; color: #10202f; border-color: #10202f; }}
window.bar.stranger .warning {{ color: #10202f; font-size: {bar}px; }}
window.bar button.step {{ padding: 0 8px; min-width: 12px; }}
window.bar .lost {{ color: #ffd166; font-weight: bold; }}
window.banner {{ background: #ffd166; color: #10202f; border-radius: 8px; padding: 12px 18px; }}
window.banner .said {{ font-weight: bold; }}
window.banner button {{ background: transparent; color: #10202f; border-color: #10202f; }}
"""
_SHEET: Final = Gtk.CssProvider()


def base_pixels(height: int) -> int:
    """Return the size of plain text on a screen of this height, in pixels."""
    return min(MAX_PIXELS, max(REFERENCE_PIXELS, REFERENCE_PIXELS * height // REFERENCE_HEIGHT * 85 // 100))


def bar_pixels(scale: int) -> int:
    """Return the bar's height at this scale (per cent)."""
    return BAR_PIXELS * scale // 100


def apply(display: Gdk.Display, height: int, scale: int) -> None:
    """Dress every window of the display for a screen of this height and scale (per cent); again for another one."""
    base = base_pixels(height)
    sizes = {
        "tiny": base * 7 // 10,
        "small": base * 85 // 100,
        "base": base,
        "large": base * 125 // 100,
        "title": base * 16 // 10,
        "chip": base * 16 // 10,
        "entry": base * 2,
        "tall": base * 3,
        "bar": BAR_TEXT_PIXELS * scale // 100,
        "bar_button": bar_pixels(scale) - 14,
    }
    # It would fade in and out with every frame of the screen (busy.py); the field's ring shows where one types.
    Gtk.Settings.get_for_display(display).set_property("gtk-cursor-blink", False)
    _SHEET.load_from_string(_CSS.format(**sizes))
    Gtk.StyleContext.add_provider_for_display(display, _SHEET, Gtk.STYLE_PROVIDER_PRIORITY_APPLICATION)
