"""The PIN's normal form and the blocklist."""

import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from hanare_core import pin, wire
from hanare_core.problems import Code, Problem

WEAK = {
    "short": ["", "1", "80451", "八〇四五"],
    "repeat": ["000000", "111111", "121212", "123123", "112211", "aaaaaaab", "80458045", "１１１１１１"],
    "run": ["123456", "654321", "012345", "890123", "098765", "345678", "1234567890", "abcdef", "fedcba", "qwerty"],
    "date": ["850412", "041285", "120485", "19850412", "04121985", "199912", "991231", "19001027", "20991027"],
    "common": ["147258", "159753", "Password", "P@ssw0rd", "HANARE", "789456"],
}
RUNS_TOO = ["112233", "998877", "11223344", "22334455667788", "asdfgh", "ｑｗｅｒｔｙ"]
GOOD = ["804513", "271828", "904317", "８０４５１３", "たけやぶやけた", "correct horse", "380592746"]
NEARLY = {
    "years that nobody is born in": ["18991027", "21001027"],
    "a run on every second place": ["1k2p3w", "1k2p3wx"],
    "pairs that are no run": ["114499", "1144996"],
    "as long as may be": ["".join(f"{number}k" for number in range(10, 31))[:63] + "z", "㍿" * 15 + "9k2x"],
}


def reason_of(text: str) -> str:
    """Return why the PIN is refused, empty if it is not."""
    try:
        pin.check(pin.normalise(text))
    except Problem as problem:
        assert problem.code is Code.PIN_WEAK
        return problem.detail["reason"]
    return ""


@pytest.mark.parametrize(("reason", "text"), [(reason, text) for reason, texts in WEAK.items() for text in texts])
def test_weak(reason: str, text: str) -> None:
    """Short PINs, repeats, runs, dates and favourites are refused, each with its reason."""
    assert reason_of(text) == reason


@pytest.mark.parametrize("text", RUNS_TOO)
def test_runs_of_pairs_and_rows(text: str) -> None:
    """Runs with each key doubled, along a keyboard row or in full width are runs as well."""
    assert reason_of(text) == "run"


@pytest.mark.parametrize("text", GOOD)
def test_good(text: str) -> None:
    """An ordinary PIN or sentence passes."""
    assert reason_of(text) == ""


@pytest.mark.parametrize("text", [text for texts in NEARLY.values() for text in texts])
def test_nearly_weak(text: str) -> None:
    """What only resembles a date, a run or an overlong PIN passes."""
    assert reason_of(text) == ""


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("kikaku01", ("kikaku01",)),
        ("xkikaku7", ("Ｋｉｋａｋｕ",)),
        ("48302951", ("4830295",)),
        ("592038", ("4830295",)),
        ("001-2345", ("03-0012-3456",)),
        ("90123478", ("03-9012-3478",)),
        ("はなれ市役所1", ("はなれ市",)),
        ("sato91x7", ("sato",)),
        ("佐藤8x2k5", ("佐藤",)),
    ],
)
def test_words_of_user_and_office(text: str, words: tuple[str, ...]) -> None:
    """The user's own names and numbers and the city's are refused, also in part, backwards or in another spelling."""
    plain = pin.normalise(text.replace("-", ""))
    pin.check(plain)
    with pytest.raises(Problem) as refused:
        pin.check(plain, pin.Rules(words=words))
    assert refused.value.detail == {"reason": "word"}


@pytest.mark.parametrize("words", [(), ("abe",), ("", "12"), ("other",), ("林",)])
def test_short_and_other_words_refuse_nothing(words: tuple[str, ...]) -> None:
    """A word under four characters stands in too many good PINs by chance."""
    pin.check("804512abe7林".encode(), pin.Rules(words=words))


def test_words_are_bounded() -> None:
    """Sixty-four words are taken from the office, one more is malformed."""
    words = [f"word{number}" for number in range(64)]
    assert len(wire.decode(json.dumps({"words": words}).encode(), pin.Rules).words) == 64
    with pytest.raises(Problem) as refused:
        wire.decode(json.dumps({"words": [*words, "more"]}).encode(), pin.Rules)
    assert refused.value.code is Code.MALFORMED


def test_length_and_composition_by_profile() -> None:
    """A profile may ask for more characters, or for letters and digits; without one nothing is imposed."""
    for rules, text, reason in (
        (pin.Rules(characters=8), "8045137", "short"),
        (pin.Rules(composition=True), "80451376", "composition"),
        (pin.Rules(composition=True), "tkqzvbmh", "composition"),
    ):
        pin.check(text.encode())
        with pytest.raises(Problem) as refused:
            pin.check(text.encode(), rules)
        assert refused.value.detail["reason"] == reason
    pin.check(b"tkqz8045", pin.Rules(characters=8, composition=True))


def test_full_width_is_the_same_pin() -> None:
    """Full-width digits and letters are the same PIN as plain ones; case is kept."""
    assert pin.normalise("８０４５１３") == b"804513"
    assert pin.normalise("Ａｂ") == b"Ab"
    assert pin.normalise("ﾊﾞ") == "バ".encode()


@pytest.mark.parametrize("text", ["a" * 65, "か\u3099" * 33, "㍿" * 16 + "1", "80\x004513", "80\n4513", "80\ud8004513"])
def test_no_pin_at_all(text: str) -> None:
    """Over 64 characters, before or after normalising, control characters and lone surrogates are refused."""
    with pytest.raises(Problem) as refused:
        pin.normalise(text)
    assert refused.value.code is Code.PIN_WEAK


def test_most_pins_are_left() -> None:
    """The blocklist leaves at least 85 % of all six-digit PINs: it must not help who guesses."""
    left = sum(reason_of(f"{number:06}") == "" for number in range(0, 1_000_000, 101))
    assert left / len(range(0, 1_000_000, 101)) >= 0.85


@given(st.text(max_size=80))
@example("0001ß")
def test_any_text(text: str) -> None:
    """Any text is a PIN in normal form or refused as weak; normalising again changes nothing."""
    try:
        normal = pin.normalise(text)
        pin.check(normal)
    except Problem as problem:
        assert problem.code is Code.PIN_WEAK
    else:
        assert pin.normalise(normal.decode()) == normal
        assert pin.MIN_CHARACTERS <= len(normal.decode()) <= pin.MAX_CHARACTERS


def test_check_bounds_long_pins() -> None:
    """A PIN over 64 characters that was never normalised is refused by the check too."""
    with pytest.raises(Problem) as refused:
        pin.check(b"1a" * 33)
    assert refused.value.detail["reason"] == "long"
