"""The directory's addresses, made from the table of kinds."""

from django.urls import URLPattern, path

from hanare_server.directory.pages import bulk, carrier, drain, my_number, views
from hanare_server.directory.pages.kinds import KINDS, Kind
from hanare_server.directory.transfer import absent
from hanare_server.directory.transfer import pages as transfer
from hanare_server.directory.transfer.kinds import TRANSFERS
from hanare_server.ldap_directory import sync

app_name = "directory"


def _of(kind: Kind) -> list[URLPattern]:
    word = kind.word
    found = [path(word, views.listing(kind), name=word)]
    if kind.new:
        found.append(path(f"{word}/new", views.edit(kind, new=True), name=f"{word}-new"))
    if kind.bulk:
        found.append(path(f"{word}/bulk", bulk.view_of(kind), name=f"{word}-bulk"))
    found.append(path(f"{word}/<str:identifier>", views.one(kind), name=f"{word}-one"))
    if kind.word == "gateways":
        found.append(path(f"{word}/<str:identifier>/drain", drain.begin, name=f"{word}-drain"))
        found.append(path(f"{word}/<str:identifier>/undrain", drain.end, name=f"{word}-undrain"))
    if kind.word == "office-pcs":
        address = f"{word}/<str:identifier>/leave-my-number"
        found.append(path(address, my_number.leave, name=f"{word}-leave-my-number"))
    if kind.form:
        found.append(path(f"{word}/<str:identifier>/edit", views.edit(kind, new=False), name=f"{word}-edit"))
    return found


urlpatterns = [
    address
    for one in TRANSFERS
    for address in (
        path(f"{one.kind.word}/import", transfer.take(one), name=f"{one.kind.word}-import"),
        path(f"{one.kind.word}/export", transfer.export(one), name=f"{one.kind.word}-export"),
    )
]
urlpatterns += [path("users/absent", absent.view, name="users-absent")]
urlpatterns += [path("users/sync", sync.sync, name="users-sync")]
urlpatterns += [
    path("gateways/carrier", carrier.page, name="gateways-carrier"),
    path("gateways/carrier/close", carrier.close, name="gateways-carrier-close"),
    path("gateways/carrier/ask", carrier.ask, name="gateways-carrier-ask"),
]
urlpatterns += [address for kind in KINDS for address in _of(kind)]
