from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from time import process_time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ivr.standards.load import load_standard, shipped
from ivr.standards.phrasing import Barred, pieces
from ivr.standards.rules import load_barred
from ivr.understanding.phrases import Phrases
from ivr.understanding.plain import plain
from ivr.understanding.sounds import syllables

BARRED = load_barred()
COMMON = (
    "的一是不了在人有我他这中大来上国个到说们为子和你地出道也时年得就那要下以生会自着去之过家学对可里后小么心多天而能好都然没日于"
    "起还发成事只作当想看文无开手用主行方又如前所本见经头面公同三已老从动两长知民样现分将外但身些与高意进把法此实回二理美点月明其种声全"
    "工己话儿者向情部正名定女问力机给等几很业最间新什打便位因重被走电四第门相次东政海口使教西再平真听世气信北少关并内加化由却代军产入"
    "先山五太水万市眼体别处总才场师书比住员九笑性通目华报立马命张活难神数件安表原车白应路期叫死常提感金何更反合放做系计或司利受光王果"
    "亲界及今京务制解各任至清物台象记边共风战干接它许八特觉望直服毛林题建南度统色字请交爱让认算论百吃义科怎元社术结六功指思非流每青管夫"
    "连远资队跟带花快条院变联言权往展该领传近留红治决周保达办运武半候七必城父强步完革深区即求品士转量空甚众技轻程告江语英基派满式李息写呢"
)
HOMOPHONES: defaultdict[str, list[str]] = defaultdict(list)
for _character in COMMON:
    HOMOPHONES[syllables(_character)[0].sound].append(_character)


@pytest.fixture(scope="module")
def gate() -> Phrases:
    return Phrases(BARRED)


def wordings(phrase: str) -> Iterator[str]:
    """The phrase with every one of its choices taken at least once."""
    first = [piece[0] if piece else "那边" for piece in pieces(phrase)]
    yield "".join(first)
    for position, piece in enumerate(pieces(phrase)):
        yield from ("".join([*first[:position], other, *first[position + 1 :]]) for other in piece[1:])


def respelled(text: str) -> str:
    """The text as a recogniser may write it: other characters of the same sound."""
    told = {each.start: each.sound for each in syllables(text)}
    others = ([c for c in HOMOPHONES[told.get(at, "")] if c != character] for at, character in enumerate(text))
    return "".join(next(iter(other), character) for other, character in zip(others, text, strict=True))


def gate_of(*phrases: str, whole: tuple[str, ...] = ()) -> Phrases:
    bar = Barred(
        req="H1", source="001", category="spite", why="is rude", phrases=list(phrases), whole=list(whole), passes=["好"]
    )
    return Phrases([bar])


INSIDE = [wording for bar in BARRED for phrase in bar.phrases for wording in wordings(phrase)]
WHOLE = [wording for bar in BARRED for phrase in bar.whole for wording in wordings(phrase)]

SOURCES = """
你去投诉啊，随便投诉哪都行。 你找领导去。 要投诉你就去投诉吧，我还怕你！ 我就这态度，你又能怎样！
你问我，我问谁？ 我又不是快递员我怎么知道。 不会用就别用。 这样简单都不知道。 公司是绝对不会出错的。
喂、喂、喂、喂，怎么不说话呢？喂，再不说话我就挂了 听不到，大声一点。 你快点讲。 你不要说话，听我讲完。
你的声音很刺耳，我的耳朵受不了，你小声点，或者换个电话打。 不是我受理的，我不清楚。 你找别人吧！我帮不了你。
这不是我的错，我帮不了。 我也没有办法啊！ 不行就是不行。 不行、不可以、不能。
刚才不是跟你说了，怎么还不清楚？ 我讲了那么半天，你怎么还不明白？ 你到底明不明白我在说什么？
要我说多少遍你才明白啊？ 你有没有搞懂我的意思？ 难道你还不清楚？ 我刚才已经讲过了，你没有听明白吗？
凭什么骂我 喂，嘴巴干净一点 这又不是我的错呀！ 不好意思，我是新员工，我还不清楚 我查不到，我也帮不了你
我们系统没权限 向上投诉也一样 我们也没有办法 这是规定
"""
"""What the sources themselves give as examples of what must not be said."""

OTHERS = """
你自己去投诉好了 我哪知道啊 这事跟我们没关系 你急什么呀 我都讲了八百遍了 你耳朵聋了吗 你到底要不要寄
不归我们部门管 我只是个客服我能怎么办 这个我管不了 你爱投诉不投诉 投诉也没用的 你说话能不能客气点
你吼什么吼 我说了不行就是不行 你听不懂我说话吗 你怎么这么烦 别再打来了 没空跟你说 谁让你不保价的
是你自己写错地址的怪谁 反正就这样了 这是你自己的问题 你自己的责任 你以为你是谁 有本事你去告
别人都会用就你不会 没什么好说的了 我挂了啊
"""

# ---------------------------------------------------------------- the data


@pytest.mark.req("H1", "H2")
def test_every_phrase_is_found_in_itself(gate: Phrases) -> None:
    assert len(INSIDE) > 800
    assert [wording for wording in INSIDE + WHOLE if not gate.find(wording)] == []


@pytest.mark.req("H1", "H2")
def test_every_phrase_is_found_in_a_sentence(gate: Phrases) -> None:
    sentences = [f"先生您好，{wording}，谢谢。" for wording in INSIDE]
    assert [sentence for sentence in sentences if not gate.find(sentence)] == []


