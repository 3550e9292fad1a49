"""Sticks and users of one organisation as keyd sees them; keyd as a process, or its service in this one."""

import asyncio
import json
import os
import socket
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, TypeVar, cast

from nacl.signing import SigningKey

from hanare_core import certificate, oprf, signed, wire
from hanare_core.certificate import StickCertificate
from hanare_core.messages import api, keyd
from hanare_core.problems import Code, Problem
from hanare_core.signed import Kind
from hanare_core.ticket import Factor
from hanare_keyd import admin, keys, schema, settings
from hanare_keyd.service import Service
from hanare_keyd.store import Store
from tests.process import Process

ROOT: Final = Path(__file__).parents[2]
ORGANISATION: Final = "cityhall"
YEAR_MS: Final = 365 * 24 * 3600 * 1000
FAKETIME: Final = "/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1"

CA_KEY: Final = SigningKey.generate()
_ANY_ANSWER: Final = cast("type[keyd.AnyAnswer]", keyd.AnyAnswer)

A = TypeVar("A", bound=keyd.Answer)
Ask = Callable[[keyd.AnyRequest], keyd.AnyAnswer]


def now_ms() -> int:
    """Return Unix time in milliseconds."""
    return time.time_ns() // 1_000_000


class Stick:
    """A stick with its identity key and a certificate by ca_key."""

    def __init__(
        self,
        name: str,
        *,
        ca_key: SigningKey = CA_KEY,
        organisation: str = ORGANISATION,
        from_ms: int = 0,
        until_ms: int | None = None,
    ) -> None:
        self.id = name
        self.identity = SigningKey.generate()
        statement = StickCertificate(
            organisation=organisation,
            stick=name,
            identity_key=signed.public_text(self.identity),
            door_key=wire.key_text(bytes(32)),
            not_before_ms=from_ms,
            not_after_ms=until_ms if until_ms is not None else now_ms() + 3 * YEAR_MS,
        )
        self.certificate = certificate.issue(statement, ca_key)


@dataclass
class Try:
    """One begun attempt, and what the user's key would be if the PIN was right."""

    nonce: str
    user_key: SigningKey
    answer: keyd.BeginAnswer


