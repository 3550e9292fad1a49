"""The one writer: what is committed together, undone alone, and refused when the disk is full."""

import asyncio
from pathlib import Path

import pytest
from nacl.exceptions import CryptoError

from hanare_core.messages import keyd
from hanare_core.problems import Code
from hanare_keyd import attempts, counters, people, schema
from hanare_keyd.counters import Pair
from hanare_keyd.keys import Keys, Purpose
from hanare_keyd.store import Moment
from tests.keyd.office import Client, InProcess, Stick, code_of

PAIR = Pair("cityhall", "stick-1", "sato")


def test_an_error_undoes_its_own_writes_alone(inside: InProcess) -> None:
    """Of operations in one transaction the one that raises is undone, the others stay."""

    def fails(moment: Moment) -> None:
        counters.count(moment, PAIR)
        raise RuntimeError

    async def all_at_once() -> tuple[object, ...]:
        good = inside.store.write(lambda moment: counters.count(moment, PAIR))
        then = inside.store.write(lambda moment: counters.failures(moment, PAIR))
        return tuple(await asyncio.gather(good, inside.store.write(fails), then, return_exceptions=True))

    _, error, failures = inside.loop.run_until_complete(all_at_once())
    assert isinstance(error, RuntimeError)
    assert failures == 1


def test_result_comes_after_the_commit(inside: InProcess) -> None:
    """Whoever has a result finds its writes committed, seen by another connection at that instant."""
    seen = schema.connect(Path(inside.settings.database))

    async def count_and_look() -> int:
        await inside.store.write(lambda moment: counters.count(moment, PAIR))
        return int(seen.execute("SELECT in_row FROM pairs").fetchone()[0])

    assert [inside.loop.run_until_complete(count_and_look()) for _ in range(50)] == list(range(1, 51))
    seen.close()


def test_waiter_that_gives_up_undoes_nothing(inside: InProcess) -> None:
    """What was asked is committed even if nobody waits for it any more."""

    async def ask_and_leave() -> None:
        task = asyncio.ensure_future(inside.store.write(lambda moment: counters.count(moment, PAIR)))
        await asyncio.sleep(0)
        task.cancel()

    inside.loop.run_until_complete(ask_and_leave())
    failures = inside.store.write(lambda moment: counters.failures(moment, PAIR))
    assert inside.loop.run_until_complete(failures) == 1


def set_pages(inside: InProcess, count: int) -> None:
    """Let the database have so many pages at most; with fewer than it has, the disk is as good as full."""
    limit = inside.store.write(lambda moment: list(moment.database.execute(f"PRAGMA max_page_count = {count}")))
    inside.loop.run_until_complete(limit)


def test_full_disk_evaluates_nothing(client: Client, inside: InProcess) -> None:
    """When an attempt cannot be committed there is no evaluation; when there is room again, sign-in works again."""
    set_pages(inside, 1)
    codes = [code_of(lambda: client.begin(Stick("spare"), "x-many", "1"))]
    while codes[-1] in {None, Code.PIN_LOCKED, Code.USER_LOCKED} and len(codes) < 500:
        name = f"s-{len(codes)}"
        codes.append(code_of(lambda: client.begin(Stick(name), name, "1")))  # noqa: B023 - called at once
    assert codes[-1] is Code.INTERNAL
    set_pages(inside, 1_000_000)
    assert client.begin(Stick("spare"), "x-other", "1").answer.failures == 0
    rows = inside.store.reader.execute("SELECT count(*) FROM attempts").fetchone()[0]
    assert rows == codes.count(None) + 1


def test_sealed_value_opens_in_its_own_row_only() -> None:
    """A sealed secret opens for its own purpose, organisation and user, nowhere else, and not when altered."""
    keys = Keys(bytes(32), bytes(32))
    sealed = keys.seal(b"secret", Purpose.OPRF_KEY, "cityhall", "sato")
    assert keys.unseal(sealed, Purpose.OPRF_KEY, "cityhall", "sato") == b"secret"
    for row in (
        (Purpose.TOTP, "cityhall", "sato"),
        (Purpose.OPRF_KEY, "village", "sato"),
        (Purpose.OPRF_KEY, "cityhall", "abe"),
    ):
        with pytest.raises(CryptoError):
            keys.unseal(sealed, *row)
    with pytest.raises(CryptoError):
        keys.unseal(sealed[:-1] + bytes([sealed[-1] ^ 1]), Purpose.OPRF_KEY, "cityhall", "sato")


def test_database_alone_tells_no_secret(client: Client, stick: Stick, inside: InProcess) -> None:
    """Neither a one-time code nor a TOTP secret nor an OPRF key stands in the files in clear."""
    code = client.code("abe")
    client.set_pin(stick, "sato", "804513")
    keys = Keys(Path(inside.settings.master_key_file).read_bytes(), bytes(32))
    person = inside.loop.run_until_complete(inside.store.write(lambda moment: people.find(moment, "cityhall", "sato")))
    oprf_key = people.oprf_key(keys, person)
    files = b"".join(file.read_bytes() for file in Path(inside.settings.database).parent.glob("keyd.db*"))
    assert code.encode() not in files
    assert oprf_key not in files
    assert attempts.Kind.FIRST_PIN.value.encode() in files


def test_unforeseen_error_is_one_answer(inside: InProcess, capsys: pytest.CaptureFixture[str]) -> None:
    """A damaged row is answered as internal error, without a traceback, and keyd goes on."""
    client = inside.client()
    stick = Stick("stick-1")
    client.set_pin(stick, "sato", "804513")

    def damage(moment: Moment) -> None:
        moment.database.execute("UPDATE people SET oprf_key = x'00'")

    inside.loop.run_until_complete(inside.store.write(damage))
    assert code_of(lambda: client.begin(stick, "sato", "804513")) is Code.INTERNAL
    assert isinstance(inside.ask(keyd.StatusRequest()), keyd.StatusAnswer)
    assert "Traceback" not in capsys.readouterr().err
