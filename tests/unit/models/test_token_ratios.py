"""What is learned of a model's tokens from what its server counted."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cairn.core.clean_text import approximate_tokens
from cairn.models.model_facts import FILE, model_facts
from cairn.models.token_ratios import TokenRatios

TEXTS = {
    "en": "The harbour opens at six. Boats that arrive later wait at the outer wall until the morning. ",
    "de": "Der Hafen öffnet um sechs Uhr. Später ankommende Schiffe warten bis zum Morgen an der äußeren Mauer. ",
    "fr": "Le port ouvre à six heures. Les bateaux arrivés plus tard attendent près du mur extérieur. ",
    "vi": "Bến cảng mở cửa lúc sáu giờ. Những tàu đến muộn phải chờ ở bức tường bên ngoài. ",
    "ru": "Гавань открывается в шесть часов. Корабли, пришедшие позже, ждут у внешней стены до утра. ",
    "zh": "港口六点开放。晚到的船只要在外墙等到早上。",
    "ja": "港は六時に開きます。遅れて着いた船は朝まで外の壁で待ちます。",
    "ko": "항구는 여섯 시에 열립니다. 늦게 도착한 배는 아침까지 바깥 벽에서 기다립니다. ",
    "table": "| 1 | 2024-03-17 | 118.50 | A-77 |\n| 2 | 2024-04-02 | 9.75 | B-12 |\n",
}


def counted(text: str, letters: float) -> int:
    """As a server whose vocabulary knows English words, single digits and signs, and else bytes."""
    plain = [word for word in text.split() if word.isalpha() and word.isascii()]
    beyond = sum(len(letter.encode()) for letter in text if ord(letter) > 127)
    signs = sum(not letter.isalpha() and not letter.isspace() for letter in text if ord(letter) < 128)
    return 4 + round(len(plain) * 1.2 + beyond * letters + signs)


@pytest.mark.parametrize("language", TEXTS)
@pytest.mark.parametrize("letters", [0.3, 0.5])
def test_three_counts_are_enough_for_a_language(language: str, letters: float) -> None:
    ratios = TokenRatios()
    for times in (8, 12, 20):
        text = TEXTS[language] * times
        ratios.learn([text], counted(text, letters))
    text = TEXTS[language] * 31
    assert ratios.message_tokens([text]) == pytest.approx(counted(text, letters), rel=0.15)


def test_languages_are_learned_beside_each_other() -> None:
    ratios = TokenRatios()
    for times in (8, 12, 20):
        for text in TEXTS.values():
            ratios.learn([text * times], counted(text * times, 0.4))
    off = {name: ratios.tokens(text * 15) / counted(text * 15, 0.4) for name, text in TEXTS.items()}
    assert {name: ratio for name, ratio in off.items() if not 0.8 < ratio < 1.2} == {}


def test_one_odd_count_does_not_spoil_what_is_known() -> None:
    ratios = TokenRatios()
    for times in range(10, 16):
        ratios.learn([TEXTS["ru"] * times], counted(TEXTS["ru"] * times, 0.4))
    before = ratios.tokens(TEXTS["ru"] * 20)
    ratios.learn([TEXTS["ru"] * 20], before * 2)
    assert ratios.tokens(TEXTS["ru"] * 20) == pytest.approx(before, rel=0.05)


def test_a_prompt_that_was_cut_or_counted_as_nonsense_is_not_learned_from() -> None:
    ratios = TokenRatios()
    text = TEXTS["en"] * 20
    for count in (approximate_tokens(text) // 5, approximate_tokens(text) * 9, 0, -1):
        assert not ratios.learn([text], count)
    assert not ratios
    assert not ratios.learn([], 500)


def test_what_was_learned_of_a_language_outlives_many_prompts_in_another() -> None:
    ratios = TokenRatios()
    for times in (8, 12, 20):
        ratios.learn([TEXTS["zh"] * times], counted(TEXTS["zh"] * times, 0.5))
    for times in range(80):
        text = TEXTS["en"] * (8 + times % 7)
        ratios.learn([text], round(counted(text, 0.5) * (1 + 0.06 * (times % 3 - 1))))
    assert len(ratios.samples) <= 40
    assert ratios.tokens(TEXTS["zh"] * 15) == pytest.approx(counted(TEXTS["zh"] * 15, 0.5), rel=0.15)


def test_it_is_kept_in_the_home_and_what_is_no_count_is_passed_over(tmp_path: Path) -> None:
    facts = model_facts(tmp_path, "openai:m", "http://there/v1")
    text = TEXTS["ko"] * 20
    facts.learn_counts([text], counted(text, 0.5))
    facts.learn(window=4096)
    known = model_facts(tmp_path, "openai:m", "http://there/v1")
    assert (known.window, known.ratios.tokens(text)) == (4096, facts.ratios.tokens(text))
    assert not model_facts(tmp_path, "openai:other", "http://there/v1").ratios
    kept = json.loads((tmp_path / FILE).read_text())
    kept[facts.key]["counted"] += [[1, 2], "x", [True] * 13, None]
    (tmp_path / FILE).write_text(json.dumps(kept))
    assert model_facts(tmp_path, "openai:m", "http://there/v1").ratios.samples == facts.ratios.samples
