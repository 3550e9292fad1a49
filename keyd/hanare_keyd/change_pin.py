"""A PIN change by the user: the present PIN is proven as in a sign-in, then new keys take the place of the old.

The old OPRF key is destroyed with the last message, so nobody ever tests the old PIN again. The factor and what was
counted stay: a PIN change must not buy guesses. The first message closes the attempt, so it yields no ticket.
"""

from dataclasses import dataclass

from hanare_core import oprf, signed, wire
from hanare_core.messages import keyd
from hanare_core.messages.api import ChangePinBody, NewPinBody
from hanare_core.problems import Code, Problem
from hanare_core.signed import Kind
from hanare_keyd import attempts, enrolments, factors, people
from hanare_keyd.enrolments import Enrolment
from hanare_keyd.factors import Given
from hanare_keyd.keys import Keys, Purpose
from hanare_keyd.people import Successor
from hanare_keyd.security_key import Credential
from hanare_keyd.statements import Statements, require_same
from hanare_keyd.store import Moment, Store


@dataclass(frozen=True)
class _Claim:
    """One of the two messages, whose stick signature holds."""

    organisation: str
    stick: str
    by_user: str
    proof: bytes
    given: Given


class ChangePin:
    """The two messages of a PIN change."""

    def __init__(self, keys: Keys, store: Store, statements: Statements) -> None:
        self._keys = keys
        self._store = store
        self._statements = statements

    async def prove(self, request: keyd.ChangePinRequest) -> keyd.ChangePinAnswer:
        """Close the attempt as a finish does, and evaluate the new PIN under a new key; repeated, under the same one.

        Raises Problem(SIGN_IN_FAILED, FACTOR_WANTED, OUT_OF_ORDER), or as SignIn.begin(); the attempt stays counted.
        """
        stick, body = self._statements.by_stick(
            request.organisation, request.certificate, request.by_stick, ChangePinBody, self._store.now_ms()
        )
        require_same(request.by_user, body)
        element = wire.key_bytes(body.element)
        oprf.check_element(element)
        proof = attempts.proof_of(request.by_user, request.by_stick)
        given = Given(body.nonce, body.totp, body.security_key)
        claim = _Claim(request.organisation, stick.stick, request.by_user, proof, given)
        outcome = await self._store.write(lambda moment: self._conclude(moment, claim))
        if isinstance(outcome, Problem):
            raise outcome
        pair = outcome.pair
        key = self._keys.unseal(outcome.sealed_key, Purpose.OPRF_KEY, pair.organisation, pair.user)
        return keyd.ChangePinAnswer(pair.user, wire.key_text(oprf.evaluate(key, element)))

    async def replace(self, request: keyd.NewPinRequest) -> keyd.NewPinAnswer:
        """Make the new keys the user's and destroy the old. The same message again is answered alike.

        Raises Problem(OUT_OF_ORDER), or as SignIn.begin().
        """
        stick, body = self._statements.by_stick(
            request.organisation, request.certificate, request.by_stick, NewPinBody, self._store.now_ms()
        )
        require_same(request.by_user, body)
        signed.verify(Kind.NEW_PIN_USER, request.by_user, body.user_key, NewPinBody)
        user = await self._store.write(
            lambda moment: _adopt(moment, request.organisation, stick.stick, body), destroys=True
        )
        return keyd.NewPinAnswer(user, body.envelope, body.user_key)

    def _conclude(self, moment: Moment, claim: _Claim) -> Enrolment | Problem:
        """Close the attempt; a refusal is returned, not raised, so that the attempt's end is committed with it."""
        attempt = attempts.find(moment, claim.given.nonce, attempts.Kind.SIGN_IN, claim.organisation, claim.stick)
        if attempts.is_repeat(attempt, claim.proof):
            return enrolments.find(moment, attempt.nonce, attempt.pair)
        person = people.find(moment, claim.organisation, attempt.pair.user)
        try:
            people.require_pin(
                person, self._keys, lambda key: signed.verify(Kind.CHANGE_PIN_USER, claim.by_user, key, ChangePinBody)
            )
            factors.use(moment, self._keys, person, attempt.second, claim.given)
        except Problem as problem:
            attempts.fail(moment, attempt.nonce)
            return problem
        attempts.succeed(moment, attempt, claim.proof, ticket="")
        enrolment = enrolments.successor(self._keys, attempt.nonce, attempt.pair, person.sealed_totp)
        enrolments.keep(moment, enrolment)
        return enrolment


def _adopt(moment: Moment, organisation: str, stick: str, body: NewPinBody) -> str:
    attempt = attempts.find(moment, body.nonce, attempts.Kind.SIGN_IN, organisation, stick)
    person = people.find(moment, organisation, attempt.pair.user)
    if attempt.state is not attempts.State.DONE:
        raise Problem(Code.OUT_OF_ORDER)
    if person.user_key == body.user_key:
        return person.user
    enrolment = enrolments.find(moment, body.nonce, attempt.pair)
    key = None if person.security_key is None else Credential(person.security_key, person.key_counter or 0)
    people.adopt(moment, person, Successor(enrolment.sealed_key, enrolment.sealed_totp, body.user_key, key))
    enrolments.drop_all(moment, attempt.pair)
    return person.user