@pytest.mark.req("H1", "H2")
def test_a_whole_utterance_is_found_among_courtesies(gate: Phrases) -> None:
    sentences = [f"我帮您看过了。对不起，{wording}！" for wording in WHOLE]
    assert [sentence for sentence in sentences if not gate.find(sentence)] == []


@pytest.mark.req("H1", "H2")
def test_homophones_hide_no_phrase(gate: Phrases) -> None:
    def same_sound(text: str) -> bool:
        return [each.sound for each in syllables(text)] == [each.sound for each in syllables(respelled(text))]

    heard = [wording for wording in INSIDE if respelled(wording) != wording and same_sound(wording)]
    assert len(heard) > 300
    assert [(wording, respelled(wording)) for wording in heard if not gate.find(respelled(wording))] == []


@pytest.mark.req("H1", "H2")
@pytest.mark.parametrize("bar", BARRED, ids=lambda bar: f"{bar.category}: {bar.why}")
def test_every_counter_example_passes(gate: Phrases, bar: Barred) -> None:
    assert [(text, gate.find(text)) for text in bar.passes if gate.find(text)] == []


@pytest.mark.req("H1", "H2")
@pytest.mark.parametrize("name", shipped())
def test_all_shipped_wording_passes_prescribed_or_not(gate: Phrases, name: str) -> None:
    wording = load_standard(name).wording
    assert [(prompt, gate.find(one.text)) for prompt, one in wording.items() if gate.find(one.text)] == []


@pytest.mark.req("H1")
@pytest.mark.parametrize("text", SOURCES.split())
def test_the_sources_own_examples_are_found(gate: Phrases, text: str) -> None:
    assert "H1" in {found.req for found in gate.find(text)}


@pytest.mark.req("H1")
@pytest.mark.parametrize("text", OTHERS.split())
def test_what_no_source_lists_and_nobody_may_say_either(gate: Phrases, text: str) -> None:
    assert "H1" in {found.req for found in gate.find(text)}


@pytest.mark.req("H2")
@pytest.mark.parametrize(
    "text",
    [
        "百分之百没问题",
        "我保证一定能到",
        "您放心绝对不会再丢了",
        "明天肯定能送到",
        "顺丰的服务很差的",
        "我们比圆通强多了",
    ],
)
def test_promises_and_talk_about_rivals_are_found(gate: Phrases, text: str) -> None:
    assert {found.req for found in gate.find(text)} == {"H2"}


def test_a_prompt_is_judged_within_a_millisecond_and_at_once_when_it_comes_again(gate: Phrases) -> None:
    texts = [f"{wording.text}{number}" for number, wording in enumerate(load_standard("general").wording.values())]
    for text in texts:
        syllables(text)
    spent = []
    for _ in range(2):
        began = process_time()
        for text in texts:
            gate.find(text)
        spent.append((process_time() - began) / len(texts))
    assert spent[0] < 0.002  # 0.4 ms on a quiet machine; the bound leaves room for a busy one
    assert spent[1] < 0.0001


# ---------------------------------------------------------------- the rules


def test_what_is_found_tells_what_and_where_and_why() -> None:
    text = "好的，您去投素吧。"
    (found,) = gate_of("你去投诉").find(text)
    assert (found.phrase, found.req, found.why) == ("你去投诉", "H1", "is rude (spite, 001)")
    assert plain(text)[slice(*found.span)] == "您去投素"


def test_choices_and_gaps() -> None:
    gate = gate_of("你(就|)去(投诉|告状)", "再不说话…挂了")
    assert all(map(gate.find, ["你就去投诉", "你去告状", "再不说话我就挂了", "再不说话挂了"]))
    assert not any(
        map(gate.find, ["你去", "你就去", "再不说话", "挂了再不说话", "再不说话的话我们先这样下次再联系好吗挂了"])
    )


def test_a_phrase_goes_across_commas_but_not_across_sentences() -> None:
    gate = gate_of("我也没办法")
    assert gate.find("我也，没办法")
    assert not gate.find("我也。没办法")


def test_a_whole_utterance_is_nothing_inside_of_a_sentence() -> None:
    gate = gate_of(whole=("不行", "不可以"))
    assert len(gate.find("不行，不可以。")) == 2
    assert gate.find("对不起，不行哦")
    assert gate.find("不 可以")  # as some recognisers part words
    assert gate.find("步行")  # as a recogniser writes it
    assert not gate.find("如果不行，请您告诉我")
    assert not gate.find("不行，我为您换一个时间")


def test_sounds_that_speakers_merge_count_only_in_long_phrases() -> None:
    gate = gate_of("是你的错", "这是你", whole=())
    assert gate.find("四理的错")
    assert not gate.find("泽四里")


def test_a_text_without_end_is_judged_too(gate: Phrases) -> None:
    began = process_time()
    assert len(gate.find("请您稍等，我为您查，" * 2000 + "你去投诉吧")) == 1
    assert process_time() - began < 10  # a minute, were it to grow with the square of the text


@given(st.text(max_size=60))
@settings(deadline=None)
def test_any_text_can_be_judged(text: str) -> None:
    said = plain(text)
    for found in gate_of("你去投诉", whole=("不行",)).find(text):
        start, end = found.span
        assert 0 <= start < end <= len(said)
