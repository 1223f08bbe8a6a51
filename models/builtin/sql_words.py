"""Words by which questions ask for records, in English and Chinese: general language, none of any database."""

from __future__ import annotations

from models.builtin.words import listed, stem

FUNCTION = frozenset(
    listed(
        "a an the this that these those there here it its i me my we us our you your he she they them their his her "
        "is are was were be been being am do does did have has had having can could will would shall should may might "
        "of in on at to for from by with as into within among which who whom whose what when and or but also please "
        "tell give show list display find get let return provide report see want need like know say retrieve select "
        "all any some only just so such if than then 's s both together along respectively respective corresponding "
        "come comes came coming live lives lived living located based belong belongs belonging exist exists existing "
        "named called titled recorded stored made placed equal equals value values record records row rows entry "
        "entries database table tables ever currently overall associated available held done contained contain "
        "contains out exactly present shown given whole own owns right now where either across"
    )
)

_CUES = """
# how many|number of|the number|total number of|the total number|count the number of|count of|count|total count of
A:AVG average|mean|avg|average of|mean of
A:SUM total|sum|sum of|total sum of|total amount of
^:DESC highest|largest|biggest|greatest|maximum|max|maximal
^:ASC lowest|smallest|minimum|min|minimal
m:DESC most|the most|largest number of|highest number of|greatest number of|maximum number of|biggest number of
m:DESC largest amount of|most number of|greatest amount of
m:ASC fewest|least|smallest number of|lowest number of|minimum number of|least number of|fewest number of
f:DESC most common|most popular|most frequent|most frequently|most often
f:ASC least common|least popular|least frequent|rarest
>:> more than|over|above|greater than|larger than|bigger than|higher than|exceed|exceeds|exceeding|after|later than
>:< less than|under|below|smaller than|lower than|fewer than|before|earlier than|lesser than|prior to
>:>= at least|no less than|not less than|no fewer than|since|minimum of|a minimum of|from at least
>:<= at most|no more than|not more than|up to|maximum of|a maximum of|until
>:= equal to|equals to
>:<> not equal to|other than|different from|differs from
p:>= or more|or above|or higher|or later|or greater|or over|or larger|and above|and more|and over
p:<= or less|or below|or lower|or fewer|or under|or earlier|and below
b between
e each|every|per|for each|for every|of each|grouped by|group by|group them by|broken down by|for all different
o order by|ordered by|sort by|sorted by|order of|in order of|order them by|order the result by|order results by
o ordered|sorted|sort|arranged by|ranked by|sort them by|sort the results by|sort the list by|listed by|sorted in
D:ASC ascending order|ascending|increasing order|increasing|asc|alphabetical order|alphabetically|alphabetical
D:ASC lexicographical order|lexicographic order|chronological order|lowest first|smallest first|from low to high
D:ASC from lowest to highest|from smallest to largest|ascending alphabetical order|lowest to highest|from a to z
D:DESC descending order|descending|decreasing order|decreasing|desc|reverse alphabetical order|highest first
D:DESC largest first|from high to low|from highest to lowest|from largest to smallest|highest to lowest
D:DESC reverse order|reversed order|descending alphabetical order|biggest first|largest to smallest
L top|first
u different|distinct|unique|various
! not|no|never|without|neither|except|excluding|cannot|lack|lacks|lacking
N null|empty|missing|blank
k:%{}% containing|contain the word|contains the word|containing the word|including the word|that include
k:%{}% contains the substring|contain the substring|has the substring|have the substring|with the substring
k:%{}% contains the letter|contain the letter|containing the letter|contains the string|contain the string
k:{}% starting with|start with|starts with|begin with|begins with|beginning with|starting with the letter
k:{}% start with the letter|starts with the letter|begins with the letter|beginning with the letter
k:%{} ending with|end with|ends with|ending in|ends in|end in|end with the letter|ends with the letter
"""
CUES: dict[tuple[str, ...], tuple[str, str]] = {}
for _line in _CUES.strip().splitlines():
    _head, _, _phrases = _line.partition(" ")
    for _phrase in _phrases.split("|"):
        CUES[tuple(_phrase.split())] = (_head[0], _head[2:])

