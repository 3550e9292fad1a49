"""What the command says at a terminal, and its one error."""

from typing import Final

from hanare_core.texts import Texts

TEXTS: Final = Texts("hanare_server.client", "api")


class ClientError(Exception):
    """Why a command cannot be carried out, in the terminal's language."""

    def __init__(self, name: str, **values: object) -> None:
        super().__init__(TEXTS.text(f"problem.{name}", **values))


def say(key: str, **values: object) -> str:
    """Return a text of the catalogue."""
    return TEXTS.text(key, **values)
