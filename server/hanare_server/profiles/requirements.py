"""What the documents ask of the settings, in numbers: for the ready-made profiles, the lint and the evidence pack."""

from typing import Final

LG: Final = "総務省 LGWAN接続系のテレワークセキュリティ要件"
CH: Final = "総務省 地方公共団体における情報セキュリティポリシーに関するガイドライン"
G5: Final = "総務省 テレワークセキュリティガイドライン 第5版"
NIST: Final = "NIST SP 800-63B-4"

LGWAN_PIN_CHARACTERS: Final = 8
"""LG asks for length and kinds of characters without a number; eight is what municipal policies write."""

NIST_PIN_CHARACTERS: Final = 8
"""NIST, 3.1.1.2: at least eight characters where the password is one of several factors."""

LOCK_MINUTES: Final = 15
"""LG asks that nobody looks over the shoulder, without a number: an idle screen stays open no longer than this."""
