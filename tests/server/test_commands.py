"""The commands of an administrator with a shell: what they refuse, and that they can be repeated."""

import io
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from nacl.signing import SigningKey

import hanare_server
from hanare_core import signed
from hanare_core.sentences import LANGUAGES, Language
from hanare_server import config, keys
from hanare_server.console.models import Administrator
from hanare_server.directory.management.base import TEXTS
from hanare_server.directory.models import Department, Organisation
from tests.server.town import FINGERPRINT, PASSWORD, Town, command

KEY = signed.public_text(SigningKey(bytes(32)))


@pytest.fixture(autouse=True)
def _english(monkeypatch: pytest.MonkeyPatch) -> None:
    """Speak English, whatever this terminal does."""
    monkeypatch.setenv("LC_ALL", "C.UTF-8")


def test_setup_again_changes_nothing(town: Town) -> None:
    """The same setup leaves organisation, account and keys as they are, and asks for no password."""
    before = (town.acts(), signed.public_text(keys.signing_key()))
    options = {"organisation": town.id, "name": "else", "ca_key": town.organisation.ca_key}
    printed = command("setup", **options, department=town.department, administrator=town.administrator.name)
    assert printed == f"server public key: {before[1]}"
    assert (town.acts(), town.organisation.name) == (before[0], "離れ市")


@pytest.mark.parametrize(("language", "said"), [("ja_JP.UTF-8", "15分以内"), ("C.UTF-8", "within 15 minutes")])
def test_a_command_says_what_to_do_next(town: Town, monkeypatch: pytest.MonkeyPatch, language: str, said: str) -> None:
    """Beside the result, on standard error and in the terminal's language; what programs read stays alone."""
    monkeypatch.setenv("LC_ALL", language)
    output, beside = io.StringIO(), io.StringIO()
    call_command("registration_token", f"--organisation={town.id}", stdout=output, stderr=beside)
    assert len(output.getvalue().split()) == 1
    assert said in beside.getvalue()


