"""The items of the pack: what a document asks for, what Hanare does about it, and whether the settings keep it.

The documents are Japanese and keep their names; the English is ours, for the console's page. An item that no setting
can break says so; one that settings decide is judged over every group of users, and says how many users are outside it.
Nothing here claims conformity: it is evidence to judge.
"""

from collections.abc import Callable
from enum import StrEnum
from typing import Final, NamedTuple

from hanare_core.profile import SecondFactor, Settings, Zone
from hanare_core.sentences import Language
from hanare_server.evidence.facts import Facts
from hanare_server.profiles.requirements import CH, G5, LG, LGWAN_PIN_CHARACTERS, LOCK_MINUTES


class Standing(StrEnum):
    """How an item stands."""

    BUILT_IN = "構造上満たす"
    KEPT = "設定上満たす"
    PARTLY = "一部の利用者が対象外"
    OPEN = "要確認"


class Said(NamedTuple):
    """A text in both languages."""

    ja: str
    en: str


class Line(NamedTuple):
    """One item as printed."""

    source: str
    asked: str
    done: str
    standing: Standing
    proof: str
    stands: str
    """The standing in words."""


def lines(facts: Facts, language: Language = "ja") -> list[Line]:
    """Return every item in the order of the documents."""
    return [_line(item(facts), language) for item in _ITEMS]


Rule = Callable[[Settings], bool]
Item = Callable[[Facts], tuple[str, Said, Said, Standing, Said]]


def _line(found: tuple[str, Said, Said, Standing, Said], language: Language) -> Line:
    source, asked, done, standing, proof = found
    return Line(
        source,
        getattr(asked, language),
        getattr(done, language),
        standing,
        getattr(proof, language),
        getattr(_STANDINGS[standing], language),
    )


def _always(source: str, asked: Said, done: Said) -> Item:
    return lambda _: (source, asked, done, Standing.BUILT_IN, Said("設定で変更できません。", "No setting changes it."))


def _by_setting(source: str, asked: Said, done: Said, kept: Rule) -> Item:
    def item(facts: Facts) -> tuple[str, Said, Said, Standing, Said]:
        outside = sum(group.users for group in facts.groups if not kept(group.settings))
        standing = Standing.KEPT if outside == 0 else Standing.PARTLY
        proof = Said(
            f"利用者{facts.users}人のうち{facts.users - outside}人に適用されています。",
            f"It holds for {facts.users - outside} of {facts.users} users.",
        )
        return source, asked, done, standing if facts.users else Standing.OPEN, proof

    return item


def _counted(source: str, asked: Said, done: Said, judged: Callable[[Facts], tuple[bool, Said]]) -> Item:
    def item(facts: Facts) -> tuple[str, Said, Said, Standing, Said]:
        kept, proof = judged(facts)
        return source, asked, done, Standing.KEPT if kept else Standing.OPEN, proof

    return item


def _inventory(facts: Facts) -> Said:
    without = facts.sticks_without_department
    return Said(
        f"USB端末{facts.sticks}本(部署未設定{without}本)、業務用PC{facts.office_pcs}台、ゲートウェイ{facts.gateways}台",
        f"Sticks: {facts.sticks} (without a department: {without}), office PCs: {facts.office_pcs}, "
        f"gateways: {facts.gateways}",
    )


def _log(facts: Facts) -> Said:
    copy, copied = ("あり", "yes") if facts.off_box else ("なし", "no")
    return Said(
        f"監査ログ{facts.audit_rows}行、封印済み第{facts.sealed}行まで、外部への控え{copy}",
        f"Rows: {facts.audit_rows}, sealed up to row {facts.sealed}, copied outside: {copied}",
    )


_STANDINGS: Final = {
    Standing.BUILT_IN: Said(Standing.BUILT_IN.value, "kept by design"),
    Standing.KEPT: Said(Standing.KEPT.value, "kept by the settings"),
    Standing.PARTLY: Said(Standing.PARTLY.value, "some users are outside"),
    Standing.OPEN: Said(Standing.OPEN.value, "to be checked"),
}

