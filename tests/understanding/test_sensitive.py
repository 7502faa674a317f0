from __future__ import annotations

import re
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.understanding.sensitive import MASK, Span, Watcher, find, masked

ID, OLD_ID, CARD = "11010119900307053X", "110101900307053", "6222020200112233446"
SHORT_CARD = "4111111111111111"


def kinds(text: str, **options: object) -> list[str]:
    return [span.kind for span in find(text, **options)]  # type: ignore[arg-type]  # as the tests below give them


@pytest.mark.req("G3")
@pytest.mark.parametrize(
    ("text", "digits"),
    [
        ("11010119900307053X", ID),
        ("１１０１０１１９９００３０７０５３Ｘ", ID),
        ("我的身份证号是11010119900307053x。", ID),
        ("110101 19900307 053X", ID),
        ("110101-1990-0307-053X", ID),
        ("一一零一零一一九九零零三零七零五三X", ID),
        ("幺幺零幺零幺幺九九零零三零七零五三叉", ID),
        ("幺幺洞幺洞幺幺勾勾洞洞三洞拐洞五三艾克斯", ID),
        ("双一零一零双一双九双零三零七零五三X", ID),
        ("两个一零一零一一两个九两个零三零七零五三X", ID),
        ("一一〇一〇一一九九〇〇三〇七〇五三Ｘ", ID),
        ("壹壹零壹零壹壹玖玖零零叁零柒零伍叁X", ID),
        ("一一零一零一，一九九零零三零七，零五三，X", ID),
        ("一一零一零一呃一九九零零三零七那个零五三嗯X", ID),
        ("一一零一零一然后是一九九零零三零七后面是零五三X", ID),
        ("一一零一零一，等一下，我看一下，一九九零零三零七零五三X", ID),
        ("110101一九九零零三零七053X", ID),
        ("要要零要零要要九九零零三零七零五三X", ID),
        ("一一灵一零一一九九零零三灵七零五三X", ID),
        ("一一零一零一一久九零零三零期零五三X", ID),
        ("我叫张伟，身份证一一零一零一一九九零零三零七零五三X，电话一三八零零一三八零零零", ID),
        ("110101900307053", OLD_ID),
        ("幺幺零幺零幺九零零三零七零五三", OLD_ID),
        ("6222020200112233446", CARD),
        ("6222 0202 0011 2233 446", CARD),
        ("6222，0202，0011，2233，446。", CARD),
        ("６２２２－０２０２－００１１－２２３３－４４６", CARD),
        ("六二二二零二零二零零一一二二三三四四六", CARD),
        ("六三个二零二零二双零双一双二双三双四六", CARD),
        ("陆贰贰贰零贰零贰零零壹壹贰贰叁叁肆肆陆", CARD),
        ("六二二二，嗯，零二零二，呃，零零幺幺，二二三三，四四六", CARD),
        ("六两两两洞两洞两洞洞幺幺两两三三四四六", CARD),
        ("六二二二 零二零二 那个 零零一一 二二三三 四四六", CARD),
        ("6222.0202.0011.2233.446", CARD),
        ("卡号六二二二啊零二零二啊零零一一啊二二三三啊四四六", CARD),
        ("路二二二零二零二零零一一二二三三四四六", "222020200112233446"),
        ("4111 1111 1111 1111", SHORT_CARD),
        ("四个一", ""),
        ("四一一一，四个一，四个一，四个一", SHORT_CARD),
        ("378282246310005", "378282246310005"),
        ("4222222222222", "4222222222222"),
        ("5500005555555559", "5500005555555559"),
    ],
)
def test_a_card_is_found_in_whatever_form_it_is_told(text: str, digits: str) -> None:
    assert [span.digits for span in find(text)] == ([digits] if digits else [])


