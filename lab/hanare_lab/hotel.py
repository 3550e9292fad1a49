"""A hotel's network: its router lets nothing out before a form on its own page is sent, and then everything.

Whoever asks for any page is led to the hotel's; the form takes ROOM. The router really forwards nothing until then
(`Home.raise_portal`), and opens by itself.
"""

from __future__ import annotations

from typing import Final

from hanare_lab.home import Home
from hanare_lab.wait import until

NAME: Final = "wifi.hotel.example"
PAGE: Final = f"http://{NAME}/sign-in"
ROOM: Final = "0512"
GREEN: Final = (18, 122, 62)
"""The ground of its page."""

READY_SECONDS: Final = 60.0

_SERVER: Final = """
import http.server, subprocess, sys, urllib.parse
name, page, room = sys.argv[1:]
form = ('<!doctype html><meta charset=utf-8><title>Hotel</title>'
        '<style>body{background:rgb(18,122,62);color:#fff;font:28px sans-serif;padding:40px}</style>'
        '<h1>Hotel Wi-Fi</h1><form action=/enter><label>Room <input name=room autofocus></label></form>')

class Hotel(http.server.BaseHTTPRequestHandler):
    def log_message(self, *_): pass
    def do_GET(self):
        place = urllib.parse.urlsplit(self.path)
        if self.headers["Host"] != name:
            self.send_response(302)
            self.send_header("Location", page)
            self.end_headers()
            return
        print(self.client_address[0], self.path, flush=True)
        if urllib.parse.parse_qs(place.query).get("room") == [room]:
            subprocess.run(["nft", "delete", "table", "inet", "portal"], check=False)
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(form.encode())

server = http.server.ThreadingHTTPServer(("0.0.0.0", 8080), Hotel)
print("ready", flush=True)
server.serve_forever()
"""


class Hotel:
    """The home is the hotel's network from now on."""

    def __init__(self, home: Home) -> None:
        home.serve_names({NAME: home.subnet[1]})
        home.let_nothing_out()
        self._server = home.router.start("hotel", ["python3", "-c", _SERVER, NAME, PAGE, ROOM])
        ready = lambda: "ready" in self._server.log_text()  # noqa: E731
        until(ready, seconds=READY_SECONDS, what="the hotel's page", process=self._server)

    @property
    def asked(self) -> list[str]:
        """Who asked for which page of the hotel's own, in order."""
        return self._server.log_text().splitlines()[1:]