@dataclass
class Client:
    """Asks keyd as the server does, on behalf of sticks."""

    ask: Ask
    organisation: str = ORGANISATION
    clock: Callable[[], int] = field(default=now_ms)

    def expect(self, request: keyd.AnyRequest, shape: type[A]) -> A:
        """Return the answer of this shape; raise Problem with keyd's code for a refusal."""
        answer = self.ask(request)
        if isinstance(answer, keyd.RefusalAnswer):
            raise Problem(answer.code, detail=answer.detail)
        assert isinstance(answer, shape)
        return answer

    def nonce(self, stick: Stick) -> str:
        return self.expect(keyd.NonceRequest(stick.id), keyd.NonceAnswer).nonce

    def code(self, user: str) -> str:
        return self.expect(keyd.IssueCodeRequest(self.organisation, user), keyd.IssueCodeAnswer).code

    def begin_request(
        self, stick: Stick, user: str, element: bytes, nonce: str, factors: tuple[Factor, ...] = (Factor.PIN,)
    ) -> keyd.BeginRequest:
        body = api.BeginBody(nonce, user, wire.key_text(element))
        text = signed.sign(Kind.BEGIN, body, stick.identity)
        return keyd.BeginRequest(self.organisation, user, stick.certificate, text, factors)

    def begin(self, stick: Stick, user: str, pin: str, factors: tuple[Factor, ...] = (Factor.PIN,)) -> Try:
        nonce = self.nonce(stick)
        scalar, element = oprf.blind(pin.encode())
        answer = self.expect(self.begin_request(stick, user, element, nonce, factors), keyd.BeginAnswer)
        return Try(nonce, user_key(pin, scalar, answer.evaluation), answer)

    def finish_request(
        self, stick: Stick, tried: Try, *, totp: str = "", session_key: bytes = bytes(32), generation: int = 7
    ) -> keyd.FinishRequest:
        body = api.FinishBody(tried.nonce, wire.key_text(session_key), generation, totp)
        by_user = signed.sign(Kind.FINISH_USER, body, tried.user_key)
        by_stick = signed.sign(Kind.FINISH_STICK, body, stick.identity)
        return keyd.FinishRequest(self.organisation, stick.certificate, by_user, by_stick)

    def finish(self, stick: Stick, tried: Try, *, totp: str = "") -> keyd.FinishAnswer:
        return self.expect(self.finish_request(stick, tried, totp=totp), keyd.FinishAnswer)

    def sign_in(self, stick: Stick, user: str, pin: str) -> keyd.FinishAnswer:
        return self.finish(stick, self.begin(stick, user, pin))

    def first_pin_begin(
        self, stick: Stick, user: str, code: str, pin: str, factors: tuple[Factor, ...] = (Factor.PIN,)
    ) -> tuple[Try, str]:
        """Return the attempt and the TOTP secret to enrol."""
        nonce = self.nonce(stick)
        scalar, element = oprf.blind(pin.encode())
        body = api.FirstPinBeginBody(nonce, user, code, wire.key_text(element))
        text = signed.sign(Kind.FIRST_PIN_BEGIN, body, stick.identity)
        request = keyd.FirstPinBeginRequest(self.organisation, user, stick.certificate, text, factors)
        answer = self.expect(request, keyd.FirstPinBeginAnswer)
        begun = keyd.BeginAnswer(answer.evaluation, factors, 0)
        return Try(nonce, user_key(pin, scalar, answer.evaluation), begun), answer.totp_secret

    def first_pin_finish_request(self, stick: Stick, tried: Try, totp: str = "") -> keyd.FirstPinFinishRequest:
        body = api.FirstPinFinishBody(tried.nonce, signed.public_text(tried.user_key), "envelope", totp)
        by_user = signed.sign(Kind.FIRST_PIN_USER, body, tried.user_key)
        by_stick = signed.sign(Kind.FIRST_PIN_STICK, body, stick.identity)
        return keyd.FirstPinFinishRequest(self.organisation, stick.certificate, by_user, by_stick)

    def change_pin(self, stick: Stick, user: str, pin: str, new_pin: str, *, totp: str = "") -> keyd.NewPinRequest:
        """Change the PIN; return the last message, which may be sent again."""
        request, scalar = self.change_pin_request(stick, self.begin(stick, user, pin), new_pin, totp=totp)
        answer = self.expect(request, keyd.ChangePinAnswer)
        nonce = signed.unverified(request.by_stick, api.ChangePinBody).nonce
        last = self.new_pin_request(stick, nonce, user_key(new_pin, scalar, answer.evaluation))
        self.expect(last, keyd.NewPinAnswer)
        return last

    def change_pin_request(
        self, stick: Stick, tried: Try, new_pin: str, *, totp: str = ""
    ) -> tuple[keyd.ChangePinRequest, bytes]:
        """Return the proof of the present PIN with the new one, and the new one's blind."""
        scalar, element = oprf.blind(new_pin.encode())
        body = api.ChangePinBody(tried.nonce, wire.key_text(element), totp)
        by_user = signed.sign(Kind.CHANGE_PIN_USER, body, tried.user_key)
        by_stick = signed.sign(Kind.CHANGE_PIN_STICK, body, stick.identity)
        return keyd.ChangePinRequest(self.organisation, stick.certificate, by_user, by_stick), scalar

    def prove(self, stick: Stick, tried: Try) -> None:
        """Unlock a covered screen."""
        body = api.ProveBody(tried.nonce)
        by_user = signed.sign(Kind.PROVE_USER, body, tried.user_key)
        by_stick = signed.sign(Kind.PROVE_STICK, body, stick.identity)
        request = keyd.ProveRequest(self.organisation, stick.certificate, by_user, by_stick)
        self.expect(request, keyd.DoneAnswer)

    def new_pin_request(self, stick: Stick, nonce: str, key: SigningKey) -> keyd.NewPinRequest:
        """Return the message that puts the new key in the place of the old."""
        body = api.NewPinBody(nonce, signed.public_text(key), "envelope")
        by_user = signed.sign(Kind.NEW_PIN_USER, body, key)
        by_stick = signed.sign(Kind.NEW_PIN_STICK, body, stick.identity)
        return keyd.NewPinRequest(self.organisation, stick.certificate, by_user, by_stick)

    def set_pin(self, stick: Stick, user: str, pin: str) -> None:
        tried, _ = self.first_pin_begin(stick, user, self.code(user), pin)
        self.expect(self.first_pin_finish_request(stick, tried), keyd.FirstPinFinishAnswer)


