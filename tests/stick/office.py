"""An office that says exactly what a test tells it to: real TLS, OPRF and signatures, real WireGuard on the gateway.

It plays API, keyd and hub for one stick and one user; its gateway lets everything through, so no test here is about
leases.
"""

import json
import secrets
import ssl
import threading
import time
from collections.abc import Callable, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final

import msgspec
from nacl.public import PrivateKey
from nacl.signing import SigningKey
from websockets.exceptions import ConnectionClosed
from websockets.sync.server import ServerConnection, serve

from hanare_core import envelope, oprf, signed, wire
from hanare_core.door import door_address, door_network
from hanare_core.messages import api
from hanare_core.messages import stick as channel
from hanare_core.messages.gateway import Challenge
from hanare_core.problems import Code, Problem, http_status
from hanare_core.signed import Kind
from hanare_core.stick_settings import StickSettings
from hanare_lab import addresses
from hanare_lab.city import City
from hanare_lab.installation import certificate
from hanare_lab.machine import Machine
from hanare_lab.wait import listens, until
from tests.gateway import net
from tests.gateway.uapi_client import Tunnel

API_PORT: Final = 8443
HUB_PORT: Final = 8444
START_S: Final = 60.0
WIREGUARD_PORT: Final = 51820
GATEWAYS: Final = ("gateway-1", "gateway-2")
INNER: Final = ("100.64.0.9", "100.64.64.9")
"""The session's address at each gateway."""
SECOND_POOL: Final = "100.64.64.0/18"
PIN: Final = "749203"
CODE: Final = "ABCDEFGHIJKLMNOP"


HOUR_MS: Final = 3_600_000


