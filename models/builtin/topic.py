"""`What do the documents say about storage?`, `关于储存，文档说了什么？`: a request that names nothing but a topic."""

from __future__ import annotations

import re

from models.builtin.words import has_cjk

_MAX_LENGTH = 400
_SOURCE = (
    r"(?:documents?|documentation|docs?|files?|texts?|notes?|passages?|sources?|manuals?|handbooks?|guides?|guidelines|"
    r"rules|polic(?:y|ies)|they|it|you|we)"
)
_ABOUT = r"(?:about|on|regarding|concerning)"
_POLITE = r"^\W*(?:please\s+|can you\s+|could you\s+)*"
_WHERE = rf"(?:\s+in\s+(?:the|my|our|your|these)\s+{_SOURCE})?"
_TOPIC = [
    re.compile(_POLITE + form + r"\s+(?P<topic>\S.*?)" + _WHERE + r"\W*$", re.IGNORECASE)
    for form in (
        rf"what\s+(?:do|does|did|can|could)\s+(?:(?:the|my|our|your|these|this)\s+)?{_SOURCE}\s+"
        rf"(?:say|state|tell|know|mention|explain|write)(?:\s+(?:me|us))?\s+{_ABOUT}",
        rf"what(?:\s+is|'s|’s)\s+(?:said|written|known|stated){_WHERE}\s+{_ABOUT}",
        r"(?:is|are)\s+there\s+(?:anything|something)\s+(?:(?:said|written)\s+)?" + _ABOUT,
        r"(?:tell|inform|teach)\s+(?:me|us)\s+(?:(?:something|more|everything|all)\s+)?about",
    )
]
_SOURCE_ZH = r"(?:这些|这份|我的|我们的)?(?:文档|文件|资料|文章|文中|手册|指南|说明书?)(?:里面?|中|上|当中)?"
_SAYS_ZH = (
    r"(?:都|是|又)?(?:怎么|如何|怎样)?(?:说|写|讲|提到|提及|介绍|规定|有)(?:了|过|的)?(?:些|是)?"
    r"(?:什么|啥|哪些|吗)?(?:内容|说明|介绍|规定)?"
)
_TOPIC_ZH = [
    re.compile(rf"^\W*(?:请问?|麻烦你?)?{form}\W*$")
    for form in (
        rf"(?:关于|对于?|有关)(?P<topic>.+?)(?:的内容)?[，,\s]*{_SOURCE_ZH}{_SAYS_ZH}",
        rf"{_SOURCE_ZH}(?:关于|对于?|有关)(?P<topic>.+?)(?:的内容)?[，,\s]*{_SAYS_ZH}",
        r"(?:请|给我|跟我|帮我|向我)*(?:介绍|说|讲|谈)(?:一?下|一介绍|说|讲|谈)(?:关于)?(?P<topic>.+?)(?:的(?:事|内容|信息|情况))?",
        r"告诉我(?:一些)?(?:关于|有关)(?P<topic>.+?)(?:的(?:事|事情|内容|信息|情况))?",
    )
]


def topic_of(question: str) -> str:
    """What is to be told about; empty where a question asks for something more definite."""
    if len(question) > _MAX_LENGTH:
        return ""
    forms = _TOPIC_ZH if has_cjk(question) else _TOPIC
    return next((match["topic"] for form in forms if (match := form.match(question))), "")
