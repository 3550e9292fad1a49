"""One-time codes and the first PIN: a new OPRF key is made at begin and becomes the user's at finish.

A wrong code counts like a wrong PIN. A wrong TOTP at enrolment does not end the attempt: the secret was only just
shown to the person who types it, so there is nothing to guess.
"""

from dataclasses import dataclass

from hanare_core import oprf, signed, totp, wire
from hanare_core.certificate import StickCertificate
from hanare_core.messages import keyd
from hanare_core.messages.api import FirstPinBeginBody, FirstPinFinishBody
from hanare_core.problems import Code, Problem
from hanare_core.signed import Kind
from hanare_core.ticket import Factor
from hanare_keyd import attempts, counters, enrolments, factors, newest, people, security_key
from hanare_keyd.attempts import Attempt
from hanare_keyd.counters import Pair
from hanare_keyd.enrolments import Enrolment
from hanare_keyd.keys import Keys, Purpose
from hanare_keyd.people import Successor
from hanare_keyd.statements import Statements, require_same
from hanare_keyd.store import Moment, Store


@dataclass(frozen=True)
class _Claim:
    """A finish whose both signatures hold; whether its code was right the enrolment says."""

    organisation: str
    stick: str
    body: FirstPinFinishBody
    proof: bytes


class FirstPin:
    """One-time codes, and what is done with them."""

    def __init__(self, keys: Keys, store: Store, statements: Statements) -> None:
        self._keys = keys
        self._store = store
        self._statements = statements

    async def issue_code(self, request: keyd.IssueCodeRequest) -> keyd.IssueCodeAnswer:
        """Destroy the user's keys, factor and old code; return a fresh code."""
        code, not_after_ms = await self._store.write(
            lambda moment: self._issue(moment, request.organisation, request.user), destroys=True
        )
        return keyd.IssueCodeAnswer(code, not_after_ms)

    async def forget_user(self, request: keyd.ForgetUserRequest) -> keyd.DoneAnswer:
        """Destroy everything of a user who left; what was counted stays."""
        await self._store.write(lambda moment: _forget(moment, request.organisation, request.user), destroys=True)
        return keyd.DoneAnswer()

    async def begin(self, request: keyd.FirstPinBeginRequest) -> keyd.FirstPinBeginAnswer:
        """Count one attempt, commit, then evaluate under a new key if the code was right.

        Raises Problem(CODE_WRONG) after counting; else as SignIn.begin(), without counting.
        """
        stick, body = self._statements.by_stick(
            request.organisation, request.certificate, request.signed, FirstPinBeginBody, self._store.now_ms()
        )
        element = wire.key_bytes(body.element)
        oprf.check_element(element)
        pair = Pair(request.organisation, stick.stick, request.user)
        secret = totp.new_secret() if Factor.TOTP in request.factors else ""
        key = oprf.random_key()
        enrolment = enrolments.new(self._keys, body.nonce, pair, key, secret)
        second = factors.second(request.factors)
        outcome = await self._store.write(lambda moment: self._try_code(moment, stick, enrolment, body.code, second))
        if isinstance(outcome, Problem):
            raise outcome
        evaluation = oprf.evaluate(key, element)
        return keyd.FirstPinBeginAnswer(wire.key_text(evaluation), secret)

    async def finish(self, request: keyd.FirstPinFinishRequest) -> keyd.FirstPinFinishAnswer:
        """Use up the code and keep the user's keys. The same finish again is answered alike.

        Raises Problem(FACTOR_WANTED) for a wrong TOTP, which may be tried again; Problem(OUT_OF_ORDER), or as begin().
        """
        stick, body = self._statements.by_stick(
            request.organisation, request.certificate, request.by_stick, FirstPinFinishBody, self._store.now_ms()
        )
        require_same(request.by_user, body)
        signed.verify(Kind.FIRST_PIN_USER, request.by_user, body.user_key, FirstPinFinishBody)
        proof = attempts.proof_of(request.by_user, request.by_stick)
        claim = _Claim(request.organisation, stick.stick, body, proof)
        user = await self._store.write(lambda moment: self._conclude(moment, claim))
        return keyd.FirstPinFinishAnswer(user, body.envelope, body.user_key)

    def _issue(self, moment: Moment, organisation: str, user: str) -> tuple[str, int]:
        attempts.void_user(moment, organisation, user)
        counters.forgive_user(moment, organisation, user)
        return people.issue_code(moment, self._keys, organisation, user)

    def _try_code(
        self, moment: Moment, stick: StickCertificate, enrolment: Enrolment, code: str, second: frozenset[Factor]
    ) -> Problem | None:
        newest.admit(moment, stick)
        pair = enrolment.pair
        attempts.begin(moment, enrolment.nonce, pair, attempts.Kind.FIRST_PIN, second)
        person = people.find(moment, pair.organisation, pair.user)
        if not people.is_code(moment, self._keys, person, code):
            attempts.fail(moment, enrolment.nonce)
            return Problem(Code.CODE_WRONG)
        enrolments.keep(moment, enrolment)
        return None

    def _conclude(self, moment: Moment, claim: _Claim) -> str:
        """Make the enrolment the user's; return the user's id."""
        nonce = claim.body.nonce
        attempt = attempts.find(moment, nonce, attempts.Kind.FIRST_PIN, claim.organisation, claim.stick)
        if attempts.is_repeat(attempt, claim.proof):
            return attempt.pair.user
        person = people.find(moment, claim.organisation, attempt.pair.user)
        enrolment = enrolments.find(moment, nonce, attempt.pair)
        people.adopt(moment, person, self._successor(moment, attempt, enrolment, claim.body))
        enrolments.drop_all(moment, attempt.pair)
        attempts.succeed(moment, attempt, claim.proof, ticket="")
        return attempt.pair.user

    def _successor(self, moment: Moment, attempt: Attempt, enrolment: Enrolment, body: FirstPinFinishBody) -> Successor:
        """Return the new keys with the factor that was proven, and no other. Raises Problem(FACTOR_WANTED)."""
        pair, key = attempt.pair, None
        sealed_totp = self._keys.seal(b"", Purpose.TOTP, pair.organisation, pair.user)
        if Factor.FIDO2 in attempt.second and body.security_key is not None:
            key = security_key.enrolled(body.security_key, attempt.nonce)
        elif Factor.TOTP in attempt.second:
            person = people.find(moment, pair.organisation, pair.user)
            sealed_totp = enrolment.sealed_totp
            if not people.use_totp_of(moment, self._keys, person, sealed_totp, body.totp):
                raise Problem(Code.FACTOR_WANTED)
        elif attempt.second:
            raise Problem(Code.FACTOR_WANTED)
        return Successor(enrolment.sealed_key, sealed_totp, body.user_key, key)


def _forget(moment: Moment, organisation: str, user: str) -> None:
    attempts.void_user(moment, organisation, user)
    people.forget(moment, organisation, user)
