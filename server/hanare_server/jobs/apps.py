"""Long work as a Django app."""

from django.apps import AppConfig


class JobsConfig(AppConfig):
    """Says which rows of its own a reader may see."""

    name = "hanare_server.jobs"

    def ready(self) -> None:
        """Register once all models are there."""
        from hanare_server.console import scope  # noqa: PLC0415 models load first
        from hanare_server.jobs.models import Job  # noqa: PLC0415 models load first

        scope.register(Job, scope.NOBODY)
