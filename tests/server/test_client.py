"""`hanare api …` against the running application, and what it refuses before it sends a token anywhere."""

import io
import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from wsgiref.simple_server import WSGIRequestHandler, make_server

import pytest
from django.db import connections

from hanare_core import command
from hanare_core.sentences import LANGUAGES
from hanare_server.api import tokens
from hanare_server.client.settings import load
from hanare_server.client.texts import TEXTS, ClientError
from hanare_server.console.roles import Permission
from hanare_server.directory.models import Department, User
from hanare_server.jobs import work
from hanare_server.wsgi import application
from tests.server.town import Town


class _Quiet(WSGIRequestHandler):
    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def url() -> Iterator[str]:
    """Serve the application on loopback."""
    with make_server("127.0.0.1", 0, application, handler_class=_Quiet) as server:

        def serve() -> None:
            server.serve_forever()
            connections.close_all()  # each thread has its own, and PostgreSQL's outlive a request

        thread = threading.Thread(target=serve)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture
def ready(town: Town, url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give the folder of a user whose settings are right; the token may all but resume."""
    scopes = set(tokens.offered(town.administrator)) - {Permission.RESUME}
    token = tmp_path / "token"
    token.touch(0o600)
    token.write_text(tokens.make(town.administrator, "night", scopes, 30).secret + "\n")
    folder = tmp_path / ".config" / "hanare"
    folder.mkdir(parents=True)
    (folder / "api.toml").write_text(f'url = "{url}"\ntoken_file = "{token}"\n')
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("LANG", "C")
    for name in ("XDG_CONFIG_HOME", "HANARE_API_URL", "HANARE_API_TOKEN_FILE", "HANARE_API_CA_FILE", "LC_ALL"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


@contextmanager
def worker() -> Iterator[None]:
    """Have a worker do what waits, as the server's own process does."""
    ended = threading.Event()

    def rounds() -> None:
        while not ended.wait(0.05):
            work.work()
        connections.close_all()

    thread = threading.Thread(target=rounds)
    thread.start()
    yield
    ended.set()
    thread.join()


def run(*words: str) -> int:
    """Run the command as the shell does and return its status."""
    with pytest.raises(SystemExit) as ended:
        command.main(["api", *words])
    return int(ended.value.code or 0)


@pytest.mark.usefixtures("ready")
def test_a_script_lists_and_stops(town: Town, capsys: pytest.CaptureFixture[str]) -> None:
    """Lists come as a table and as JSON, over pages; a stop prints what became of it; a lacking scope is a sentence."""
    stick = town.add_stick("総務[1]")
    town.add_user("tanaka")
    assert run("users", "--json") == 0
    assert [row["name"] for row in json.loads(capsys.readouterr().out)] == ["tanaka"]
    assert run("sticks") == 0
    assert "総務[1]" in capsys.readouterr().out
    for name in ("sessions", "loans", "audit"):
        assert run(name, "--json") == 0
        assert isinstance(json.loads(capsys.readouterr().out), list)
    assert run("suspend", "stick", stick.stick) == 0
    assert json.loads(capsys.readouterr().out)["state"] == "stopped"
    assert run("resume", "stick", stick.stick) == 1
    assert "not-permitted" in capsys.readouterr().err
    assert run("suspend", "stick", "../users/nobody") == 1
    assert run("suspend", "city", "x") == 2


@pytest.mark.usefixtures("ready")
def test_a_script_calls_any_endpoint(
    town: Town, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What has no command of its own is called by its address, with its JSON on standard input."""
    body = {"name": "mori", "department": town.department, "full_name": "森 光"}
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(json.dumps(body).encode())))
    assert run("call", "POST", "users") == 0
    user = json.loads(capsys.readouterr().out)
    assert user["id"] == town.user("mori").pk
    assert run("call", "GET", f"/users/{user['id']}/explanation") == 0
    assert "no-office-pc" in capsys.readouterr().out
    assert run("call", "GET", "/nowhere") == 1
    assert "not-found" in capsys.readouterr().err
    assert run("call", "DELETE", "users") == 2


@pytest.mark.usefixtures("ready", "patient")
def test_a_script_imports(town: Town, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """Faulty rows are named and end with 1; a preview changes nothing; with --yes the command waits for the job."""
    department = Department.objects.get(pk=town.department).name
    file = tmp_path / "april.csv"
    file.write_bytes(f"利用者名,氏名,部署\r\nsato,佐藤 花子,{department}\r\nmori,森,無い課\r\n".encode("cp932"))
    assert run("import", "users", str(file)) == 1
    assert "3: " in capsys.readouterr().err
    file.write_text(f"利用者名,氏名,部署\nsato,佐藤 花子,{department}\nyoshida,𠮷田 光,{department}\n")
    assert run("import", "users", str(file)) == 0
    assert json.loads(capsys.readouterr().out)["added"] == 2
    assert not User.objects.filter(organisation=town.id).exists()
    with worker():
        assert run("import", "users", str(file), "--yes") == 0
    assert json.loads(capsys.readouterr().out)["result"] == {"added": 2, "changed": 0}
    assert town.user("yoshida").full_name == "𠮷田 光"
    assert run("import", "users", str(tmp_path / "nothing.csv")) == 1
    assert run("sync-directory") == 1
    assert "not-found" in capsys.readouterr().err


@pytest.mark.usefixtures("ready")
def test_a_script_saves_the_evidence(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """The pack lies there as a PDF; a folder that does not exist is a sentence."""
    assert run("evidence", str(tmp_path / "pack.pdf")) == 0
    assert (tmp_path / "pack.pdf").read_bytes().startswith(b"%PDF-")
    assert run("evidence", str(tmp_path / "nowhere" / "pack.pdf")) == 1
    assert "pack.pdf" in capsys.readouterr().err


def test_wrong_settings_are_said(ready: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Plain HTTP to elsewhere, a token that others can read, broken or missing files: nothing is sent."""
    refused = []
    for change in ("http://hanare.example", "ftp://127.0.0.1", "nonsense"):
        monkeypatch.setenv("HANARE_API_URL", change)
        refused.append(run("users"))
    monkeypatch.delenv("HANARE_API_URL")
    (ready / "token").chmod(0o640)
    refused.append(run("users"))
    (ready / "token").unlink()
    refused.append(run("users"))
    (ready / ".config" / "hanare" / "api.toml").write_text("url = ")
    refused.append(run("users"))
    (ready / ".config" / "hanare" / "api.toml").unlink()
    refused.append(run("users"))
    assert refused == [1] * 7
    with pytest.raises(ClientError):
        load({"HOME": str(ready)})


def test_a_silent_server_is_said(ready: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nobody listens, the command ends with 1."""
    del ready
    monkeypatch.setenv("HANARE_API_URL", "http://127.0.0.1:1")
    assert run("users") == 1


def test_the_command_loads_no_django() -> None:
    """The client runs where no server is installed."""
    code = "import sys, hanare_server.client.command; sys.exit('django' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_both_languages_say_the_same() -> None:
    """The catalogues have the same keys."""
    keys = [
        {(table, key) for table, found in TEXTS.tables(language).items() for key in found} for language in LANGUAGES
    ]
    assert keys[0] == keys[1]
