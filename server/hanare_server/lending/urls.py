"""The addresses of lending. What a label's QR code says is `/s/<stick>`, short so that the code stays small."""

from django.urls import path

from hanare_server.lending import pages, reservation_pages

app_name = "lending"

urlpatterns = [
    path("console/lending", pages.ledger, name="ledger"),
    path("console/lending/<str:identifier>/lend", pages.lend, name="lend"),
    path("console/lending/<str:identifier>/take-back", pages.take_back, name="take-back"),
    path("console/lending/<str:identifier>/lost", pages.lost, name="lost"),
    path("console/lending/<str:identifier>/reserve", reservation_pages.reserve, name="reserve"),
    path("console/lending/<str:identifier>/cancel", reservation_pages.cancel, name="cancel"),
    path("s/<str:identifier>", pages.scanned, name="scanned"),
]
