"""The API as an app: its tokens are rows of an organisation, of no department."""

from django.apps import AppConfig


class ApiConfig(AppConfig):
    """Registers the row scope."""

    name = "hanare_server.api"

    def ready(self) -> None:
        """Add the tokens to the row scope: a department contact sees none."""
        from hanare_server.api.models import Token  # noqa: PLC0415 models are there only now
        from hanare_server.console import scope  # noqa: PLC0415

        scope.register(Token, scope.NOBODY)
