"""Who holds a stick with all its keys and says through its door what no stick would say."""

import asyncio
import contextlib
import http.client
import json
import ssl
from contextlib import closing

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from hanare_core import signed, wire
from hanare_core.messages import api, gateway
from hanare_core.messages import stick as channel
from hanare_core.signed import Kind
from hanare_lab import addresses
from hanare_lab.installation import front
from hanare_lab.installation.stick import DEVICE, Stick
from hanare_stick.device import Device
from tests.gateway import net


class Thief:
    """A sender behind the door of one stick that is plugged in."""

    def __init__(self, stick: Stick) -> None:
        self.stick = stick
        self.device = Device(stick.machine.root / DEVICE.lstrip("/"))

    def post(self, path: str, body: bytes) -> tuple[int, str]:
        """Post to the stick API; return the status and code of the refusal."""
        return self.ask("POST", f"{api.PREFIX}/{path}", body)

    def ask(self, method: str, path: str, body: bytes) -> tuple[int, str]:
        """Send any request; return the status and code of the refusal."""
        status, answer = self.exchange(method, path, body)
        return status, json.loads(answer)["code"]

    def exchange(self, method: str, path: str, body: bytes) -> tuple[int, bytes]:
        """Send any request; return the answer's status and body."""
        connection = http.client.HTTPConnection(front.TLS_NAME)
        plain = net.connect(self.stick.machine, addresses.SERVER6, front.API_PORT)
        connection.sock = self.context().wrap_socket(plain, server_hostname=front.TLS_NAME)
        with closing(connection):
            connection.request(method, path, body, {"Content-Type": "application/json"})
            answer = connection.getresponse()
            return answer.status, answer.read()

    def nonce(self) -> str:
        """Return a fresh nonce, as the server gives it to the stick that greets."""
        generation = self.device.state().generation
        hello = api.Hello(stick=self.stick.id, protocol=wire.PROTOCOL_VERSION, image=0, generation=generation)
        answer = self.exchange("POST", f"{api.PREFIX}/hello", wire.encode(hello))[1]
        text = wire.decode(answer, api.SignedAnswer).signed
        return signed.verify(Kind.HELLO_ANSWER, text, self.device.site.server_key, api.HelloAnswer).nonce

    def hello(self, nonce: str) -> str:
        """Return the stick's hello for this challenge."""
        body = channel.HelloBody(nonce=nonce, stick=self.stick.id)
        text = signed.sign(Kind.CHANNEL_STICK, body, self.device.identity)
        return wire.encode(channel.Hello(protocol=wire.PROTOCOL_VERSION, signed=text)).decode()

    def closed_by(self, path: str, frame: str | bytes, *, greeted: bool = False) -> tuple[int, str]:
        """Send the hub a frame, after the right hello or instead of it; return the code and reason of its close."""
        return asyncio.run(self._closed_by(path, frame, greeted=greeted))

    def context(self) -> ssl.SSLContext:
        """Return what trusts the server's pinned certificate."""
        return ssl.create_default_context(cadata=self.device.site.server_certificate)

    async def _closed_by(self, path: str, frame: str | bytes, *, greeted: bool) -> tuple[int, str]:
        name = front.TLS_NAME
        plain = net.connect(self.stick.machine, addresses.SERVER6, front.HUB_PORT)
        async with connect(
            f"wss://{name}{path}", sock=plain, ssl=self.context(), server_hostname=name, proxy=None
        ) as opened:
            challenge = wire.decode(str(await opened.recv()), gateway.Challenge)
            if greeted:
                await opened.send(self.hello(challenge.nonce))
                wire.decode(str(await opened.recv()), channel.Welcome)
            with contextlib.suppress(ConnectionClosed):  # before the whole of a frame that is too long was taken
                await opened.send(frame)
            await asyncio.wait_for(opened.wait_closed(), net.ANSWER_S)
            return opened.close_code or 0, opened.close_reason or ""
