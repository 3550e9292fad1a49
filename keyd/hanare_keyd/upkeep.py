"""What the server asks of keyd beside sign-ins: unlock a stick, and destroy what a restored backup brought back."""

from hanare_core.messages import keyd
from hanare_keyd import attempts, counters, people
from hanare_keyd.store import Moment, Store


class Upkeep:
    """Requests that loosen nothing but a stick's own row, and destroy."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def unlock_stick(self, request: keyd.UnlockStickRequest) -> keyd.DoneAnswer:
        """Unlock a locked stick. Raises Problem(STICK_LOCKED) when the server did so too often."""
        await self._store.write(lambda moment: counters.unlock_for_server(moment, request.organisation, request.stick))
        return keyd.DoneAnswer()

    async def reconcile(self, request: keyd.ReconcileRequest) -> keyd.ReconcileAnswer:
        """Destroy every named user's keys whose public half is not what the server has; codes not yet used stay."""
        destroyed = await self._store.write(lambda moment: _destroy_others(moment, request), destroys=True)
        return keyd.ReconcileAnswer(tuple(destroyed))


def _destroy_others(moment: Moment, request: keyd.ReconcileRequest) -> list[str]:
    destroyed = []
    for user, user_key in request.user_keys.items():
        person = people.find(moment, request.organisation, user)
        if person.user_key is not None and person.user_key != user_key:
            attempts.void_user(moment, request.organisation, user)
            people.forget(moment, request.organisation, user)
            destroyed.append(user)
    return destroyed
