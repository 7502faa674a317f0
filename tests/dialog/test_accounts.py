"""Accounts: who asks is verified, what they are told, and what cannot be undone (requirements G1, G2, G5, G8)."""

from __future__ import annotations

import pytest

from ivr.dialog import commands as do
from ivr.dialog.known import Known
from ivr.standards.load import load_standard
from tests.dialog.parcels import Caller

GENERAL = load_standard("general")
OTHER = "幺三九零零幺三九零零零"
PROOF = ("我叫王小明", "七七七四", "二四六八幺零")


class Customer(Caller):
    """Of a house with accounts; whatever one of its systems is asked, the test answers."""

    def __init__(self, *said: str, known: Known | None = None) -> None:
        super().__init__(*said, standard=GENERAL, known=known or Known())

    def replied(self, outcome: str, **values: str) -> Customer:
        """The system that was asked last answers when we have finished."""
        self.listens()
        self.hears(outcome, 0, **values)
        return self

    def proves(self, outcome: str = "found", said: tuple[str, ...] = PROOF) -> Customer:
        """Name, last four and code; and what comes of it."""
        self.tells(*said)
        return self.replied(outcome)

    def inquiries(self, of: str) -> list[dict[str, str]]:
        """What one of the systems was asked about, each time."""
        asked = [command for command in self.asked if isinstance(command, do.Inquire)]
        return [dict(command.about) for command in asked if command.of == of]


def asked_for_proof(wish: str = "查余额") -> Customer:
    customer = Customer(wish)
    customer.tells("可以", "本机")
    return customer.replied("found")


def verified(wish: str = "查余额") -> Customer:
    customer = asked_for_proof(wish).proves()
    customer.goes_on()
    return customer


@pytest.mark.req("G1")
def test_all_of_it_is_checked_at_once() -> None:
    customer = asked_for_proof().proves()
    assert customer.inquiries("identity") == [
        {"account": "", "caller": "13800138000", "full_name": "王小明", "id_tail": "7774", "code": "246810"}
    ]
    assert customer.prompts[-1] == "identity_passed"


@pytest.mark.req("G1")
@pytest.mark.parametrize("wish", ["查余额", "查一下消费记录", "取消套餐", "换套餐"])
def test_nothing_of_an_account_is_asked_for_before_the_caller_has_agreed(wish: str) -> None:
    customer = Customer(wish)
    assert customer.prompts[-1] == "identity_consent"
    assert not any(isinstance(command, do.Inquire) for command in customer.asked)


@pytest.mark.req("G1")
@pytest.mark.parametrize(("said", "then"), [("可以", "lost.lost_number"), ("不同意", "without_identity")])
def test_who_lost_the_telephone_agrees_first_too(said: str, then: str) -> None:
    customer = Customer("我的手机丢了，我要挂失")
    assert customer.prompts[-2:] == ["lost_number_first", "lost_consent"]
    customer.tells(said)
    assert customer.menu == then


@pytest.mark.req("G1")
def test_what_they_spent_takes_a_code_of_its_own() -> None:
    customer = verified("查一下消费记录")
    assert customer.menu == "dynamic_sending"
    assert customer.inquiries("history") == []
    customer.replied("found").tells("八六四二零九")
    assert customer.inquiries("identity")[-1]["dynamic_code"] == "864209"
    customer.replied("found").goes_on()
    assert customer.menu == "history"


@pytest.mark.req("G1")
def test_the_third_wrong_answer_is_the_last_in_the_call() -> None:
    customer = asked_for_proof()
    for _ in range(2):
        customer.proves("missing").goes_on()
        assert customer.menu == "identity.full_name"
    customer.proves("missing")
    assert customer.menu == "identity_barred"
    customer.tells("查余额")
    assert customer.menu == "identity_barred"
    assert len(customer.inquiries("identity")) == 3
    assert customer.inquiries("account") == []


@pytest.mark.req("G1", "G5")
def test_who_is_barred_is_not_let_in_by_another_way() -> None:
    customer = asked_for_proof()
    for _ in range(3):
        customer.proves("missing").goes_on()
    customer.tells("我的手机丢了", "我要挂失")
    assert customer.menu == "identity_barred"


@pytest.mark.req("G1", "B7")
def test_hearing_it_again_is_no_other_try() -> None:
    customer = asked_for_proof().proves("missing")
    customer.tells("再说一遍", "再说一遍", "再说一遍")
    assert customer.menu == "identity_wrong"


@pytest.mark.req("G1")
def test_who_is_barred_still_has_everything_else() -> None:
    customer = asked_for_proof()
    for _ in range(3):
        customer.proves("missing").goes_on()
    customer.tells("转人工")
    assert customer.prompts[-1] == "transfer_operator"


@pytest.mark.req("G1", "B9")
@pytest.mark.parametrize("menu", ["identity_checking", "identity_passed", "identity_wrong", "dynamic_checking"])
def test_who_was_cut_off_while_being_verified_is_verified_anew(menu: str) -> None:
    customer = Customer("是的", known=Known(menu, {"account": "13800138000"}, 1))
    assert customer.inquiries("identity") == []
    assert customer.inquiries("account") == []


@pytest.mark.req("G8", "G1")
def test_a_number_that_was_only_reported_lost_is_never_the_one_whose_balance_is_told() -> None:
    customer = verified()
    customer.replied("found", balance="128.50")
    customer.tells("我的手机丢了", OTHER, "对", "查余额")
    assert customer.inquiries("account")[-1] == {"account": "", "caller": "13800138000"}


