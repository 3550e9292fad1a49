"""The proof that unlocks a covered screen: the PIN was right, so the attempt no longer counts. It opens nothing."""

from hanare_core import signed
from hanare_core.messages import keyd
from hanare_core.messages.api import ProveBody
from hanare_core.problems import Problem
from hanare_core.signed import Kind
from hanare_keyd import attempts, people
from hanare_keyd.keys import Keys
from hanare_keyd.statements import Statements, require_same
from hanare_keyd.store import Moment, Store


class Prove:
    """The end of an attempt that wants no session."""

    def __init__(self, keys: Keys, store: Store, statements: Statements) -> None:
        self._keys = keys
        self._store = store
        self._statements = statements

    async def prove(self, request: keyd.ProveRequest) -> keyd.DoneAnswer:
        """Verify both signatures and close the attempt as right. The same message again is answered alike.

        Raises Problem(SIGN_IN_FAILED, OUT_OF_ORDER), or as SignIn.begin(); the attempt stays counted.
        """
        stick, body = self._statements.by_stick(
            request.organisation, request.certificate, request.by_stick, ProveBody, self._store.now_ms()
        )
        require_same(request.by_user, body)
        problem = await self._store.write(lambda moment: self._conclude(moment, request, stick.stick, body.nonce))
        if problem is not None:
            raise problem
        return keyd.DoneAnswer()

    def _conclude(self, moment: Moment, request: keyd.ProveRequest, stick: str, nonce: str) -> Problem | None:
        attempt = attempts.find(moment, nonce, attempts.Kind.SIGN_IN, request.organisation, stick)
        proof = attempts.proof_of(request.by_user, request.by_stick)
        if attempts.is_repeat(attempt, proof):
            return None
        person = people.find(moment, request.organisation, attempt.pair.user)
        try:
            people.require_pin(
                person, self._keys, lambda key: signed.verify(Kind.PROVE_USER, request.by_user, key, ProveBody)
            )
        except Problem as problem:
            attempts.fail(moment, nonce)
            return problem
        attempts.excuse(moment, attempt, proof)
        return None
