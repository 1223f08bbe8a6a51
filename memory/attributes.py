"""What has one value at a time, and what holds what: general knowledge of English and Chinese."""

from __future__ import annotations

import re
from functools import cache

from memory.slots import Words
from models.builtin.words import listed, stem

_OF_ONE = frozenset(
    map(
        stem,
        listed(
            "colour color budget deadline address email phone number zone timezone language unit units currency title "
            "size height weight age nationality team plan model brand shift doctor dentist partner wife husband spouse "
            "landlord mentor capital hometown status salary rent target default format pronouns religion version"
        ),
    )
)
_OF_ONE_ZH = re.compile(
    r"最喜欢|最爱|(?:预算|截止日期|地址|邮箱|电话|手机号|号码|时区|语言|单位|货币|头衔|尺寸|身高|体重|年龄|国籍|伴侣|妻子|丈夫"
    r"|爱人|老家|工资|房租|目标|格式|版本|老板)$"
)
_WIDE = frozenset(
    [
        *map(
            stem,
            listed(
                "germany france spain italy portugal netherlands belgium austria switzerland sweden norway denmark "
                "finland poland ireland england scotland wales britain greece turkey russia ukraine hungary romania "
                "bulgaria croatia serbia usa america us uk kingdom states canada mexico brazil argentina chile peru "
                "colombia china japan korea india pakistan thailand vietnam indonesia malaysia philippines australia "
                "zealand egypt morocco nigeria kenya ethiopia ghana israel iran europe asia africa bavaria california "
                "texas"
            ),
        ),
        *listed(
            "中国 美国 英国 德国 法国 日本 韩国 加拿大 澳大利亚 俄罗斯 意大利 西班牙 欧洲 亚洲 广东 浙江 江苏 四川 山东"
        ),
    ]
)
_CITIES_ZH = frozenset(
    listed("北京 上海 广州 深圳 杭州 南京 成都 重庆 武汉 西安 天津 苏州 厦门 青岛 大连 长沙 郑州 香港 澳门 台北")
)


@cache
def is_attribute(subject: str) -> bool:
    """Something that has one value: a favourite, a deadline, `the budget of the project`. `subject` is in stems."""
    words = re.split(r" (?:of|for) ", subject)[0].split()
    return "favorit" in words or not _OF_ONE.isdisjoint(words[-1:]) or _OF_ONE_ZH.search(subject) is not None


def is_wide(place: Words) -> bool:
    """A country or another place that holds many towns."""
    return place[-1] in _WIDE or "".join(place) in _WIDE


def is_chinese_place(value: Words) -> bool:
    """A place that stands where an employer may stand: 在北京工作, 在华为工作."""
    name = "".join(value).removesuffix("市")
    return name in _CITIES_ZH or (name in _WIDE and not name.isascii())