class Office:
    """The office side; `refuse` maps an API path's last part to a code, `calls` counts requests."""

    def __init__(self, city: City, folder: Path, pc: api.OfficePc) -> None:
        self.city = city
        self.pc = pc
        self.ca, self.key = SigningKey.generate(), SigningKey.generate()
        self.gateways = {name: PrivateKey.generate() for name, _ in zip(GATEWAYS, city.gateways, strict=False)}
        self.user_seed, self.oprf_key = b"", oprf.random_key()
        self.refuse: dict[str, Code] = {}
        self.calls: list[str] = []
        self.ended: list[Code] = []
        self.noted: list[channel.Noted] = []
        self.bundles: list[api.DiagnosticsBody] = []
        self.life_ms = 3_600_000
        self.placed = ""
        """The gateway at which the next session is placed; empty: the first."""
        self.session = 0
        self.envelope = envelope.seal(bytes(SigningKey.generate()), bytes(64))
        self.obeyed: channel.Settings | None = None
        self.changed: StickSettings | None = None
        """What somebody changes while a session opens: the channel is quicker than the answer."""
        self._sockets: list[ServerConnection] = []
        self.channels = 0
        """How many channels sticks have opened so far."""
        self.failures = 0
        """Wrong PINs that begin tells of."""
        pem, private = certificate.make("hanare-server")
        self.certificate = pem.decode()
        (folder / "server.pem").write_bytes(pem)
        (folder / "server.key").write_bytes(private)
        self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._tls.load_cert_chain(folder / "server.pem", folder / "server.key")
        for name, machine in zip(self.gateways, city.gateways, strict=True):
            self._start_gateway(machine, self.gateways[name])
        if len(self.gateways) > 1:
            city.route_back(2, SECOND_POOL, door_network(GATEWAYS[1]))
        self._start_api()
        self._start_hub()

    def admit(self, stick: str, identity: str, door_key: str) -> None:
        """Know this stick: its door stands."""
        self.stick, self.identity = stick, identity
        self._peer(door_key, [str(door_address(door_key, name)) for name in self.gateways])

    def give_pin(self, pin: str = PIN) -> None:
        """Make the user's key and envelope as a first PIN would."""
        seed = bytes(SigningKey.generate())
        blind, element = oprf.blind(pin.encode())
        self.envelope = envelope.seal(seed, oprf.finalize(pin.encode(), blind, oprf.evaluate(self.oprf_key, element)))

    def stop(self, code: Code) -> None:
        """Tell the stick by the channel that its session is over."""
        for socket in self._sockets:
            try:
                socket.send(wire.encode(channel.Stop(session=f"session-{self.session}", code=code)).decode())
            except ConnectionClosed:
                continue

    def obey(self, settings: StickSettings) -> None:
        """Tell the stick what its session obeys from now on, at once and whenever it opens its channel."""
        self.obeyed = channel.Settings(session=f"session-{self.session}", settings=settings)
        for socket in self._sockets:
            socket.send(wire.encode(self.obeyed).decode())

    def lose(self, *gateways: str) -> None:
        """Tell the stick by the channel which gateways the hub has lost."""
        for socket in self._sockets:
            socket.send(wire.encode(channel.Away(gateways=gateways)).decode())

    def say(self, note: channel.Note) -> None:
        """Send the stick a message by the channel."""
        for socket in self._sockets:
            socket.send(wire.encode(note).decode())

    def connected(self) -> bool:
        """Whether a stick's channel is open."""
        return bool(self._sockets)

    def close(self) -> None:
        """Close the ports."""
        self._api.shutdown()
        self._api.server_close()
        self._hub.shutdown()

    def answer(self, path: str, body: bytes) -> msgspec.Struct:
        """Return the answer to a request of the stick; raise Problem."""
        name = path.removeprefix(f"{api.PREFIX}/")
        self.calls.append(name)
        if name in self.refuse:
            raise Problem(self.refuse[name])
        return self._answers()[name](body)

    def _answers(self) -> dict[str, Callable[[bytes], msgspec.Struct]]:
        return {
            "hello": self._hello,
            "begin": self._begin,
            "finish": self._finish,
            "confirm": self._confirm,
            "prove": self._prove,
            "diagnostics": self._diagnostics,
            "end": self._end,
            "renew": lambda _body: api.RenewAnswer(wanted=False, again_ms=HOUR_MS),
            "change-pin": self._change,
            "new-pin": self._new_pin,
            "first-pin/begin": self._first_begin,
            "first-pin/finish": self._first_finish,
        }

    def _hello(self, body: bytes) -> msgspec.Struct:
        hello = wire.decode(body, api.Hello)
        answer = api.HelloAnswer(
            stick=hello.stick,
            time_ms=time.time_ns() // 1_000_000,
            nonce=wire.key_text(secrets.token_bytes(32)),
            organisation_name="離れ市",
            help_desk="0123-45-6789",
            image_floor=0,
        )
        return api.SignedAnswer(signed=signed.sign(Kind.HELLO_ANSWER, answer, self.key))

    def _begin(self, body: bytes) -> msgspec.Struct:
        begin = signed.verify(Kind.BEGIN, wire.decode(body, api.Begin).signed, self.identity, api.BeginBody)
        return api.BeginAnswer(
            evaluation=self._evaluated(begin.element), envelope=self.envelope, factors=(), failures=self.failures
        )

    def _finish(self, body: bytes) -> msgspec.Struct:
        finish = wire.decode(body, api.Finish)
        proof = signed.verify(Kind.FINISH_STICK, finish.by_stick, self.identity, api.FinishBody)
        self._session_key = proof.session_key
        return api.FinishAnswer(next_generation=proof.generation + 1)

    def _confirm(self, _body: bytes) -> msgspec.Struct:
        self.session += 1
        self._peer(self._session_key, INNER[: len(self.gateways)])
        found = zip(self.gateways, INNER, strict=False)
        paths = [api.Path(gateway=name, lease=f"lease-{self.session}", address=address) for name, address in found]
        paths.sort(key=lambda path: path.gateway != self.placed)
        if self.changed is not None:
            self.obey(self.changed)
        return api.SessionAnswer(
            session=f"session-{self.session}",
            user_name="kikaku01",
            paths=tuple(paths),
            office_pc=self.pc,
            ttl_ms=120_000,
            ends_ms=time.time_ns() // 1_000_000 + self.life_ms,
        )

    def _prove(self, body: bytes) -> msgspec.Struct:
        request = wire.decode(body, api.Prove)
        signed.verify(Kind.PROVE_STICK, request.by_stick, self.identity, api.ProveBody)
        return api.Done()

    def _change(self, body: bytes) -> msgspec.Struct:
        proof = wire.decode(body, api.ChangePin).by_stick
        wanted = signed.verify(Kind.CHANGE_PIN_STICK, proof, self.identity, api.ChangePinBody)
        return api.ChangePinAnswer(evaluation=self._evaluated(wanted.element))

    def _new_pin(self, body: bytes) -> msgspec.Struct:
        new = wire.decode(body, api.NewPin)
        proof = signed.verify(Kind.NEW_PIN_STICK, new.by_stick, self.identity, api.NewPinBody)
        signed.verify(Kind.NEW_PIN_USER, new.by_user, proof.user_key, api.NewPinBody)
        self.envelope = proof.envelope
        return api.Done()

    def _diagnostics(self, body: bytes) -> msgspec.Struct:
        request = wire.decode(body, api.Diagnostics)
        self.bundles.append(signed.verify(Kind.DIAGNOSTICS, request.signed, self.identity, api.DiagnosticsBody))
        return api.Done()

    def _end(self, body: bytes) -> msgspec.Struct:
        end = signed.verify(Kind.END, wire.decode(body, api.End).signed, self.identity, api.EndBody)
        self.ended.append(end.reason)
        return api.Done()

    def _first_begin(self, body: bytes) -> msgspec.Struct:
        text = wire.decode(body, api.FirstPinBegin).signed
        begin = signed.verify(Kind.FIRST_PIN_BEGIN, text, self.identity, api.FirstPinBeginBody)
        if begin.code != CODE:
            raise Problem(Code.CODE_WRONG)
        return api.FirstPinBeginAnswer(evaluation=self._evaluated(begin.element), user_id="user-1", totp_secret="")

    def _first_finish(self, body: bytes) -> msgspec.Struct:
        finish = wire.decode(body, api.FirstPinFinish)
        proof = signed.verify(Kind.FIRST_PIN_STICK, finish.by_stick, self.identity, api.FirstPinFinishBody)
        signed.verify(Kind.FIRST_PIN_USER, finish.by_user, proof.user_key, api.FirstPinFinishBody)
        self.envelope = proof.envelope
        return api.Done()

    def _evaluated(self, element: str) -> str:
        return wire.key_text(oprf.evaluate(self.oprf_key, wire.key_bytes(element)))

    def _start_gateway(self, gateway: Machine, key: PrivateKey) -> None:
        gateway.start("wireguard", ["wireguard-go", "-f", "wg0"])
        socket = gateway.root / "run/wireguard/wg0.sock"
        until(listens(socket), seconds=START_S, what="wireguard-go")
        _set(gateway, f"private_key={bytes(key).hex()}\nlisten_port={WIREGUARD_PORT}")
        gateway.ip(
            "link set wg0 mtu 1280 up",
            f"route add {addresses.SESSION_POOL} dev wg0",
            f"route add {addresses.DOOR_PREFIX} dev wg0",
        )

    def _peer(self, key: str, addresses_at: Sequence[str]) -> None:
        """Let this key in at every gateway, with its address there."""
        for machine, address in zip(self.city.gateways, addresses_at, strict=True):
            length = 128 if ":" in address else 32
            allowed = f"replace_allowed_ips=true\nallowed_ip={address}/{length}"
            _set(machine, f"public_key={wire.key_bytes(key).hex()}\n{allowed}")

    def _start_api(self) -> None:
        office = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                try:
                    status, content = 200, wire.encode(office.answer(self.path, body))
                except Problem as problem:
                    status = int(http_status(problem.code))
                    content = json.dumps({"code": problem.code.value, "detail": dict(problem.detail)}).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_arguments: Any) -> None:
                """Say nothing."""

        listener = net.listen(self.city.server, addresses.SERVER6, API_PORT)
        listener.settimeout(None)
        self._api = ThreadingHTTPServer(("::1", 0), Handler, bind_and_activate=False)
        self._api.socket.close()
        self._api.socket = self._tls.wrap_socket(listener, server_side=True, do_handshake_on_connect=False)
        threading.Thread(target=self._api.serve_forever, daemon=True).start()

    def _start_hub(self) -> None:
        listener = net.listen(self.city.server, addresses.SERVER6, HUB_PORT)
        listener.settimeout(None)
        self._hub = serve(self._channel, sock=listener, ssl=self._tls, ping_interval=None)
        threading.Thread(target=self._hub.serve_forever, daemon=True).start()

    def _channel(self, socket: ServerConnection) -> None:
        nonce = wire.key_text(secrets.token_bytes(32))
        socket.send(wire.encode(Challenge(nonce=nonce)).decode())
        hello = wire.decode(socket.recv(), channel.Hello)
        body = signed.verify(Kind.CHANNEL_STICK, hello.signed, self.identity, channel.HelloBody)
        if body.nonce != nonce:
            return
        socket.send(wire.encode(channel.Welcome(time_ms=time.time_ns() // 1_000_000)).decode())
        self._sockets.append(socket)
        self.channels += 1
        if self.obeyed is not None:
            socket.send(wire.encode(self.obeyed).decode())
        try:
            for frame in socket:
                said: channel.FromStick = wire.decode(frame, channel.FromStick)
                if isinstance(said, channel.Noted):
                    self.noted.append(said)
        except ConnectionClosed:
            pass
        finally:
            self._sockets.remove(socket)


def _set(gateway: Machine, lines: str) -> None:
    assert Tunnel.ask(gateway, "wg0", f"set=1\n{lines}\n\n") == "errno=0\n\n"