def user_key(pin: str, scalar: bytes, evaluation: str) -> SigningKey:
    """Return a key that only the right PIN yields; stands for the one in the envelope, without its Argon2id."""
    return SigningKey(oprf.finalize(pin.encode(), scalar, wire.key_bytes(evaluation))[:32])


def code_of(ask: Callable[[], object]) -> Code | None:
    """Return the code with which this is refused, None if it is not."""
    try:
        ask()
    except Problem as problem:
        return problem.code
    return None


def write_settings(folder: Path, **changes: object) -> Path:
    """Write settings for a keyd in this folder, make its keys and tables, tell it of the organisation."""
    values: dict[str, object] = {
        "socket": str(folder / "keyd.sock"),
        "database": str(folder / "keyd.db"),
        "master_key_file": str(folder / "master.key"),
        "ticket_key_file": str(folder / "ticket.key"),
        "peer_uids": [os.getuid()],
        **changes,
    }
    path = folder / "keyd.toml"
    path.write_text("".join(f"{name} = {json.dumps(value)}\n" for name, value in values.items()))
    assert admin.main([str(path), "init"]) == 0
    ca = signed.public_text(CA_KEY)
    assert admin.main([str(path), "add-organisation", "--id", ORGANISATION, f"--ca-key={ca}"]) == 0
    return path


class Keyd(Process):
    """A real keyd over its real socket."""

    def __init__(self, settings_path: Path) -> None:
        self.settings_path = settings_path
        self.socket = str(settings_path.parent / "keyd.sock")
        self.days_ahead = 0
        """How far its clock is ahead from the next start on, by libfaketime."""
        command = [sys.executable, "-m", "hanare_keyd", settings_path]
        super().__init__(command, settings_path.parent / "keyd.log", listens=[Path(self.socket)])

    def start(self) -> None:
        """Start it with its own rooms alone, and with its clock."""
        paths = os.pathsep.join(str(ROOT / room) for room in ("core", "keyd"))
        self.environment = {"PYTHONPATH": paths, **self._clock()}
        super().start()

    def kill(self) -> None:
        """End it as a power cut would, with what libfaketime shares."""
        names = [f"faketime_shm_{self.pid}", f"sem.faketime_sem_{self.pid}"] if self.started else []
        super().kill()
        for name in names:
            Path("/dev/shm", name).unlink(missing_ok=True)  # noqa: S108 - a later process of that id would end at once

    def _clock(self) -> dict[str, str]:
        if not self.days_ahead:
            return {}
        return {"LD_PRELOAD": FAKETIME, "FAKETIME": f"+{self.days_ahead}d", "FAKETIME_DONT_FAKE_MONOTONIC": "1"}

    def connect(self) -> socket.socket:
        connection = socket.socket(socket.AF_UNIX)
        connection.settimeout(10)
        try:
            connection.connect(self.socket)
        except OSError:
            connection.close()
            raise
        return connection

    def ask(self, request: keyd.AnyRequest) -> keyd.AnyAnswer:
        """Ask on a connection of its own. Raises OSError when keyd is away."""
        with self.connect() as connection:
            return ask_on(connection, request)


def ask_on(connection: socket.socket, request: keyd.AnyRequest) -> keyd.AnyAnswer:
    connection.sendall(wire.encode(request) + b"\n")
    return read_answer(connection)


def read_answer(connection: socket.socket) -> keyd.AnyAnswer:
    data = b""
    while not data.endswith(b"\n"):
        part = connection.recv(65536)
        if not part:
            raise ConnectionError("keyd closed the connection")
        data += part
    return wire.decode(data, _ANY_ANSWER)


class InProcess:
    """keyd's service in this process, with a clock that the test sets."""

    def __init__(self, folder: Path) -> None:
        self.path = write_settings(folder)
        self.time_ms = now_ms()
        self.settings = settings.load(self.path)
        self.loop = asyncio.new_event_loop()
        self.start()

    def start(self) -> None:
        schema.create(Path(self.settings.database))
        self.store = Store(Path(self.settings.database), lambda: self.time_ms)
        self.service = Service(keys.load(self.settings), self.store)

    def restart(self) -> None:
        self.store.close()
        self.start()

    def ask(self, request: keyd.AnyRequest) -> keyd.AnyAnswer:
        line = self.loop.run_until_complete(self.service.answer(wire.encode(request)))
        return wire.decode(line, _ANY_ANSWER)

    def client(self) -> Client:
        return Client(self.ask, clock=lambda: self.time_ms)

    def close(self) -> None:
        self.store.close()
        self.loop.close()