def test_a_refusal_is_in_the_terminals_language(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    """A Japanese terminal reads what is wrong and what to do in Japanese, Django's own words about passwords too."""
    monkeypatch.setenv("LC_ALL", "ja_JP.UTF-8")
    with pytest.raises(CommandError, match=f"{town.id} に利用者 nobody はいません。IDは管理画面で確かめられます。"):
        command("one_time_code", organisation=town.id, user="nobody")
    monkeypatch.setattr("sys.stdin", io.StringIO("short\n"))
    options = {"organisation": town.id, "name": "x", "ca_key": town.organisation.ca_key}
    with pytest.raises(CommandError, match="パスワード"):
        command("setup", **options, administrator=f"second-{town.id}")


def test_the_commands_say_what_the_catalogue_holds() -> None:
    """Each text that a command names stands in both languages with the same blanks to fill, and each is named."""
    japanese, english = (_blanks(language) for language in LANGUAGES)
    assert japanese == english
    assert set(english) == _named()


def _blanks(language: Language) -> dict[str, set[str]]:
    tables = TEXTS.tables(language)
    return {f"{name}.{key}": set(re.findall(r"{(\w+)}", table[key])) for name, table in tables.items() for key in table}


def _named() -> set[str]:
    """Return the texts that the commands name."""
    room = Path(hanare_server.__file__).parent
    sources = [*room.glob("*/management/commands/*.py"), *room.glob("*/management/*.py"), room / "__main__.py"]
    text = "".join(path.read_text("utf-8") for path in sources)
    refused = {f"refused.{key}" for key in re.findall(r'\brefused\(\s*"([\w-]+)"', text)}
    following = {f"next.{key}" for key in re.findall(r'"((?:after-restore|rekey)-\w+)"', text)}
    steps = {f"next.rekey-{step}" for step in ("export", "gateways", "import")}
    said = set(re.findall(r'"((?:help|option|fault|rekey)\.[\w-]+)"', text))
    return refused | following | steps | said | {f"next.{key}" for key in re.findall(r'\.then\("([\w-]+)"', text)}


@pytest.mark.parametrize("password", ["", "short", "123456789012", "administrator"])
def test_setup_refuses_a_weak_password(town: Town, monkeypatch: pytest.MonkeyPatch, password: str) -> None:
    """A password that is short, common or digits only makes no account."""
    monkeypatch.setattr("sys.stdin", io.StringIO(password + "\n"))
    options = {"organisation": town.id, "name": "x", "ca_key": town.organisation.ca_key}
    with pytest.raises(CommandError):
        command("setup", **options, administrator=f"second-{town.id}")
    assert Administrator.objects.filter(organisation=town.id).count() == 1


@pytest.mark.parametrize(
    ("name", "options", "said"),
    [
        ("add_gateway", {"id": "gw", "name": "g", "identity_key": "short"}, "no Ed25519 public key"),
        ("add_gateway", {"id": "gw", "name": "g", "identity_key": KEY, "pool": "100.64.0.0/30"}, "or larger"),
        ("add_gateway", {"id": "gw", "name": "g", "identity_key": KEY, "pool": "office"}, "no IPv4 network"),
        ("add_gateway", {"id": "Gateway 1", "name": "g", "identity_key": KEY}, "is no id"),
        ("add_user", {"department": "nowhere", "name": "x"}, "no department nowhere"),
        ("one_time_code", {"user": "nobody"}, "no user nobody"),
        ("registration_token", {"count": 0}, "1 to 500"),
        ("registration_token", {"department": "nowhere"}, "no department nowhere"),
    ],
)
def test_a_faulty_option_is_named(town: Town, name: str, options: dict[str, object], said: str) -> None:
    """Each refusal is one sentence that says what is wrong."""
    with pytest.raises(CommandError, match=said):
        command(name, organisation=town.id, **options)


def test_a_faulty_office_pc_is_refused_now_and_not_at_a_sign_in(town: Town) -> None:
    """The pin and the user are checked when the PC is added."""
    user = town.add_user("tanaka", office_pc=False)
    options = {"organisation": town.id, "name": "x", "kind": "xrdp", "address": "10.0.0.1"}
    with pytest.raises(CommandError, match="fingerprint"):
        command("add_office_pc", **options, user=user.pk, fingerprint="ab:cd")
    with pytest.raises(CommandError, match="no user nobody"):
        command("add_office_pc", **options, user="nobody", fingerprint=FINGERPRINT)


def test_an_unknown_organisation_is_named(town: Town) -> None:
    """A command for an organisation that is not there says what to do."""
    with pytest.raises(CommandError, match="Run setup first"):
        command("add_department", organisation=f"no-{town.id}", id="x", name="x")


def test_nothing_is_added_twice(town: Town) -> None:
    """A second user of the same normalised name, PC, department or gateway is refused."""
    user = town.add_user("tanaka")
    pc = {"name": "x", "kind": "windows", "address": "10.0.0.1", "fingerprint": FINGERPRINT}
    with pytest.raises(CommandError, match="user of that name"):
        town.add_user("ＴＡＮＡＫＡ", office_pc=False)
    with pytest.raises(CommandError, match="office PC already"):
        command("add_office_pc", organisation=town.id, user=user.pk, **pc)
    with pytest.raises(CommandError, match="already"):
        command("add_department", organisation=town.id, id=town.department, name="x")
    with pytest.raises(CommandError, match="already"):
        town.add_gateway(connected=False)
    command("add_department", organisation=town.id, id=f"{town.id}-second", name="税務課")
    assert Department.objects.filter(organisation=town.id).count() == 2


def test_pools_never_overlap(town: Town) -> None:
    """Two gateways never hand out the same inner address."""
    town.add_gateway(8, connected=False, pool="100.127.255.0/26")
    with pytest.raises(CommandError, match="overlaps"):
        town.add_gateway(9, connected=False, pool="100.127.255.32/28")


def test_check_settings_finds_no_fault_here(town: Town) -> None:
    """With keys, tables and keyd in place everything is well."""
    assert Organisation.objects.filter(pk=town.id).exists()
    assert command("check_settings") == "ok"


@pytest.mark.usefixtures("town")
def test_check_settings_names_each_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Missing or open secrets and a keyd that is away are named together."""
    (tmp_path / "secret").write_text("x")
    (tmp_path / "secret").chmod(0o644)
    monkeypatch.setattr(settings, "HANARE", config.Config(directory=str(tmp_path)))
    with pytest.raises(CommandError) as refused:
        command("check_settings")
    text = str(refused.value)
    assert "server.key is missing" in text
    assert "secret can be read by others" in text
    assert "keyd does not answer" in text


@pytest.mark.parametrize("text", ["unknown = 1", "tls = 1", 'database = "mysql://x"', 'language = "fr"', "directory ="])
def test_a_faulty_settings_file_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    """An unknown key or a value out of its bounds stops the start."""
    path = tmp_path / "server.toml"
    path.write_text(text)
    monkeypatch.setenv(config.ENVIRONMENT, str(path))
    with pytest.raises(config.SettingsError, match=r"server\.toml: .*(unknown|tls|database|language|Invalid)"):
        config.load()


def test_a_faulty_settings_file_is_one_line_on_the_terminal(tmp_path: Path) -> None:
    """A command with settings that are not there ends with 2 and a sentence, not with a traceback."""
    environment = {**os.environ, config.ENVIRONMENT: str(tmp_path / "nowhere.toml")}
    command_line = [sys.executable, "-m", "hanare_server", "check_settings"]
    done = subprocess.run(command_line, check=False, capture_output=True, text=True, env=environment)
    assert done.returncode == 2
    assert done.stderr.startswith("server: ")
    assert "Traceback" not in done.stderr


def test_the_password_is_in_no_row(town: Town) -> None:
    """Only Django's hash of it is kept."""
    assert PASSWORD not in town.administrator.password
    assert town.administrator.password.startswith("pbkdf2_sha256$")