@pytest.mark.req("G3")
@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("身份证号一一零一零一一九九零零三零七零五三四", "id_card"),
        ("11010119900307054X", "id_card"),
        ("一一零一零一一九九零零三零七零五三", "id_card"),
        ("六二二二零二零二零零一一二二三三四四七", "bank_card"),
        ("我的卡号是七七八八零零一一二二", "bank_card"),
        ("身份证后六位是零七零五三四", "id_card"),
        ("密码是一二三四五六", "number"),
        ("验证码8848", "number"),
        ("7100020003000400050", "number"),
    ],
)
def test_a_digit_that_was_misheard_does_not_betray_the_rest(text: str, kind: str) -> None:
    assert kinds(text) == [kind]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "您好，我要寄件",
        "等一下，我看一下",
        "我的电话是13800138000",
        "一三八零零一三八零零零",
        "13800138000，对，13800138000",
        "电话幺三八零零幺三八零零零，尾号八零零零",
        "零二一六八八八六六六六，对，零二一六八八八六六六六",
        "SF1234567890123",
        "SF 4222222222222",
        "单号四二二二二二二二二二二二二",
        "运单号是378282246310005",
        "快递单773012345678",
        "订单号2024031512345678",
        "二零二四年三月十五号下午三点",
        "2024-03-15 2024-04-15 2024-05-15",
        "2024年3月15日到2024年4月15日",
        "从八点到十二点，再从十三点到十八点，二十分钟",
        "三千五百二十一块五",
        "一共一万两千三百四十五元六毛七",
        "3500元，4200元，5600元",
        "三点一四一五九二六五三五八九七九",
        "我住三号楼二单元一二零一",
        "邮编200030，门牌1234",
        "尾号8000",
        "工号八零零一",
        "一二三四五六七八九十",
    ],
)
def test_other_numbers_are_left_alone(text: str) -> None:
    assert find(text) == []


def test_what_was_asked_for_tells_a_waybill_from_a_card() -> None:
    assert kinds("4222222222222") == ["bank_card"]
    assert kinds("4222222222222", asked="waybill") == []
    assert kinds(CARD, asked="waybill") == ["bank_card"]
    assert kinds(ID, asked="waybill") == ["id_card"]
    assert kinds("卡号4222222222222", asked="waybill") == ["bank_card"]


@pytest.mark.req("G3")
def test_while_a_private_question_is_open_every_number_counts() -> None:
    assert kinds("一三八零零一三八零零零") == []
    assert kinds("一三八零零一三八零零零", open_kinds=["phone"]) == ["phone"]
    assert kinds("尾号八零零零", open_kinds=["phone"]) == ["phone"]
    assert kinds("八零零零", open_kinds=["number"]) == ["number"]
    assert kinds(ID, open_kinds=["phone"]) == ["id_card"]
    assert kinds("等一下", open_kinds=["number"]) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "卡号是四一一一，呃，四个一，四个一，四个一对吧",
            f"卡号是{MASK * 4}，呃，{MASK * 3}，{MASK * 3}，{MASK * 3}对吧",
        ),
        (f"我是{ID}。", f"我是{MASK * 18}。"),
        ("幺幺零幺零幺幺九九零零三零七零五三艾克斯", MASK * 20),
        ("一一灵一零一一九九零零三灵七零五三X好", MASK * 18 + "好"),
        ("密码一二三四五六，电话13800138000", f"密码{MASK * 6}，电话13800138000"),
    ],
)
def test_the_masked_text_keeps_its_words_and_its_length(text: str, expected: str) -> None:
    assert masked(text, find(text)) == expected


def test_a_span_tells_no_digits_where_it_is_printed() -> None:
    assert "1101" not in repr(find(ID)) + str(find(ID)[0]) + f"{find(ID)[0]}"


SAID = st.sampled_from(
    list("零〇洞一幺壹要二两三四五六七拐八九勾0123456789０９十百千万双个对X是呃，。 那这年月日块点AS卡号单")
)


@given(st.text(SAID, max_size=60), st.sampled_from(["", "waybill", "phone", "digits"]))
def test_whatever_is_said_spans_are_in_order_and_masking_leaves_none_of_their_digits(text: str, asked: str) -> None:
    spans = find(text, asked=asked)
    after = masked(text, spans)
    assert len(after) == len(text)
    for span, behind in zip(spans, [*spans, Span(len(text), len(text), "number")][1:], strict=True):
        assert 0 <= span.start < span.end <= behind.start
        assert not any(character.isnumeric() for character in after[span.start : span.end])
    assert not find(after, asked=asked)


FORMS = ("零〇洞0０", "一幺1１壹", "二两2２贰", "三3３叁", "四4４肆", "五5５", "六6陆", "七拐7", "八8捌", "九勾9玖")
FILLERS = ["", "", "", " ", "，", "呃", "嗯，", "、", "那个", "然后"]


