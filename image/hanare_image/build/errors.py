"""The one error of a build."""


class BuildError(Exception):
    """The image cannot be built; the text says what failed and what to do."""
