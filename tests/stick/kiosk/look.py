"""What a test sees on the kiosk's screen."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from PIL import Image, ImageChops

BAR_PIXELS: Final = 40
OFFICE_BLUE: Final = (36, 71, 107)
"""The lab's office desktop near its top (hanare_lab.wallpaper)."""
COVER: Final = (11, 31, 51)
"""The kiosk's own ground."""
GO: Final = (255, 209, 102)
"""The button that leads on."""
WHITE: Final = (255, 255, 255)
BUSY: Final = (111, 100, 64)
"""The button that sends a page, while the agent works on what was sent."""
NOTICE: Final = (253, 226, 222)
NEAR: Final = 24
_WHOLE: Final = 255


def pixels(path: Path, box: tuple[int, int, int, int]) -> Iterator[tuple[int, int, int]]:
    """Return the pixels of a part of a picture."""
    with Image.open(path) as image:
        values = iter(image.convert("RGB").crop(box).tobytes())
    return zip(values, values, values, strict=True)


def share(path: Path, box: tuple[int, int, int, int], colour: tuple[int, int, int]) -> float:
    """Return which part of the box is near the colour, from 0 to 1."""
    with Image.open(path) as image:
        part = image.convert("RGB").crop(box)
    red, green, blue = (_near(band, value) for band, value in zip(part.split(), colour, strict=True))
    near = ImageChops.darker(ImageChops.darker(red, green), blue)
    return near.histogram()[_WHOLE] / (part.width * part.height)


def is_black(path: Path) -> bool:
    """Whether nothing at all is shown beneath where the bar would be (the pointer apart)."""
    with Image.open(path) as image:
        return share(path, (0, 0, *image.size), (0, 0, 0)) > 0.99


def shows_office(path: Path) -> bool:
    """Whether the office desktop's own ground is seen beneath the bar."""
    return share(path, (900, BAR_PIXELS + 20, 1260, 200), OFFICE_BLUE) > 0.5


def asks(path: Path) -> bool:
    """Whether a page with a field to type into stands on the kiosk's own ground, and waits for the person.

    What is typed while the agent works is wiped with its answer, so a page that is busy does not ask.
    """
    with Image.open(path) as image:
        width, height = image.size
    ground = share(path, (0, height // 10, width // 20, height * 9 // 10), COVER) > 0.7
    page = (width // 6, height // 10, width * 3 // 4, height * 9 // 10)
    return ground and share(path, page, WHITE) > 0.03 and share(path, page, BUSY) < 0.001


def refusal(path: Path) -> bool:
    """Whether a notice stands above a page."""
    return share(path, (300, 100, 1000, 300), NOTICE) > 0.3


def asks_again(path: Path) -> bool:
    """Whether a page says why it was refused, and waits for the person."""
    return refusal(path) and asks(path)


def marked(path: Path) -> bool:
    """Whether the watermark lies over the office desktop: its plain ground has light and dark strokes."""
    with Image.open(path) as image:
        width, height = image.size
    ground = list(pixels(path, (width // 2, BAR_PIXELS + 10, width - 10, height // 2)))
    plain = max(set(ground), key=ground.count)
    lighter = sum(sum(pixel) > sum(plain) + 40 for pixel in ground)
    darker = sum(sum(pixel) < sum(plain) - 25 for pixel in ground)
    return lighter > len(ground) // 200 and darker > len(ground) // 400


def _near(band: Image.Image, value: int) -> Image.Image:
    """Return a picture that is light where the band is near the value."""
    return band.point([_WHOLE if abs(level - value) <= NEAR else 0 for level in range(_WHOLE + 1)])
