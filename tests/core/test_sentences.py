"""What people are told: every code, in both languages, with what to do next."""

import re

import pytest

from hanare_core import sentences
from hanare_core.problems import Code
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
