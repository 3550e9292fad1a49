"""What the pages say, in both languages."""

import os
from typing import Final

from hanare_core.sentences import Language
from hanare_core.texts import Texts

WORDS: Final = Texts("hanare_image", "kit")


def word(key: str, **values: object) -> str:
    """Return a text in the language that was chosen."""
    return WORDS.text(key, **values)


def speak(language: Language) -> None:
    """Choose the language of everything that is said from here on, errors of the whole room included."""
    os.environ["LC_ALL"] = f"{language}.UTF-8"
