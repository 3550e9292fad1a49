"""The help desk as a Django app."""

from django.apps import AppConfig


class HelpDeskConfig(AppConfig):
    """Says which rows of its own a reader may see."""

    name = "hanare_server.helpdesk"

    def ready(self) -> None:
        """Register once all models are there."""
        from hanare_server.console import scope  # noqa: PLC0415 models load first
        from hanare_server.helpdesk.models import Bundle, Delivery, Message  # noqa: PLC0415 models load first

        scope.register(Bundle, "delivery__stick__department")
        scope.register(Message, scope.NOBODY)
        scope.register(Delivery, "stick__department")
