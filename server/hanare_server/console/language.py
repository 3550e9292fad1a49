"""The language in which the reader sees the console."""

from django.utils.translation import get_language

from hanare_core.sentences import Language


def reader_language() -> Language:
    """Return the language of this request."""
    return "en" if (get_language() or "").startswith("en") else "ja"
