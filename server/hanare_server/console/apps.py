"""The console as a Django app."""

from django.apps import AppConfig


class ConsoleConfig(AppConfig):
    """Connects the audit log to sign-ins."""

    name = "hanare_server.console"

    def ready(self) -> None:
        """Connect once all models are there."""
        from hanare_server.console import sign_in_log  # noqa: PLC0415 models load first

        sign_in_log.connect()
