"""Sign-in: begin counts and then evaluates; finish verifies the proof of the PIN and the factor, and signs the ticket.

An unknown user, one without a PIN yet and one with a wrong PIN are worked on alike and refused alike.
"""

import secrets
from dataclasses import dataclass

from hanare_core import oprf, signed, ticket, wire
from hanare_core.certificate import StickCertificate
from hanare_core.messages import keyd
from hanare_core.messages.api import BeginBody, FinishBody
from hanare_core.problems import Problem
from hanare_core.signed import Kind
from hanare_core.ticket import TICKET_LIFE_MS, Factor, Ticket
from hanare_keyd import attempts, factors, newest, people
from hanare_keyd.attempts import Attempt
from hanare_keyd.counters import Pair
from hanare_keyd.factors import Given
from hanare_keyd.keys import Keys
from hanare_keyd.people import Person
from hanare_keyd.statements import Statements, require_same
from hanare_keyd.store import Moment, Store


@dataclass(frozen=True)
class _Claim:
    """A finish whose stick signature holds."""

    organisation: str
    stick: str
    body: FinishBody
    by_user: str
    proof: bytes


class SignIn:
    """Begin and finish of a sign-in."""

    def __init__(self, keys: Keys, store: Store, statements: Statements) -> None:
        self._keys = keys
        self._store = store
        self._statements = statements

    async def begin(self, request: keyd.BeginRequest) -> keyd.BeginAnswer:
        """Count one attempt, commit, then evaluate.

        Raises Problem(NOT_AUTHENTIC, CERTIFICATE_EXPIRED, MALFORMED, NONCE_EXPIRED) or a lock's code; none is counted.
        """
        stick, body = self._statements.by_stick(
            request.organisation, request.certificate, request.signed, BeginBody, self._store.now_ms()
        )
        element = wire.key_bytes(body.element)
        oprf.check_element(element)
        pair = Pair(request.organisation, stick.stick, request.user)
        second = factors.second(request.factors)
        person, failures = await self._store.write(lambda moment: _count(moment, stick, body.nonce, pair, second))
        evaluation = oprf.evaluate(people.oprf_key(self._keys, person), element)
        answers = factors.credentials(self._keys, person, second)
        return keyd.BeginAnswer(wire.key_text(evaluation), request.factors, failures, answers)

    async def finish(self, request: keyd.FinishRequest) -> keyd.FinishAnswer:
        """Verify both signatures and the factor; return the ticket. The same finish again gets the same ticket.

        Raises Problem(SIGN_IN_FAILED, FACTOR_WANTED, OUT_OF_ORDER), or as begin(); the attempt stays counted.
        """
        stick, body = self._statements.by_stick(
            request.organisation, request.certificate, request.by_stick, FinishBody, self._store.now_ms()
        )
        require_same(request.by_user, body)
        proof = attempts.proof_of(request.by_user, request.by_stick)
        claim = _Claim(request.organisation, stick.stick, body, request.by_user, proof)
        outcome = await self._store.write(lambda moment: self._conclude(moment, claim))
        if isinstance(outcome, Problem):
            raise outcome
        return outcome

    def _conclude(self, moment: Moment, claim: _Claim) -> keyd.FinishAnswer | Problem:
        """Close the attempt; a refusal is returned, not raised, so that the attempt's end is committed with it."""
        attempt = attempts.find(moment, claim.body.nonce, attempts.Kind.SIGN_IN, claim.organisation, claim.stick)
        if attempts.is_repeat(attempt, claim.proof):
            return keyd.FinishAnswer(attempt.ticket, attempt.pair.user, claim.body.generation)
        person = people.find(moment, claim.organisation, attempt.pair.user)
        given = Given(attempt.nonce, claim.body.totp, claim.body.security_key)
        try:
            people.require_pin(
                person, self._keys, lambda key: signed.verify(Kind.FINISH_USER, claim.by_user, key, FinishBody)
            )
            proven = factors.use(moment, self._keys, person, attempt.second, given)
        except Problem as problem:
            attempts.fail(moment, attempt.nonce)
            return problem
        text = self._ticket(moment, attempt, claim.body.session_key, proven)
        attempts.succeed(moment, attempt, claim.proof, text)
        return keyd.FinishAnswer(text, attempt.pair.user, claim.body.generation)

    def _ticket(self, moment: Moment, attempt: Attempt, session_key: str, proven: tuple[Factor, ...]) -> str:
        pair = attempt.pair
        statement = Ticket(
            id=f"t-{secrets.token_hex(16)}",
            organisation=pair.organisation,
            stick=pair.stick,
            user=pair.user,
            session_key=session_key,
            factors=proven,
            issued_ms=moment.wall_ms,
            not_after_ms=moment.wall_ms + TICKET_LIFE_MS,
        )
        return ticket.issue(statement, self._keys.ticket)


def _count(
    moment: Moment, stick: StickCertificate, nonce: str, pair: Pair, second: frozenset[Factor]
) -> tuple[Person, int]:
    newest.admit(moment, stick)
    failures = attempts.begin(moment, nonce, pair, attempts.Kind.SIGN_IN, second)
    return people.find(moment, pair.organisation, pair.user), failures
