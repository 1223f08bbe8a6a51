"""Words by which questions ask for records, in English and Chinese: general language, none of any database."""

from __future__ import annotations

from cairn.language.words import GRAMMAR, listed, word_set

FUNCTION = GRAMMAR | word_set(
    "ours among display return provide see retrieve together along respectively respective corresponding come comes "
    "came coming live lives lived living located based belong belongs belonging exist exists existing named called "
    "titled made placed equal equals value values record records row rows entry entries database table tables ever "
    "currently overall shown own owns right now either dollars euros pounds"
)

# A letter for each kind of cue, with what it says.
_CUES = """
# how many|number of|the number|total number of|the total number|count the number of|count of|count|total count of
A:AVG average|mean|avg|average of|mean of
A:SUM total|sum|sum of|total sum of|total amount of
^:DESC highest|largest|biggest|greatest|maximum|max|maximal
^:ASC lowest|smallest|minimum|min|minimal
m:DESC most|largest number of|highest number of|greatest number of|maximum number of|most number of
m:ASC fewest|least|smallest number of|lowest number of|minimum number of|least number of|fewest number of
f:DESC most common|most popular|most frequent|most frequently|most often
f:ASC least common|least popular|least frequent|rarest
>:> more than|over|above|greater than|larger than|bigger than|higher than|exceed|exceeds|exceeding|after|later than
>:< less than|under|below|smaller than|lower than|fewer than|before|earlier than|prior to
>:>= at least|no less than|not less than|no fewer than|since|a minimum of
>:<= at most|no more than|not more than|up to|a maximum of|until
>:<> not equal to|other than|different from
p:>= or more|or above|or higher|or later|or greater|or over|and above
p:<= or less|or below|or lower|or fewer|or under|or earlier
b between
e each|every|per|for different|for each|for every|of each|in each|grouped by|group by|broken down by
o order|ordered|order the result|order results|sort|sorted|arranged|ranked|listed in|sort the results
D:ASC ascending order|ascending|increasing order|alphabetical order|alphabetically|lowest first|smallest first
D:DESC descending order|descending|decreasing order|reverse alphabetical order|highest first|largest first
L top|first
u different|distinct|unique|various
! not|no|never|without|neither|except|excluding|cannot|lack|lacks|lacking
"""
CUES: dict[tuple[str, ...], tuple[str, str]] = {}
for _line in _CUES.strip().splitlines():
    _head, _, _phrases = _line.partition(" ")
    CUES.update({tuple(phrase.split()): (_head[0], _head[2:]) for phrase in _phrases.split("|")})

# Adjectives: the most, the least, more, less, how; and the columns that they speak of. Of a birth it is reversed.
_ADJECTIVES = """
oldest|youngest|older than|younger than|how old|age;-birth date;-birthday;-birth;-birth year
most expensive;priciest|cheapest;least expensive|more expensive than|cheaper than||price;cost;unit price
longest|shortest|longer than|shorter than|how long|length;duration;minutes;seconds;milliseconds;runtime
tallest|shortest|taller than|shorter than|how tall|height
heaviest|lightest|heavier than|lighter than|how heavy|weight
"""
ADJECTIVES: dict[tuple[str, ...], tuple[str, str, list[str]]] = {}
for _line in _ADJECTIVES.strip().splitlines():
    *_said, _columns = _line.split("|")
    for _cue, _phrases in zip(("^:DESC", "^:ASC", ">:>", ">:<", "=:"), _said, strict=True):
        for _phrase in filter(None, _phrases.split(";")):
            _known = ADJECTIVES.get(tuple(_phrase.split()), ("", "", []))[2]
            ADJECTIVES[tuple(_phrase.split())] = (_cue[0], _cue[2:], [*_known, *_columns.split(";")])

NUMBERS = {word: str(n) for n, word in enumerate(listed("zero one two three four five six seven eight nine ten"))}

# Each Chinese phrase as English words, which are then read alike; `the` says nothing.
_CHINESE = """
有多少个|有多少条|有多少名|有多少位|有多少笔|有多少件|有多少种|有多少张|有多少首|有多少|多少个|多少名|多少位=how many
多少条|多少笔|多少件|多少种|多少张|多少首|多少人|多少|有几个|有几位|有几名|几个|几位|几名|几种|几张|统计=how many
的数量|的个数|的总数|的人数|数量|个数|总数|人数|数目=count
是多少|为多少|是什么|有哪些|是哪些|是谁|哪些|哪个|哪位|哪一个|哪种|哪几个|哪张|哪家|谁|什么|列出|显示|查询|查找=the
给出|展示|找出|请|所有|全部|的|是|在|有|为|了|个|条|名|位|笔|件|种|张|首|家|吗|呢|我们|你们|里|中|里面|其|它们=the
他们|他|她|它|我|想|知道|告诉|一共|共|都|都有|住在|来自|位于|属于|分别|元|块|岁|年|记录|当中|所在|叫|名为=the
和|及|与|以及|、=and / 或|或者=or / 平均=average / 总和|总额|合计|总计|总=total / 到|至=to / 介于=between
最高的|最高|最大的|最大=highest / 最低的|最低|最小的|最小=lowest / 最多的|最多=most / 最少的|最少=fewest
大于|超过|高于|多于|晚于=more than / 小于|低于|少于|不到|不足|早于=less than / 等于=equal
不少于|不低于|至少|大于等于|不小于=at least / 不超过|不多于|至多|小于等于|不高于|不大于=at most
以上|及以上|或以上=or more / 以下|及以下|或以下=or less / 不是|没有|没|未|不|不在|从未|从来没有=not
每个|每位|每名|每种|每家|每张|每一个|每条|每|各个|各=each / 按照|按|根据=by / 排序|排列=sorted
升序|从低到高|从小到大=ascending / 降序|从高到低|从大到小|倒序=descending / 前=top / 不同的|不同=different
最贵的|最贵=most expensive / 最便宜的|最便宜=cheapest / 最长的|最长=longest / 最短的|最短=shortest
最重的|最重=heaviest / 最轻的|最轻=lightest / 最年长的=oldest / 最年轻的=youngest / 最新的|最新|最近的=latest
最早的|最早=earliest / 客户|顾客=customer / 员工|职员=employee
部门=department / 产品|商品=product / 订单=order / 供应商=supplier / 发票=invoice / 城市=city / 国家=country
价格|售价|单价=price / 金额=total / 姓名|名称|名字=name / 年龄=age / 日期=date / 类别|分类=category
"""
CHINESE: dict[str, str] = {}
for _group in _CHINESE.strip().replace("\n", " / ").split(" / "):
    _phrases, _, _english = _group.rpartition("=")
    CHINESE.update(dict.fromkeys(_phrases.split("|"), _english))
