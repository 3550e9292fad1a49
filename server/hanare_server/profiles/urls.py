"""The addresses of the settings pages. Names begin with the menu's, so that its line stays marked."""

from django.urls import path

from hanare_server.profiles import assignment_page, list_page, pages, user_page

app_name = "profiles"

urlpatterns = [
    path("", list_page.profiles, name="profiles"),
    path("new", pages.new, name="profiles-new"),
    path("for/<str:level>/<str:identifier>", assignment_page.assign, name="profiles-assign"),
    path("of-user/<str:identifier>", user_page.of_user, name="profiles-of-user"),
    path("<str:identifier>", pages.one, name="profiles-one"),
    path("<str:identifier>/edit", pages.edit, name="profiles-edit"),
    path("<str:identifier>/put-back/<int:number>", pages.put_back, name="profiles-put-back"),
]
