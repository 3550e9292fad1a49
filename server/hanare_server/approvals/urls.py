"""The addresses of approvals."""

from django.urls import path

from hanare_server.approvals import pages

app_name = "approvals"

urlpatterns = [
    path("", pages.approvals, name="approvals"),
    path("original/<str:identifier>", pages.original, name="approvals-original"),
    path("stop/<str:identifier>", pages.stop, name="approvals-stop"),
    path("stop/<str:identifier>/confirm", pages.confirm_stop, name="approvals-stop-confirm"),
    path("stop/<str:identifier>/confirm-alone", pages.confirm_stop_alone, name="approvals-stop-confirm-alone"),
    path("<str:identifier>", pages.one, name="approvals-one"),
    path("<str:identifier>/approve", pages.approve, name="approvals-approve"),
    path("<str:identifier>/refuse", pages.refuse, name="approvals-refuse"),
    path("<str:identifier>/confirm", pages.confirm, name="approvals-confirm"),
    path("<str:identifier>/carry-out", pages.carry_out, name="approvals-carry-out"),
]
