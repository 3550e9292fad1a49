"""The API's paths (docs/protocol.md, "API")."""

from django.urls import path, re_path

from hanare_core.messages import api
from hanare_server.helpdesk import diagnostics
from hanare_server.rekey import asks
from hanare_server.sticks import change_pin, confirm, end, first_pin, hello, prove, register, sign_in
from hanare_server.sticks.edge import endpoint, unknown_path

_STICK = api.PREFIX.lstrip("/")

urlpatterns = [
    path(f"{_STICK}/hello", endpoint(api.Hello, hello.hello)),
    path(f"{_STICK}/begin", endpoint(api.Begin, sign_in.begin)),
    path(f"{_STICK}/finish", endpoint(api.Finish, sign_in.finish)),
    path(f"{_STICK}/confirm", endpoint(api.Confirm, confirm.confirm)),
    path(f"{_STICK}/end", endpoint(api.End, end.end)),
    path(f"{_STICK}/diagnostics", endpoint(api.Diagnostics, diagnostics.receive)),
    path(f"{_STICK}/first-pin/begin", endpoint(api.FirstPinBegin, first_pin.begin)),
    path(f"{_STICK}/first-pin/finish", endpoint(api.FirstPinFinish, first_pin.finish)),
    path(f"{_STICK}/change-pin", endpoint(api.ChangePin, change_pin.change)),
    path(f"{_STICK}/new-pin", endpoint(api.NewPin, change_pin.new)),
    path(f"{_STICK}/prove", endpoint(api.Prove, prove.prove)),
    path(f"{_STICK}/renew", endpoint(api.Renew, asks.renew)),
    path(f"{_STICK}/renewed", endpoint(api.Renewed, asks.renewed)),
    path(api.REGISTER_PATH.lstrip("/"), endpoint(api.Register, register.register)),
    re_path(r"^(?:stick|kitting)/", unknown_path),
]
