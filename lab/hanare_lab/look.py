"""What an eye sees on an emulated PC's screen: the kiosk's pages and the office desktop, by their colours."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from PIL import Image

COVER: Final = (11, 31, 51)
"""The kiosk's own ground (hanare_stick.kiosk.draw.style)."""

GO: Final = (255, 209, 102)
"""The button that leads on, of the same style."""

OFFICE: Final = (36, 71, 107)
"""The lab's office desktop near its top (hanare_lab.wallpaper)."""

GOLD: Final = (255, 214, 102)
"""The office PC's name on that desktop; xrdp's own ground, which is seen before, has none."""

WHITE: Final = (255, 255, 255)

NOTICE: Final = (253, 226, 222)
"""The ground of a notice that says why something was refused, of the same style."""

BAR_PIXELS: Final = 40
NEAR: Final = 24
"""How far a channel may be off: the watermark shades what is beneath it."""

_MOST: Final = 0.7
_HALF: Final = 0.5
_A_FIELD: Final = 0.02
_A_BUTTON: Final = 0.003
_A_NOTICE: Final = 0.03
_A_NAME: Final = 0.005
_A_WATERMARK: Final = 0.005

_LETTER: Final = (8, 16)
"""Pixels of one character of the kernel's console, across and down."""

Box = tuple[float, float, float, float]


def share(path: Path, box: Box, colour: tuple[int, int, int]) -> float:
    """Return which part of a box is near the colour; box and result from 0 to 1."""
    with Image.open(path) as image:
        width, height = image.size
        left, top, right, bottom = box
        part = image.convert("RGB").crop(
            (int(left * width), int(top * height), int(right * width), int(bottom * height))
        )
    counted = part.getcolors(maxcolors=part.width * part.height) or []
    alike = sum(count for count, seen in counted if near(seen, colour))
    return alike / (part.width * part.height)


def asks(path: Path) -> bool:
    """Whether a page with a field to type into stands on the kiosk's own ground."""
    return share(path, (0, 0.1, 0.05, 0.9), COVER) > _MOST and share(path, (0.2, 0.1, 0.8, 0.9), WHITE) > _A_FIELD


def offers(path: Path) -> bool:
    """Whether a page with the button that leads on stands on the kiosk's own ground."""
    return covered(path) and share(path, (0.15, 0.1, 0.85, 0.9), GO) > _A_BUTTON


def refuses(path: Path) -> bool:
    """Whether a notice says why something was refused, above a page that asks again."""
    return asks(path) and alarms(path)


def alarms(path: Path) -> bool:
    """Whether a notice of something wrong stands above any page."""
    return share(path, (0.2, 0.1, 0.8, 0.6), NOTICE) > _A_NOTICE


def heading(path: Path) -> bytes:
    """Return the upper part of a page: its title and words, without what turns while something is waited for."""
    with Image.open(path) as image:
        width, height = image.size
        return image.convert("RGB").crop((width // 5, height // 10, width * 4 // 5, height // 2)).tobytes()


def covered(path: Path) -> bool:
    """Whether the kiosk's own ground is all around."""
    return share(path, (0, 0.1, 0.05, 0.9), COVER) > _MOST


def in_session(path: Path) -> bool:
    """Whether the watermark lies over the kiosk's own ground: somebody has signed in."""
    return covered(path) and 1 - share(path, (0.82, 0.1, 1, 0.9), COVER) > _A_WATERMARK


def guarded(path: Path) -> bool:
    """Whether the bar stands above the office desktop and the watermark lies over it.

    The desktop's ground has one colour a row, of which the watermark's strokes differ.
    """
    with Image.open(path) as image:
        width, height = image.size
        ground = image.convert("RGB").crop((width * 7 // 10, height // 10, width * 98 // 100, height * 28 // 100))
    rows = (ground.crop((0, y, ground.width, y + 1)).getcolors(ground.width) or [] for y in range(ground.height))
    strokes = sum(ground.width - max(count for count, _ in row) for row in rows) / (ground.width * ground.height)
    return strokes > _A_WATERMARK and share(path, (0, 0, 1, BAR_PIXELS / height), COVER) > _HALF


def shows_office(path: Path) -> bool:
    """Whether the office desktop is seen beneath the bar: its own ground, and the office PC's name on it."""
    ground = share(path, (0.7, 0.1, 0.98, 0.28), OFFICE)
    return ground > _HALF and share(path, (0.02, 0.15, 0.5, 0.6), GOLD) > _A_NAME


def writes(path: Path, text: str, first_line: int) -> bool:
    """Whether a text console shows this text and nothing else: each character has ink, and each space has none.

    No font is needed for that, and no other sentence has its words at the same places. The cursor blinks below.
    """
    lines = [""] * first_line + text.rstrip("\n").split("\n")
    wanted = {(row, column) for row, line in enumerate(lines) for column, one in enumerate(line) if one != " "}
    return _inked(path) - {(len(lines), 0)} == wanted


def _inked(path: Path) -> set[tuple[int, int]]:
    """Return the places (row, column) of a text console that are not black."""
    across, down = _LETTER
    with Image.open(path) as image:
        lit = image.convert("L").point([255 if level > NEAR else 0 for level in range(256)])
    return {
        (row, column)
        for row in range(lit.height // down)
        for column in range(lit.width // across)
        if lit.crop((column * across, row * down, (column + 1) * across, (row + 1) * down)).getbbox() is not None
    }


def near(seen: object, colour: tuple[int, int, int]) -> bool:
    """Whether two colours look alike, a watermark's stroke over one of them allowed for."""
    channels = seen if isinstance(seen, tuple) else (seen, seen, seen)
    return all(abs(int(one) - other) <= NEAR for one, other in zip(channels, colour, strict=True))