@pytest.mark.req("G3")
@given(st.data(), st.sampled_from([ID, CARD, SHORT_CARD, "310105198512031230"]))
def test_any_mixture_of_forms_and_fillers_is_found(data: st.DataObject, number: str) -> None:
    said = "".join(
        data.draw(st.sampled_from(FORMS[int(digit)] if digit.isdigit() else "XxＸ叉"))
        + data.draw(st.sampled_from(FILLERS))
        for digit in number
    )
    assert [span.digits for span in find(f"您好，是这样{said}谢谢")] == [number]


# ------------------------------------------------------------------ over several turns


def heard(*turns: str, asked: str = "", open_kinds: tuple[str, ...] = ()) -> list[tuple[int, str]]:
    watcher = Watcher()
    judged = [
        found for number, text in enumerate(turns, 1) for found in watcher.hear(number, text, open_kinds, asked=asked)
    ]
    return [(found.turn, found.masked) for found in judged + watcher.end()]


@pytest.mark.req("G3")
@given(
    st.lists(st.integers(4, 14), min_size=1, max_size=3, unique=True), st.sampled_from([ID, CARD, "4111111111111111"])
)
def test_a_number_torn_over_turns_is_masked_in_all_of_them(cuts: list[int], number: str) -> None:
    edges = [0, *sorted(cuts), len(number)]
    pieces = [number[one:two] for one, two in pairwise(edges)]
    assert heard(*pieces) == [(turn, MASK * len(piece)) for turn, piece in enumerate(pieces, 1)]


def test_a_turn_waits_only_while_its_end_may_go_on() -> None:
    watcher = Watcher()
    assert watcher.hear(1, "我说一下是一一零一零一一九九零") == []
    assert [found.masked for found in watcher.hear(2, "零三零七零五三X，对")] == [
        f"我说一下是{MASK * 10}",
        f"{MASK * 8}，对",
    ]
    assert [found.masked for found in watcher.hear(3, "我要寄件")] == ["我要寄件"]
    assert watcher.hear(4, "六二二二") == []
    assert watcher.hear(5, "喂，你在听吗") == [], "that tears no number apart"
    assert [found.masked for found in watcher.hear(6, "我要寄十箱苹果")] == [
        "六二二二",
        "喂，你在听吗",
        "我要寄十箱苹果",
    ]
    assert watcher.end() == []


@pytest.mark.req("G3")
@pytest.mark.parametrize(
    "turns",
    [
        ("一一零一零一一九九零零五，不对，零三零七七七七四",),
        ("一一零一零一一九九零零五", "说错了，零三零七七七七四"),
        ("一一零一零一一九九零零三零九", "不是，零七七七七四"),
        ("一一零一零一", "喂，你在听吗", "一九九零零三零七七七七四"),
        ("我的身份证是一一零一", "等一下", "喂", "零一一九九零零三零七七七七四"),
        ("一", "一零", "一零一一九九零零三零七七七七四"),
        ("六", "二二二", "零二零二零零零一二三四五六"),
    ],
)
def test_a_number_that_is_put_right_or_interrupted_is_masked_all_the_same(turns: tuple[str, ...]) -> None:
    left = "".join(text for _, text in heard(*turns))
    assert len(re.findall("[一二三四五六七八九零]", left)) <= 3, left


def test_a_turn_that_announces_a_private_number_is_masked_at_once_and_so_is_the_rest() -> None:
    assert heard("身份证是一一零一零一一九九零", "零三零七零五三X") == [(1, f"身份证是{MASK * 10}"), (2, MASK * 8)]


def test_the_question_of_one_turn_announces_the_number_of_the_next() -> None:
    assert heard("我报一下身份证后六位", "零七零五三四") == [(1, "我报一下身份证后六位"), (2, MASK * 6)]


def test_a_number_that_was_never_finished_is_masked_once_it_says_much() -> None:
    assert heard("一一零一零一一九九零零三零七") == [(1, MASK * 14)]
    assert heard("六二二二") == [(1, "六二二二")]


def test_numbers_that_were_asked_for_do_not_wait() -> None:
    assert heard("六二二二零二零二", asked="waybill") == [(1, "六二二二零二零二")]
    assert heard("一三八零零一三八零零零", "一三八零零一三八零零零", asked="phone")[1] == (2, "一三八零零一三八零零零")


def test_an_open_private_question_masks_the_pieces_too() -> None:
    assert heard("一三八", "零零一三", open_kinds=("number",)) == [(1, MASK * 3), (2, MASK * 4)]
