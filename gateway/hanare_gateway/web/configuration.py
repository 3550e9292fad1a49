"""`python -m hanare_gateway.web.configuration GATEWAY.toml`: prints the squid.conf of this gateway.

Squid runs as its own user in the foreground, caches nothing, and logs who opened which name, how many bytes and
for how long: never a path, a header or content, which it cannot see in a CONNECT either.
"""

import sys
from pathlib import Path
from typing import Final

from hanare_core import web_proxy
from hanare_gateway.settings import Settings, SettingsError, WebSettings, read_settings

USAGE_ERROR: Final = 2

_TEMPLATE: Final = """\
http_port {address}:{port}
visible_hostname hanare
httpd_suppress_version_string on
pid_filename none
cache deny all
cache_mem 8 MB
cache_log {log}/squid.log
cache_store_log none
netdb_filename none
coredump_dir none
pinger_enable off
icp_port 0
via off
forwarded_for delete
hosts_file none
dns_defnames off
dns_nameservers {resolvers}
negative_dns_ttl 1 second
connect_timeout 10 seconds
client_lifetime 12 hours
shutdown_lifetime 1 second
max_filedescriptors 16384
logformat hanare {{"time":"%{{%Y-%m-%dT%H:%M:%SZ}}tg","room":"proxy","event":"%Ss","session":"%>a","host":"%>rd",\
"status":%>Hs,"sent":%>st,"received":%<st,"ms":%tr}}
access_log stdio:{log}/access.log logformat=hanare
logfile_rotate 0
external_acl_type permitted concurrency=100 children-max=1 children-startup=1 children-idle=1 ttl=1 negative_ttl=1 \
cache=20000 %SRC %DST /usr/bin/python3 -m hanare_gateway.web.helper {table}
acl permitted external permitted
acl connect method CONNECT
acl https port 443
http_access deny !connect
http_access deny !https
http_access allow permitted
http_access deny all
"""


def configuration(web: WebSettings) -> str:
    """Return squid's configuration."""
    return _TEMPLATE.format(
        address=web_proxy.ADDRESS,
        port=web_proxy.PORT,
        resolvers=" ".join(web.resolvers),
        table=web.table,
        log=web.log,
    )


def main(arguments: list[str]) -> int:
    """Print the configuration; return 2 for settings without a proxy or that cannot be used."""
    try:
        settings: Settings = read_settings(Path(arguments[0]))
    except (IndexError, SettingsError) as error:
        sys.stderr.write(f"usage: python -m hanare_gateway.web.configuration GATEWAY.toml: {error}\n")
        return USAGE_ERROR
    if settings.web is None:
        sys.stderr.write(f"{arguments[0]}: has no section [web]\n")
        return USAGE_ERROR
    sys.stdout.write(configuration(settings.web))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
