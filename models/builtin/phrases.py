"""What the builtin model says of itself, in English and Chinese. Everything else it says is quoted."""

from __future__ import annotations

import re

_ABLE_EN = "I am Cairn's builtin model: I calculate, query databases and quote your documents; I don't write or reason."
_ABLE_ZH = "我是 Cairn 的内置模型：我会计算、查询数据库、引用您的文档；我不会写作，也不会推理。"
_SETUP_EN = (
    "For a real model run `cairn ask --model openai:NAME …` (any provider or local server); "
    "`cairn doctor` shows what is set up."
)
_SETUP_ZH = (
    "要使用真正的模型，请运行 `cairn ask --model openai:名称 …`（任何服务商或本地服务都可以）；"
    "`cairn doctor` 会显示当前的配置。"
)

_TEXTS: dict[str, tuple[str, str]] = {
    "hello": (f"Hello! {_ABLE_EN} {_SETUP_EN}", f"您好！{_ABLE_ZH}{_SETUP_ZH}"),
    "thanks": ("You're welcome.", "不客气。"),
    "cannot": (f"I can't do that. {_ABLE_EN} {_SETUP_EN}", f"这个我做不到。{_ABLE_ZH}{_SETUP_ZH}"),
    "empty": ("There is no question to answer.", "没有可以回答的问题。"),
    "nothing": (
        "The documents that were found don't answer this: “{question}”.",
        "找到的文档没有回答这个问题：“{question}”。",
    ),
    "no_result": (
        "I can't tell which number to go on from. Please write the whole sum.",
        "我不知道要接着哪个数来算，请写出完整的算式。",
    ),
    "no_figure": (
        "I found no single figure for: {what}.",
        "没有找到唯一的数字：{what}。",
    ),
    "no_subject": (
        "I can't tell what “{question}” counts. Please name it.",
        "我看不出“{question}”问的是什么的数量，请写明。",
    ),
    "unclear_sum": (
        "I can't tell in which order to calculate this, or with which figures. Please say it in two questions.",
        "我看不出应该先算什么、用哪些数来算，请分成两个问题来问。",
    ),
    # Words that are hardly ever labels: a label in it would be taken for the answer.
    "unlike": ("I can't tell from these examples.", "从这些示例里我判断不出来。"),
    "none_found": ("Nothing was found about “{question}”.", "没有找到与“{question}”有关的内容。"),
    "no_rows": ("The query found nothing ({sql}).", "查询没有找到任何内容（{sql}）。"),
    "rows": ("{count} rows ({sql})", "{count} 行（{sql}）"),
    "row": ("1 row ({sql})", "1 行（{sql}）"),
    "first_rows": ("The first {shown} of {count} rows ({sql})", "共 {count} 行，显示前 {shown} 行（{sql}）"),
    "failed": ("{tool} failed: {error}", "{tool} 失败：{error}"),
    "understood": ("I understood: {query}.", "我的理解是：{query}。"),
    "unplaced": ("I could not place {words} in the database.", "但我在数据库中找不到与 {words} 对应的内容。"),
    "several": (
        "It seems to need several tables, which I don't join.",
        "这似乎需要关联多个表，我做不到。",
    ),
    "no_table": ("I can't tell which table this is about.", "我看不出这个问题涉及哪个表。"),
    "real_model": (
        "A real model may manage: `cairn ask --model openai:NAME …`.",
        "真正的模型也许可以：`cairn ask --model openai:名称 …`。",
    ),
    "not_from_database": (
        "From the documents (the database could not tell: {why}):",
        "以下来自文档（数据库无法回答：{why}）：",
    ),
    "stopped": (
        "I stopped here: the tools were called often enough without an answer.",
        "我在此停止：多次调用工具后仍没有得到答案。",
    ),
}


def say(key: str, chinese: bool, **values: object) -> str:
    """One pass, so that braces in a question stay what they are."""
    text = _TEXTS[key][1 if chinese else 0]
    return re.sub(r"\{(\w+)\}", lambda match: str(values[match[1]]), text)


def missing(kinds: str, chinese: bool) -> str:
    """Why a part of a question can't be answered with the tools that are there."""
    if chinese:
        return f"这需要 {kinds}，而我这里没有这个工具。{_SETUP_ZH}"
    return f"This needs {kinds}, and I don't have that tool here. {_SETUP_EN}"


def short(text: str, most: int = 200) -> str:
    """On one line, cut."""
    line = " ".join(text.split())
    return line if len(line) <= most else line[: most - 1] + "…"
