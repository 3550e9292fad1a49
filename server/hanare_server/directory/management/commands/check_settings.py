"""`check_settings`: says what would keep the server from working, before it is started."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor

from hanare_core.messages import keyd
from hanare_core.problems import Problem
from hanare_server import keyd_client, keys
from hanare_server.config import Config
from hanare_server.directory.management.base import say


class Command(BaseCommand):
    """Prints every fault; ends with status 1 if there is one."""

    help = say("help.check-settings")

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Run all checks."""
        faults = [*_secret_faults(settings.HANARE), *_database_faults(), *_keyd_faults()]
        if faults:
            raise CommandError("\n".join(faults))
        self.stdout.write("ok")


def _secret_faults(config: Config) -> list[str]:
    faults = []
    for name, given in (("server.key", config.key_file), ("secret", config.secret_file)):
        path = config.path(name, given)
        if not path.exists():
            faults.append(say("fault.missing", path=path))
        elif path.stat().st_mode & 0o037:
            faults.append(say("fault.open", path=path))
    if not faults:
        keys.signing_key()
    return faults


def _database_faults() -> list[str]:
    try:
        executor = MigrationExecutor(connection)
        plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except DatabaseError as error:
        return [say("fault.database", fault=type(error).__name__)]
    return [say("fault.tables")] if plan else []


def _keyd_faults() -> list[str]:
    try:
        keyd_client.ask(keyd.StatusRequest(), keyd.StatusAnswer)
    except Problem as problem:
        return [say("fault.keyd", code=problem.code.value)]
    return []
