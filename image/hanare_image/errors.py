"""The one error of the kitting station."""


class KittingError(Exception):
    """Kitting cannot go on; the text says why and what to do, without any secret."""
