"""Takes a picture of the X screen: ``python -m hanare_lab.grab FILE.png``; prints its facts as JSON."""

from __future__ import annotations

import json
import sys

from PIL import ImageGrab


def main() -> None:
    """Write the PNG and say its size and number of colours."""
    image = ImageGrab.grab(xdisplay="").convert("RGB")
    image.save(sys.argv[1], compress_level=1)
    colours = image.getcolors(maxcolors=image.width * image.height) or []
    print(json.dumps({"width": image.width, "height": image.height, "colours": len(colours)}))


if __name__ == "__main__":
    main()
