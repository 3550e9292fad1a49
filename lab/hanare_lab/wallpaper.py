"""Draws the wallpaper of an office PC's session: whose desktop this is, and on which host, in large letters.

Runs in the PC at the start of the session, so that it names the user and host that really are there.
"""

from __future__ import annotations

import getpass
import os
import pwd
import socket
import sys
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

SIZE = (1920, 1080)
TOP, BOTTOM = (36, 84, 124), (14, 32, 56)
FONT = "/usr/share/fonts/truetype/vlgothic/VL-PGothic-Regular.ttf"


def main() -> None:
    """Write the picture to the path given; the format follows its suffix."""
    user = getpass.getuser()
    department = pwd.getpwuid(os.getuid()).pw_gecos.split(",")[0]
    draw(user, department, socket.gethostname()).save(Path(sys.argv[1]))


def draw(user: str, department: str, host: str) -> Image.Image:
    """Return the picture of one user's office PC."""
    image = _gradient()
    pen = ImageDraw.Draw(image)
    lines = (
        (f"{department} {user} の業務用PC".strip(), 84, (255, 255, 255)),
        (f"Office PC of {user}", 46, (176, 208, 236)),
        (host, 160, (255, 214, 102)),
    )
    y = 170
    for text, size, colour in lines:
        pen.text((120, y), text, font=ImageFont.truetype(FONT, size), fill=colour)
        y += round(size * 1.5)
    pen.rectangle((120, 140, 320, 148), fill=(255, 214, 102))
    return image


def _gradient() -> Image.Image:
    mask = Image.linear_gradient("L").resize(SIZE)
    return Image.composite(Image.new("RGB", SIZE, BOTTOM), Image.new("RGB", SIZE, TOP), mask)


if __name__ == "__main__":
    main()
