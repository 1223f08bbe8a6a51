from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cairn.core.clean_text import normalise
from cairn.core.errors import SourceError
from cairn.retrieval.load import ReadAs, load
from cairn.retrieval.load.encodings import decoded
from cairn.retrieval.search_terms import terms

TEXTS = {
    "cp1251": "Заявку на отпуск подают за две недели. Её подписывает начальник отдела.",
    "koi8-r": "Пропуск получают в первый день работы у дежурного.",
    "big5": "員工請假須於三日前填寫申請單，並由主管簽核。",
    "cp949": "휴가 신청은 이 주 전에 제출해야 합니다.",
    "shift_jis": "休暇の申し込みは二週間前までに提出してください。",
    "euc_jp": "会議室の予約は受付で行います。",
    "iso8859-2": "Žádost o dovolenou se podává dva týdny předem. Schvaluje ji vedoucí oddělení.",
    "cp1253": "Η αίτηση υποβάλλεται δύο εβδομάδες πριν από την άδεια.",
    "cp1254": "İzin başvurusu iki hafta önceden yapılır. Müdür onaylar ve imzalar.",
    "cp1252": "Der Antrag muß spätestens zwei Wochen vorher beim Büro eingehen; die Gebühr beträgt 5 €.",
}


@pytest.mark.parametrize("encoding", TEXTS)
def test_text_in_a_national_encoding_is_read_and_the_guess_is_told(encoding: str) -> None:
    document = load(TEXTS[encoding].encode(encoding), "x.txt")
    assert document.text == TEXTS[encoding]
    assert document.notice and "guessed" in document.notice and "--encoding" in document.notice


def test_a_table_is_decoded_as_text_is() -> None:
    table = load("Kunde;Straße;Betrag\nJäger;Mühlweg 3;4,50 €\n".encode("cp1252"), "x.csv")
    assert table.text == "Kunde: Jäger; Straße: Mühlweg 3; Betrag: 4,50 €\n"
    assert table.notice and "guessed" in table.notice


def test_utf8_but_for_a_few_bytes_stays_utf8_and_says_so() -> None:
    log = "Die Prüfung läuft.\n".encode() * 20 + b"Rest \xff here\n"
    document = load(log, "x.log")
    assert document.text.startswith("Die Prüfung läuft.") and "Rest � here" in document.text
    assert document.notice == "what is not UTF-8 in 1 place is shown as �"


@given(st.integers(1, 2), st.integers(0, 40))
def test_text_that_is_cut_within_a_letter_loses_only_that_letter(cut: int, start: int) -> None:
    whole = "员工每年享有十五天带薪年假。" * 4
    document = decoded(whole[start:].encode()[:-cut])
    assert document.text == whole[start:-1] + "�"
    assert "cut" in document.notices[0]


@given(st.sampled_from(sorted(TEXTS)), st.integers(0, 8))
def test_no_other_encoding_is_taken_for_damaged_utf8(encoding: str, start: int) -> None:
    data = TEXTS[encoding][start:].encode(encoding)
    try:
        assert all("UTF-8" not in notice for notice in decoded(data).notices)
    except SourceError:
        return


def test_what_is_declared_counts() -> None:
    assert (
        load("# -*- coding: koi8-r -*-\n# Привет\nx = 1\n".encode("koi8-r"), "x.py").text.split("\n")[1] == "# Привет"
    )
    page = '<?xml version="1.0" encoding="windows-1251"?><html><body><p>Да</p></body></html>'
    assert load(page.encode("cp1251"), "x.html").text.strip() == "Да"
    wrong = load("<html><meta charset=iso-8859-1><body><p>Größe</p>".encode(), "x.html")
    assert wrong.text.strip() == "Größe" and wrong.notice == "it is said to be in cp1252, but is in UTF-8"


def test_the_user_may_name_the_encoding() -> None:
    text = "Тест"
    assert load(text.encode("cp866"), "x.txt", ReadAs("cp866")).text == text
    assert load(text.encode("cp866"), "x.txt", ReadAs("cp866")).notices == ()


def test_what_makes_no_text_in_any_encoding_is_refused_with_the_reason() -> None:
    with pytest.raises(SourceError, match="binary data"):
        load(bytes(range(256)) * 4, "x.txt")


def test_one_control_character_does_not_make_a_log_binary() -> None:
    document = load(b"Started.\n" * 50 + b"\x00stopped\n", "x.log")
    assert document.text.endswith("stopped\n")
    assert document.notice == "control characters in 1 place are shown as �"


@pytest.mark.parametrize("unseen", ["\u200b", "\u2060", "\u00ad", "\ufeff", "\u200d", "\u200e"])
def test_what_nobody_sees_is_no_letter(unseen: str) -> None:
    for name, data in {"x.txt": "war{}ranty", "x.html": "<p>war{}ranty</p>", "x.json": '["war{}ranty"]'}.items():
        assert load(data.format(unseen).encode(), name).text.strip('\n[]"') == "warranty"
    assert terms(f"war{unseen}ranty") == terms("warranty")
    assert normalise(f"war{unseen}ranty") == "warranty"


def test_joiners_stay_where_a_script_needs_them() -> None:
    assert load("می‌خواهم 👩‍🔧".encode(), "x.txt").text == "می‌خواهم 👩‍🔧"


def test_another_script_that_is_said_to_be_western_is_guessed_and_told() -> None:
    page = '<meta charset="iso-8859-1"><p>Счёт за ремонт лодки оплатите до <b>пятницы</b>.</p>'
    document = load(page.encode("cp1251"), "x.html")
    assert document.text.strip() == "Счёт за ремонт лодки оплатите до пятницы."
    assert "it is not in cp1252, as is said" in document.notices
    french = page.replace("Счёт за ремонт лодки оплатите до", "Été à l'école, où l'élève naïf a reçu le relevé").encode(
        "cp1252", "ignore"
    )
    assert load(french, "x.html").notices == ()


def test_utf16_without_a_mark_is_told_as_guessed() -> None:
    document = load("Név\tDarab\nAsztal\t3\n".encode("utf-16-le"), "x.tsv")
    assert document.text == "Név: Asztal; Darab: 3\n"
    assert document.notice and "utf-16-le" in document.notice
