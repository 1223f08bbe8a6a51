"""What the builtin model says of itself, in English and Chinese. Everything else it says is quoted."""

from __future__ import annotations

import re

from cairn.language.words import listed

_ABLE = (
    "I am Cairn's builtin model: I calculate, query databases and quote your documents; I don't write or reason. For a "
    "real model, choose one by its name (`openai:NAME`, any provider or server) and set its key.",
    "我是 Cairn 的内置模型：我会计算、查询数据库、引用您的文档；我不会写作，也不会推理。要使用真正的模型，"
    "请按名称选择一个（`openai:名称`，任何服务商或服务器都可以），并设置其密钥。",
)
_TEXTS: dict[str, tuple[str, str]] = {
    "hello": (f"Hello! {_ABLE[0]}", f"您好！{_ABLE[1]}"),
    "thanks": ("You're welcome.", "不客气。"),
    "cannot": (f"I can't do that. {_ABLE[0]}", f"这个我做不到。{_ABLE[1]}"),
    "whole": ("I can't tell what this goes on from. Please ask the whole question.", "请把问题写完整。"),
    "nothing": (
        "I could not find a sentence that answers this in the words of the question: “{question}”.",
        "没有找到用这些字眼回答问题的句子：“{question}”。",
    ),
    # Words that are hardly ever labels: a label in it would be taken for the answer.
    "unlike": ("I can't tell from these examples.", "从这些示例里我判断不出来。"),
    "none_found": ("Nothing was found about “{question}”.", "没有找到与“{question}”有关的内容。"),
    "failed": ("{tool} failed: {error}", "{tool} 失败：{error}"),
    "from_documents": ("From the documents ({why}):", "以下来自文档（{why}）："),
    "stopped": ("I stopped: too many calls of tools without an answer.", "多次调用工具仍没有答案，我停止了。"),
    "no_rows": ("The query found nothing ({sql}).", "查询没有找到任何内容（{sql}）。"),
    "rows": ("Rows: {count} ({sql})", "{count} 行（{sql}）"),
    "first_rows": ("The first {shown} of {count} rows ({sql})", "共 {count} 行，显示前 {shown} 行（{sql}）"),
    "chart": ("The chart shows the result.", "图表显示查询结果。"),
    "no_chart": ("There is no chart: no result here can be drawn so.", "没有图表：这里没有可以这样画的查询结果。"),
    "unplaced": ("I could not place {words} in the database.", "我在数据库中找不到与 {words} 对应的内容。"),
    "no_table": ("I can't tell which table this is about.", "我看不出这个问题涉及哪个表。"),
    "real_model": (
        "A real model may manage: choose one, as `openai:NAME`.",
        "真正的模型（例如 `openai:名称`）也许可以。",
    ),
}
_SAYS_NO = listed("cannot whole nothing unlike none_found failed stopped unplaced no_table no_chart")
_PHRASES = [re.sub(r"\\\{\w+\\\}", ".+", re.escape(text)) for key in _SAYS_NO for text in _TEXTS[key]]
_DECLINES = re.compile(f"(?:{'|'.join(_PHRASES)})|.+(?:{'|'.join(map(re.escape, _TEXTS['real_model']))})", re.S)
_MANNERS = {
    "hello": r"(?:hi|hello|hey|good (?:morning|afternoon|evening|day)|(?:who|what|how) are you|what can you do|help|"
    r"你好|您好|大家好|嗨|早上好|下午好|晚上好|你是谁|你能做什么|你会什么|帮助)[啊呀吗]?(?:\s+(?:there|you|doing|today))*\W*$",
    "thanks": r"(?:thanks?(?: you)?(?: very much)?|ok(?:ay)?|great|bye|goodbye|谢谢|多谢|感谢|好的|再见)[你您了]*\W*$",
    "cannot": r"(?:please\s+|can you\s+|could you\s+)*(?:write|translate|summari[sz]e|compose|draft|rewrite|rephrase|"
    r"invent|imagine|proofread|tell me a (?:joke|story)|generate|create a|code)\b"
    r"|(?:请|帮我|麻烦你?|请你)*(?:写|翻译|总结|概括|润色|改写|起草|编写|讲个|生成|创作)",
}


def manners(part: str) -> str | None:
    """The name of the phrase that answers a greeting, a thank-you or a request to write; None for a question."""
    return next((key for key, pattern in _MANNERS.items() if re.match(rf"\W*(?:{pattern})", part, re.I)), None)


def say(key: str, chinese: bool, **values: object) -> str:
    """One pass, so that braces in a question stay what they are."""
    return re.sub(r"\{(\w+)\}", lambda match: str(values[match[1]]), _TEXTS[key][1 if chinese else 0])


def declines(text: str) -> bool:
    """Whether each paragraph of a text of the builtin's is one by which it says that it has no answer.

    Those in bold are the parts of the question.
    """
    told = [part.strip() for part in text.strip().split("\n\n") if not re.fullmatch(r"\s*\*\*.+\*\*\s*", part)]
    return bool(told) and all(map(_DECLINES.fullmatch, told))


def short(text: str, most: int = 200) -> str:
    line = " ".join(text.split())
    return line if len(line) <= most else line[: most - 1] + "…"
