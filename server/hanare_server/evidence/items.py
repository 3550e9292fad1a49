"""The items of the pack: what a document asks for, what Hanare does about it, and whether the settings keep it.

Japanese only, as the documents are. An item that no setting can break says so; one that settings decide is judged over
every group of users, and says how many users are outside it. Nothing here claims conformity: it is evidence to judge.
"""

from collections.abc import Callable
from enum import StrEnum
from typing import Final, NamedTuple

from hanare_core.profile import SecondFactor, Settings, Zone
from hanare_server.evidence.facts import Facts

G5: Final = "総務省 テレワークセキュリティガイドライン 第5版"
LG: Final = "総務省 LGWAN接続系のテレワークセキュリティ要件"
CH: Final = "総務省 地方公共団体における情報セキュリティポリシーに関するガイドライン"

LONG_PIN: Final = 8
LOCK_MINUTES: Final = 15


class Standing(StrEnum):
    """How an item stands."""

    BUILT_IN = "構造上満たす"
    KEPT = "設定上満たす"
    PARTLY = "一部の利用者が対象外"
    OPEN = "要確認"


class Line(NamedTuple):
    """One item as printed."""

    source: str
    asked: str
    done: str
    standing: Standing
    proof: str


def lines(facts: Facts) -> list[Line]:
    """Return every item in the order of the documents."""
    return [item(facts) for item in _ITEMS]


Rule = Callable[[Settings], bool]
Item = Callable[[Facts], Line]


def _always(source: str, asked: str, done: str) -> Item:
    return lambda _: Line(source, asked, done, Standing.BUILT_IN, "設定で変更できません。")


def _by_setting(source: str, asked: str, done: str, kept: Rule) -> Item:
    def item(facts: Facts) -> Line:
        outside = sum(group.users for group in facts.groups if not kept(group.settings))
        standing = Standing.KEPT if outside == 0 else Standing.PARTLY
        proof = f"利用者{facts.users}人のうち{facts.users - outside}人に適用されています。"
        return Line(source, asked, done, standing if facts.users else Standing.OPEN, proof)

    return item


def _counted(source: str, asked: str, done: str, judged: Callable[[Facts], tuple[bool, str]]) -> Item:
    def item(facts: Facts) -> Line:
        kept, proof = judged(facts)
        return Line(source, asked, done, Standing.KEPT if kept else Standing.OPEN, proof)

    return item


def _inventory(facts: Facts) -> str:
    sticks = f"USB端末{facts.sticks}本(部署未設定{facts.sticks_without_department}本)"
    return f"{sticks}、業務用PC{facts.office_pcs}台、ゲートウェイ{facts.gateways}台"


def _log(facts: Facts) -> str:
    copy = "あり" if facts.off_box else "なし"
    return f"監査ログ{facts.audit_rows}行、封印済み第{facts.sealed}行まで、外部への控え{copy}"


_ITEMS: Final[tuple[Item, ...]] = (
    _always(
        LG,
        "支給端末のログイン時に利用者認証を必須とする",
        "USB端末の鍵と利用者のPINの両方がそろうまで業務用PCへの経路は開きません。",
    ),
    _by_setting(
        LG,
        "パスワードの長さ・文字種・辞書語を規制する",
        "PINの禁止語と最小の長さを端末で検査します。設定により英字と数字の両方を求めます。",
        lambda settings: settings.pin_composition and settings.pin_characters >= LONG_PIN,
    ),
    _by_setting(
        LG,
        "ワンタイムパスワード等による多要素認証を必須とする",
        "端末、PINに加えてワンタイムパスワードまたはセキュリティキーを求めます。",
        lambda settings: settings.second_factor is not SecondFactor.NONE,
    ),
    _always(
        LG, "画面転送のみとし、データを保存させない", "端末のOSはメモリ上で動き、自宅PCの記憶装置は読み書きできません。"
    ),
    _always(LG, "クリップボードの共有を禁止する", "接続の引数が固定されており、共有の経路がありません。"),
    _always(LG, "プリンターとファイルの共有を禁止する", "リダイレクトの経路を端末に含めていません。"),
    _by_setting(
        LG,
        "のぞき見を防止する",
        "すべての画面に利用者名と時刻の透かしを入れ、無操作で画面をロックします。",
        lambda settings: settings.watermark and settings.idle_lock_minutes <= LOCK_MINUTES,
    ),
    _by_setting(
        CH,
        "三層の対策: 異なる領域をつながない",
        "1回の利用は1つのゾーンに限られ、ゲートウェイが1台の業務用PCだけに通信を許します。",
        lambda settings: len(settings.zones or tuple(Zone)) == 1,
    ),
    _counted(
        CH,
        "マイナンバー利用事務系へはテレワークで接続しない",
        "マイナンバー系のPCは、どの設定でも接続先になりません。",
        lambda facts: (facts.mynumber_assigned == 0, f"割り当てられたマイナンバー系のPC: {facts.mynumber_assigned}台"),
    ),
    _counted(
        CH,
        "許可制とし、必要な期間に限る",
        "利用者ごとに許可の終わりの日を持ち、過ぎれば直ちに利用が終わります。",
        lambda facts: (facts.without_end == 0, f"期限のない許可: 利用者{facts.users}人のうち{facts.without_end}人"),
    ),
    _by_setting(
        CH,
        "インターネットのサービスは指定したものに限る",
        "名前を挙げたWebアプリだけを庁内の回線から開きます。ほかの通信はできません。",
        lambda settings: Zone.LGWAN not in (settings.zones or tuple(Zone)) or not settings.web_applications,
    ),
    _counted(
        G5,
        "資産・構成を管理する",
        "USB端末、業務用PC、ゲートウェイを台帳で管理し、貸出の履歴を残します。",
        lambda facts: (
            facts.sticks_without_department == 0,
            _inventory(facts),
        ),
    ),
    _counted(
        G5,
        "特権を管理し、共有アカウントを使わない",
        "管理者は個人ごとのアカウントと二要素認証で操作し、緩める操作には二人目の承認を求めます。",
        lambda facts: (
            facts.without_person == 0,
            f"管理者アカウント{facts.administrators}件、職員番号のないもの{facts.without_person}件",
        ),
    ),
    _always(G5, "通信を保護・暗号化する", "すべての通信をWireGuardの中に通し、中でTLSと証明書の固定を重ねます。"),
    _always(G5, "アクセスを制御する", "利用者は自分の業務用PCの1ポートだけに届き、許可は数分で自動的に失効します。"),
    _by_setting(
        G5,
        "無操作・長時間の利用を終わらせる",
        "30分以内の無操作と12時間で利用を終わらせ、再び認証を求めます。",
        lambda settings: settings.idle_end_minutes <= 30,  # noqa: PLR2004 the sentence names the same number
    ),
    _counted(
        G5,
        "ログを管理し、改ざんを検知する",
        "すべての操作とサインインを連鎖したハッシュで記録し、別のプロセスの鍵で封印します。独立した検証プログラムがあります。",
        lambda facts: (
            facts.sealed == facts.audit_rows and facts.off_box,
            _log(facts),
        ),
    ),
    _always(G5, "紛失に備える", "端末にPINも業務データもなく、1操作で利用停止すると通信が直ちに止まります。"),
)
