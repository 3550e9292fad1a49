"""What people are told: every code, in both languages, with what to do next."""

import re

import pytest

from hanare_core import pin, sentences
from hanare_core.problems import Code, Problem
from hanare_core.sentences import LANGUAGES, Language


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("code", list(Code))
def test_every_code_has_its_sentence(code: Code, language: Language) -> None:
    """Title and next step are whole sentences, without a placeholder left over."""
    found = sentences.sentence(code, language, help_desk="0123-45-6789")
    end = "。" if language == "ja" else "."
    assert found.title.endswith(end)
    assert found.next.endswith(end)
    assert "{" not in found.title + found.next


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_sentence_is_left_of_a_code_that_is_gone(language: Language) -> None:
    """The catalogue holds the closed list and nothing else."""
    assert set(sentences._catalogue(language)) == {code.value for code in Code}


def test_languages_are_not_mixed() -> None:
    """The Japanese sentences are Japanese, the English ones hold no Japanese."""
    japanese = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff]")
    for code in Code:
        assert japanese.search(sentences.sentence(code, "ja").title)
        assert not japanese.search("".join(sentences.sentence(code, "en")))


def test_names_the_help_desk_or_the_words_for_it() -> None:
    """Where the number is known it stands in the text, else the words for it."""
    assert "0123-45-6789" in sentences.sentence(Code.SUSPENDED, "ja", help_desk="0123-45-6789").next
    assert "情報システム担当" in sentences.sentence(Code.SUSPENDED, "ja").next
    assert "your help desk" in sentences.sentence(Code.SUSPENDED, "en").next


@pytest.mark.parametrize("language", LANGUAGES)
def test_staff_read_what_they_do_themselves(language: Language) -> None:
    """A worker is sent to the help desk, the help desk is told what to do; elsewhere both read the same."""
    worker, staff = (
        say(Code.NOT_SAVED, language, help_desk="0123-45-6789") for say in (sentences.sentence, sentences.for_staff)
    )
    assert "0123-45-6789" in worker.next
    assert "0123-45-6789" not in staff.next
    assert worker.title == staff.title
    assert sentences.for_staff(Code.IDLE, language) == sentences.sentence(Code.IDLE, language)
    for code in Code:
        assert sentences.for_staff(code, language).next.endswith("。" if language == "ja" else ".")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("typed", "rules", "told"),
    [
        ("7492", pin.Rules(characters=8), "8"),
        ("123456", pin.Rules(), "123456"),
        ("749203", pin.Rules(composition=True), {"ja": "英字", "en": "letter"}),
        ("tanaka749", pin.Rules(words=("tanaka",)), {"ja": "名前", "en": "name"}),
    ],
)
def test_a_weak_pin_is_told_what_to_change(
    typed: str, rules: pin.Rules, told: str | dict[str, str], language: Language
) -> None:
    """Each reason has its own next step, with the office's number of characters."""
    with pytest.raises(Problem) as refused:
        pin.check(pin.normalise(typed), rules)
    found = sentences.sentence(Code.PIN_WEAK, language, detail=refused.value.detail)
    assert (told if isinstance(told, str) else told[language]) in found.next
    assert "{" not in found.next