_ITEMS: Final[tuple[Item, ...]] = (
    _always(
        LG,
        Said(
            "支給端末のログイン時に利用者認証を必須とする",
            "Users prove who they are when they log in on a device that the office gives them",
        ),
        Said(
            "USB端末の鍵と利用者のPINの両方がそろうまで業務用PCへの経路は開きません。",
            "No way to the office PC opens before the stick's key and the user's PIN are both there.",
        ),
    ),
    _by_setting(
        LG,
        Said(
            "パスワードの長さ・文字種・辞書語を規制する",
            "Rules for the length, the characters and the words of passwords",
        ),
        Said(
            "PINの禁止語と最小の長さを端末で検査します。設定により英字と数字の両方を求めます。",
            "The stick checks a PIN's length and forbidden words; by a setting it demands letters and digits.",
        ),
        lambda settings: settings.pin_composition and settings.pin_characters >= LGWAN_PIN_CHARACTERS,
    ),
    _by_setting(
        LG,
        Said(
            "ワンタイムパスワード等による多要素認証を必須とする",
            "Multi-factor authentication, such as one-time passwords",
        ),
        Said(
            "端末、PINに加えてワンタイムパスワードまたはセキュリティキーを求めます。",
            "Beside stick and PIN a one-time password or a security key is demanded.",
        ),
        lambda settings: settings.second_factor is not SecondFactor.NONE,
    ),
    _always(
        LG,
        Said("画面転送のみとし、データを保存させない", "The screen alone is transferred; no data is stored"),
        Said(
            "端末のOSはメモリ上で動き、自宅PCの記憶装置は読み書きできません。",
            "The stick's system runs in memory and can neither read nor write the home PC's disks.",
        ),
    ),
    _always(
        LG,
        Said("クリップボードの共有を禁止する", "No shared clipboard"),
        Said(
            "接続の引数が固定されており、共有の経路がありません。",
            "The connection's arguments are fixed: there is no way to share one.",
        ),
    ),
    _always(
        LG,
        Said("プリンターとファイルの共有を禁止する", "No shared printers and files"),
        Said("リダイレクトの経路を端末に含めていません。", "The stick contains no way of redirecting them."),
    ),
    _by_setting(
        LG,
        Said("のぞき見を防止する", "Nobody looks over the shoulder"),
        Said(
            "すべての画面に利用者名と時刻の透かしを入れ、無操作で画面をロックします。",
            "Every frame carries user and time as a watermark; an idle screen is locked.",
        ),
        lambda settings: settings.watermark and settings.idle_lock_minutes <= LOCK_MINUTES,
    ),
    _by_setting(
        CH,
        Said("三層の対策: 異なる領域をつながない", "Three-layer separation: zones are not joined"),
        Said(
            "1回の利用は1つのゾーンに限られ、ゲートウェイが1台の業務用PCだけに通信を許します。",
            "A session stays in one zone, and the gateway lets it reach one office PC only.",
        ),
        lambda settings: len(settings.zones or tuple(Zone)) == 1,
    ),
    _counted(
        CH,
        Said("マイナンバー利用事務系へはテレワークで接続しない", "Telework never reaches the My Number zone"),
        Said("マイナンバー系のPCは、どの設定でも接続先になりません。", "No setting makes a PC of that zone a target."),
        lambda facts: (
            facts.mynumber_assigned == 0,
            Said(
                f"割り当てられたマイナンバー系のPC: {facts.mynumber_assigned}台",
                f"PCs of that zone given to users: {facts.mynumber_assigned}",
            ),
        ),
    ),
    _counted(
        CH,
        Said("許可制とし、必要な期間に限る", "By permission, and for no longer than needed"),
        Said(
            "利用者ごとに許可の終わりの日を持ち、過ぎれば直ちに利用が終わります。",
            "Each user's permission has a last day; after it the use ends at once.",
        ),
        lambda facts: (
            facts.without_end == 0,
            Said(
                f"期限のない許可: 利用者{facts.users}人のうち{facts.without_end}人",
                f"Permissions without an end: {facts.without_end} of {facts.users} users",
            ),
        ),
    ),
    _by_setting(
        CH,
        Said("インターネットのサービスは指定したものに限る", "Named internet services only"),
        Said(
            "名前を挙げたWebアプリだけを庁内の回線から開きます。ほかの通信はできません。",
            "Only named web applications open, through the office's line; nothing else connects.",
        ),
        lambda settings: Zone.LGWAN not in (settings.zones or tuple(Zone)) or not settings.web_applications,
    ),
    _counted(
        G5,
        Said("資産・構成を管理する", "Assets and configuration are managed"),
        Said(
            "USB端末、業務用PC、ゲートウェイを台帳で管理し、貸出の履歴を残します。",
            "Sticks, office PCs and gateways stand in a register; who held a stick is kept.",
        ),
        lambda facts: (
            facts.sticks_without_department == 0,
            _inventory(facts),
        ),
    ),
    _counted(
        G5,
        Said("特権を管理し、共有アカウントを使わない", "Privileges are managed; no shared accounts"),
        Said(
            "管理者は個人ごとのアカウントと二要素認証で操作し、緩める操作には2人目の承認を求めます。",
            "Administrators have accounts of their own with a second factor; what loosens takes a second person.",
        ),
        lambda facts: (
            facts.without_person == 0,
            Said(
                f"管理者アカウント{facts.administrators}件、職員番号のないもの{facts.without_person}件",
                f"Console accounts: {facts.administrators}, without a staff number: {facts.without_person}",
            ),
        ),
    ),
    _always(
        G5,
        Said("通信を保護・暗号化する", "Communication is protected and encrypted"),
        Said(
            "すべての通信をWireGuardの中に通し、中でTLSと証明書の固定を重ねます。",
            "Everything passes inside WireGuard, and inside it TLS with pinned certificates.",
        ),
    ),
    _always(
        G5,
        Said("アクセスを制御する", "Access is controlled"),
        Said(
            "利用者は自分の業務用PCの1ポートだけに届き、許可は数分で自動的に失効します。",
            "A user reaches one port of their own office PC; the permission runs out within minutes by itself.",
        ),
    ),
    _by_setting(
        G5,
        Said("無操作・長時間の利用を終わらせる", "Idle and long use ends"),
        Said(
            "30分以内の無操作と12時間で利用を終わらせ、再び認証を求めます。",
            "After at most 30 idle minutes and after 12 hours the use ends, and one signs in again.",
        ),
        lambda settings: settings.idle_end_minutes <= 30,  # noqa: PLR2004 the sentence names the same number
    ),
    _counted(
        G5,
        Said("ログを管理し、改ざんを検知する", "Logs are kept, and tampering is noticed"),
        Said(
            "すべての操作とサインインを連鎖したハッシュで記録し、別のプロセスの鍵で封印します。独立した検証プログラムがあります。",
            "Every act and sign-in stands in a hash chain that another process seals; a separate program verifies it.",
        ),
        lambda facts: (
            facts.sealed == facts.audit_rows and facts.off_box,
            _log(facts),
        ),
    ),
    _always(
        G5,
        Said("紛失に備える", "Loss is prepared for"),
        Said(
            "端末にPINも業務データもなく、1操作で利用停止すると通信が直ちに止まります。",
            "A stick holds neither PIN nor data; one click suspends it and its packets stop at once.",
        ),
    ),
)
