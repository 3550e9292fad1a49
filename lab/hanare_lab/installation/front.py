"""nginx in front of API, hub and console: TLS 1.3 with the pinned certificate, bounded bodies, slow clients apart."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

API_PORT: Final = 8443
HUB_PORT: Final = 8444
CONSOLE_PORT: Final = 8080
"""Plain HTTP on the server's loopback, where the demo's relay connects; a real server has TLS on 443 here."""

TLS_NAME: Final = "hanare-server"
"""Name in the pinned certificate."""

BODY_BYTES: Final = 64 * 1024
"""Largest request body: hanare_core.wire.MESSAGE_BYTES."""

SOURCE_CONNECTIONS: Final = 20
"""Requests and channels of one source at once. A stick has one channel and asks one thing after the other; a gateway
and a kitting station come with few more. nginx counts a connection once its request's head is read, so it is the
gateway that bounds what a stick opens and says nothing on (`hanare_gateway.ruleset.DOOR_CONNECTIONS`). nginx has no
bound on the whole time of a body, only between two reads: who sends a byte every nine seconds keeps these twenty."""

_TEMPLATE: Final = """\
daemon off;
worker_processes 1;
pid {state}/nginx.pid;
error_log stderr warn;
events {{ worker_connections 4096; }}
http {{
  access_log off;
  server_tokens off;
  client_body_temp_path {state}/body;
  proxy_temp_path {state}/proxy;
  fastcgi_temp_path {state}/fastcgi;
  uwsgi_temp_path {state}/uwsgi;
  scgi_temp_path {state}/scgi;
  client_max_body_size {body_bytes};
  client_header_timeout 10s;
  client_body_timeout 10s;
  keepalive_timeout 75s;
  ssl_protocols TLSv1.3;
  ssl_certificate {certificate};
  ssl_certificate_key {key};
  limit_conn_zone $binary_remote_addr zone=sources:10m;
  limit_conn_status 429;
  map $http_upgrade $connection_upgrade {{ default upgrade; '' close; }}
  proxy_http_version 1.1;
  proxy_set_header Host $http_host;
  proxy_set_header X-Real-IP $remote_addr;
  proxy_set_header X-Forwarded-For "";
  proxy_set_header X-Forwarded-Proto $scheme;
  upstream api {{ server unix:{api_socket}; }}
  upstream hub {{ server unix:{hub_socket}; }}
  server {{
    listen {api_port} ssl;
    listen [::]:{api_port} ssl ipv6only=on;
    server_name {tls_name};
    limit_conn sources {source_connections};
    location /stick/v1/ {{ proxy_pass http://api; }}
    location /kitting/v1/ {{ proxy_pass http://api; }}
    location / {{ default_type application/json; return 404 '{{"code":"not-found","detail":{{}}}}'; }}
    error_page 413 @too_large;
    location @too_large {{ default_type application/json; return 413 '{{"code":"too-large","detail":{{}}}}'; }}
    error_page 429 @throttled;
    location @throttled {{ default_type application/json; return 429 '{{"code":"throttled","detail":{{}}}}'; }}
    error_page 502 504 @away;
    location @away {{ default_type application/json; return 503 '{{"code":"server-unreachable","detail":{{}}}}'; }}
  }}
  server {{
    listen {hub_port} ssl;
    listen [::]:{hub_port} ssl ipv6only=on;
    server_name {tls_name};
    limit_conn sources {source_connections};
    location ~ ^/(gateway|stick)/v1$ {{
      proxy_pass http://hub;
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Connection $connection_upgrade;
      proxy_read_timeout 120s;
      proxy_buffering off;
    }}
    location / {{ return 404; }}
  }}
  server {{
    listen 127.0.0.1:{console_port};
    listen unix:{state}/console.sock;
    include /etc/nginx/mime.types;
    location /static/ {{
      alias {static}/;
      add_header X-Content-Type-Options nosniff;
      add_header Cache-Control "public, max-age=3600";
    }}
    location /stick/ {{ return 404; }}
    location /kitting/ {{ return 404; }}
    location /live/v1 {{
      proxy_pass http://hub;
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Connection $connection_upgrade;
      proxy_read_timeout 120s;
      proxy_buffering off;
    }}
    location / {{ proxy_pass http://api; }}
  }}
}}
"""


@dataclass(frozen=True)
class Places:
    """Where nginx finds and keeps its things."""

    state: Path
    static: Path
    certificate: Path
    key: Path
    api_socket: Path
    hub_socket: Path


def configuration(places: Places) -> str:
    """Return nginx's configuration."""
    return _TEMPLATE.format(
        **asdict(places),
        body_bytes=BODY_BYTES,
        source_connections=SOURCE_CONNECTIONS,
        api_port=API_PORT,
        hub_port=HUB_PORT,
        console_port=CONSOLE_PORT,
        tls_name=TLS_NAME,
    )
