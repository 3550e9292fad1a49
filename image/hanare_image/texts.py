"""What the kitting station says, in both languages; errors are made from the same catalogue."""

from typing import Final

from hanare_core.texts import Texts
from hanare_image.errors import KittingError

TEXTS: Final = Texts("hanare_image", "stick")


def say(key: str, **values: object) -> str:
    """Return a text in the terminal's language."""
    return TEXTS.text(key, **values)


def refused(key: str, **values: object) -> KittingError:
    """Return the error with this text."""
    return KittingError(say(f"problem.{key}", **values))