# An adjective with the columns it speaks of: the most, the least, more, less, how. Of a date of birth it is reversed.
_ADJECTIVES = """
oldest|youngest|older than|younger than|how old|age|-birth date;birthday;birth;birth year;birthdate
most expensive;priciest;costliest|cheapest;least expensive|more expensive than|cheaper than||price;cost;unit price
longest|shortest|longer than|shorter than|how long|length;duration;minutes;seconds;milliseconds;runtime;running time
tallest|shortest|taller than|shorter than|how tall|height
heaviest|lightest|heavier than|lighter than|how heavy|weight
fastest|slowest|faster than|slower than|how fast|speed
most populous;most populated|least populous;least populated|||population
most recent;newest;latest;most recently|earliest;first||||*
"""
ADJECTIVES: dict[tuple[str, ...], list[tuple[str, str, tuple[str, ...]]]] = {}
for _line in _ADJECTIVES.strip().splitlines():
    *_said, _columns = _line.split("|")
    if _columns.startswith("-"):
        _said, _columns = _said[:-1], f"{_said[-1]};{_columns}"
    for _tags, _words in zip(("^:DESC", "^:ASC", ">:>", ">:<", "=:"), _said, strict=False):
        for _phrase in filter(None, _words.split(";")):
            ADJECTIVES.setdefault(tuple(_phrase.split()), []).append(
                (_tags[0], _tags[2:], tuple(_columns.split(";")))
            )

_SAME = """
first name|fname|f name|given name|forename
last name|lname|l name|surname|family name|second name
gender|sex
phone|telephone|phone number|telephone number|tel
email|e mail|email address|e mail address|mail address
price|cost|unit price
salary|wage|wages|pay
birth date|date of birth|birthday|dob|born|birthdate|birth day
customer|client
employee|staff|worker|staff member
movie|film
store|shop
zip|zip code|postal code|postcode|post code
country|nation
company|firm
hire date|hired|hiring date|date of hire|hired on
abbreviation|abbrev
description|detail|details
length|duration
product|item|article
song|track
student|pupil
teacher|instructor
id|ids|identifier
number|no|num|nr|numbers
"""
SAME: dict[tuple[str, ...], tuple[str, ...]] = {}
for _line in _SAME.strip().splitlines():
    _phrases_ = [tuple(map(stem, phrase.split())) for phrase in _line.split("|")]
    SAME.update({phrase: _phrases_[0] for phrase in _phrases_[1:]})

NUMBERS = {word: n for n, word in enumerate(listed("zero one two three four five six seven eight nine ten"))}

_CHINESE = """
有多少个|有多少条|有多少名|有多少位|有多少笔|有多少件|有多少种|有多少张|有多少首|有多少|多少个|多少名|多少位=how many
多少条|多少笔|多少件|多少种|多少张|多少首|多少人|多少|有几个|有几位|有几名|几个|几位|几名|几种|几张|统计=how many
的数量|的个数|的总数|的人数|数量是|数量|个数|总数|人数|数目=count
是多少|为多少|是什么|有哪些|是哪些|是谁|哪些|哪个|哪位|哪一个|哪种|哪几个|哪张|哪家|谁|什么|列出|显示|查询|查找=which
给出|展示|找出|请|所有|全部|的|是|在|有|为|了|个|条|名|位|笔|件|种|张|首|家|吗|呢|我们|你们|里|中|里面|以及=which
其|它们|他们|他|她|它|我|想|知道|告诉|一共|共|都|都有|住在|来自|位于|属于|分别|元|块|岁|记录|当中|所在|叫|名为=which
和|及|与|以及他们的|、=and
或|或者=or
平均=average
总和|总额|合计|总计|总|求和=total
最高的|最高|最大的|最大|最多的=highest
最低的|最低|最小的|最小=lowest
最多=most
最少=fewest
大于|超过|高于|多于|晚于=more than
小于|低于|少于|不到|不足|早于=less than
不少于|不低于|至少|大于等于|不小于=at least
不超过|不多于|至多|小于等于|不高于|不大于|最多不超过=at most
等于=equal to
以上|及以上|或以上=or more
以下|及以下|或以下=or less
之后|以后=or later
介于=between
到|至=to
不是|没有|没|未|不|不在|从未|从来没有=not
每个|每位|每名|每种|每家|每张|每一个|每条|每|各个|各=each
按照|按|根据=by
排序|排列=sorted
升序|从低到高|从小到大=ascending
降序|从高到低|从大到小|倒序=descending
前=top
不同的|不同=different
最贵的|最贵=most expensive
最便宜的|最便宜=cheapest
最长的|最长=longest
最短的|最短=shortest
最重的|最重=heaviest
最轻的|最轻=lightest
最年长的|年龄最大的|最老的=oldest
最年轻的|年龄最小的=youngest
最新的|最新|最近的|最近=latest
最早的|最早=earliest
包含|含有|包括=containing
开头=starting with
为空|空的|缺失=empty
客户|顾客=customer
员工|职员|雇员=employee
部门=department
产品|商品=product
订单=order
供应商=supplier
发票=invoice
城市=city
国家=country
价格|售价|单价=price
金额=total
姓名|名称|名字=name
年龄=age
日期=date
类别|分类=category
学生=student
老师|教师=teacher
课程=course
"""
CHINESE: dict[str, str] = {}
for _line in _CHINESE.strip().splitlines():
    _phrases, _, _english = _line.rpartition("=")
    for _phrase in _phrases.split("|"):
        CHINESE.setdefault(_phrase, _english)