@pytest.mark.req("G8")
@pytest.mark.parametrize(
    ("balance", "said"), [("0.05", "五分"), ("-12.30", "负十二元三角"), ("1000.01", "一千元零一分")]
)
def test_a_balance_is_told_to_the_fen(balance: str, said: str) -> None:
    customer = verified().replied("found", balance=balance)
    told = [one.text for one in customer.last(do.Play).utterances]
    assert told[0] == f"您的账户余额是{said}。"
    assert customer.prompts[-2] == "safety"


@pytest.mark.req("G5")
class TestWhatCannotBeUndone:
    """The consequence first, and two yeses, for each thing anew."""

    def test_two_yeses(self) -> None:
        customer = verified("取消套餐")
        assert customer.prompts[-1] == "cancel_consequence"
        customer.tells("要")
        assert (customer.prompts[-1], customer.inquiries("cancel_plan")) == ("cancel_again", [])
        customer.tells("确认")
        assert len(customer.inquiries("cancel_plan")) == 1

    @pytest.mark.parametrize("at", [1, 2])
    def test_a_no_leaves_it_as_it_is_and_counts_for_the_next_time(self, at: int) -> None:
        customer = verified("取消套餐")
        customer.tells(*["要"] * (at - 1), "不要了")
        assert "left_as_it_is" in customer.prompts[-3:]
        customer.tells("取消套餐")
        assert customer.prompts[-1] == "cancel_consequence"
        customer.tells("要")
        assert customer.prompts[-1] == "cancel_again"
        assert customer.inquiries("cancel_plan") == []

    def test_who_leaves_at_the_second_question_has_not_said_yes_to_it(self) -> None:
        customer = verified("取消套餐")
        customer.tells("要", "转人工")
        assert customer.inquiries("cancel_plan") == []

    def test_silence_is_no_yes(self) -> None:
        customer = verified("取消套餐")
        customer.tells("要")
        for _ in range(12):
            customer.goes_on()
            if customer.call.state == "ended":
                break
        assert customer.inquiries("cancel_plan") == []


@pytest.mark.req("G2")
@pytest.mark.parametrize("said", ["我的密码是一二三四五六", "密码是", "我把密码告诉你", "我的密码是１２３４５６"])
@pytest.mark.parametrize("at", ["greeting", "consent", "name", "tail", "code"])
def test_a_password_is_refused_wherever_it_is_offered(said: str, at: str) -> None:
    customer = Customer() if at == "greeting" else Customer("查余额") if at == "consent" else asked_for_proof()
    customer.tells(*PROOF[: {"tail": 1, "code": 2}.get(at, 0)])
    menu = customer.menu
    customer.tells(said)
    assert (customer.prompts[-1], customer.menu) == ("no_password", menu)
    assert customer.inquiries("identity") == []


@pytest.mark.req("G2")
@pytest.mark.parametrize(
    "said", ["我的银行卡号是六二二二", "六二二二零二一二三四五六七八九零幺二三", "四一一一一一一一一一一一一一一一"]
)
@pytest.mark.parametrize("at", ["greeting", "consent", "name", "tail", "code"])
def test_a_card_number_is_refused_wherever_it_is_offered(said: str, at: str) -> None:
    customer = Customer() if at == "greeting" else Customer("查余额") if at == "consent" else asked_for_proof()
    customer.tells(*PROOF[: {"tail": 1, "code": 2}.get(at, 0)])
    menu = customer.menu
    customer.tells(said)
    assert (customer.prompts[-1], customer.menu) == ("no_card_number", menu)


@pytest.mark.req("G1", "G2")
@pytest.mark.parametrize("said", ["验证码是二四六八幺零", "短信密码是二四六八幺零", "二四六八幺零"])
def test_the_code_may_be_called_what_people_call_it(said: str) -> None:
    customer = asked_for_proof()
    customer.tells(*PROOF[:2], said)
    assert customer.inquiries("identity")[-1]["code"] == "246810"


@pytest.mark.req("G3")
def test_what_proves_who_they_are_is_never_read_back() -> None:
    private = {name for name, slot in GENERAL.slot.items() if slot.private}
    assert private >= {"full_name", "id_tail", "code", "dynamic_code", "balance", "history"}
    assert not any(GENERAL.slot[name].read for name in private)


@pytest.mark.req("B9", "F6", "G1")
@pytest.mark.parametrize("said", [(), PROOF[:1], PROOF])
def test_who_is_cut_off_while_they_prove_who_they_are_gets_what_they_came_for(said: tuple[str, ...]) -> None:
    customer = asked_for_proof()
    customer.tells(*said)
    left = customer.call.standing
    assert (left.menu, set(left.slots)) == ("balance", set())
    again = Customer("是的", known=left)
    assert again.prompts[-1] == "identity_consent"
    again.tells("可以", "本机")
    again.replied("found").proves().goes_on()
    again.replied("found", balance="12.30")
    assert "balance_told" in again.prompts


@pytest.mark.req("B9", "F6")
def test_who_went_on_to_something_else_goes_on_with_that() -> None:
    customer = asked_for_proof()
    customer.key("9")
    customer.goes_on()
    customer.tells("我要投诉")
    assert customer.call.standing.menu.startswith("complaint")
