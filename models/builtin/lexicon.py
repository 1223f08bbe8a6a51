"""What people call things in databases: cue words, their Chinese, and which columns an adjective speaks of.

A dictionary of the language; no table, column or value of any particular database.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from models.builtin.words import stem


def _stems(words: str) -> frozenset[str]:
    return frozenset(stem(word) for word in words.split())


# Words without which the question means the same.
_FILLER = (
    "a an the this that these those there here it its i me my we us our ours you your he she they them their "
    "his her and also then "
    "is are was were be been being am do does did done has have had having can could would will shall should "
    "may might "
    "of in on at to for from by with about as per within into which who whom whose what how when where many "
    "much please tell give "
    "show list display find get let know want need like say return fetch see query all every each any only "
    "just exactly "
    "database table row rows record records entry entries data system stored recorded exist exists so far "
    "currently altogether "
    "come comes came live lives located based belong belongs work works has overall such s t ve re ll d "
    "placed made created entered recorded happened occurred dollar dollars euro euros usd eur "
    "living working belonging coming existing person people went go "
    "thing things items along together respectively value values equal equals among amongst yet already still"
)
FILLER = _stems(_FILLER)
_FILLER_WORDS = frozenset(_FILLER.split())


def is_filler(word: str, stems: Iterable[str]) -> bool:
    """`return the names` says nothing by its verb; `returned orders` does, though the stem is the same."""
    if word == "May":  # the month
        return False
    inflected = word.casefold().endswith(("ed", "ing")) and word.casefold() not in _FILLER_WORDS
    return not inflected and any(one in FILLER for one in stems)


# Verbs that say no more than that a record came into being.
NEUTRAL_EVENT = _stems("placed made created entered happened occurred recorded was were")
NOT = _stems("not never non without isn't aren't wasn't weren't don't doesn't didn't hasn't haven't no")
BEST, WORST, RATED = _stems("best"), _stems("worst"), _stems("rating score points stars mark 评分 分数 得分")
BIG, SIZES = _stems("largest biggest smallest"), _stems("area size capacity surface 面积 容量 规模")
# Dates of what becomes of a thing later: only who names them means them.
AFTERWARDS = _stems("last end due expiry expires deadline returned cancelled deleted updated modified left 离职")
ORIGIN, DESTINATION = (
    _stems("from origin source departure sender start 始发地 出发地 起点"),
    _stems("to destination target arrival recipient receiver end 目的地 终点"),
)
UNCOUNTED = _stems("count number quantity qty")


@dataclass(frozen=True)
class Unit:
    """What a figure is given in: its names, in a question and in a column's name, and the columns that hold it."""

    names: frozenset[str]
    measures: frozenset[str]


_MONEY = "price cost amount fee salary wage income budget balance revenue 价格 单价 售价 金额 工资 薪水 预算"
_TIME, _LENGTH = "duration runtime length 时长", "height length width distance 身高 长度 高度 距离"
UNITS: dict[str, Unit] = {}
for _said, _measured in [
    ("euro euros eur", _MONEY),
    ("dollar dollars usd", _MONEY),
    ("gbp", _MONEY),
    ("yuan rmb cny", _MONEY),
    ("kg kilo kilos kilogram kilograms 公斤 千克", "weight 重量 体重"),
    ("gram grams 克", "weight 重量"),
    ("ton tons tonne tonnes 吨", "weight capacity 重量"),
    ("second seconds 秒", _TIME),
    ("minute minutes 分钟", _TIME),
    ("hour hours 小时", _TIME),
    ("cm 厘米", _LENGTH),
    ("metre metres meter meters 米", _LENGTH),
    ("km kilometre kilometres 公里", "distance length 距离"),
    ("litre litres liter liters 升", "volume capacity 容量"),
    ("page pages 页", "页数"),
    ("岁", "age 年龄"),
]:
    for _name in _stems(_said):
        UNITS[_name] = Unit(_stems(_said), _stems(_measured))

CURRENCIES = {"€": "euro", "$": "dollar", "£": "gbp", "¥": "yuan"}

# The columns an adjective speaks of, the likeliest first: what is expensive has a high price, rather than a high cost.
ADJECTIVES: dict[str, tuple[tuple[str, ...], bool]] = {}
for _words, _columns, _descending in [
    ("expensive costliest dearest pricey priciest", "price cost amount fee rate 价格 单价 售价", True),
    ("cheapest cheap inexpensive", "price cost amount fee rate 价格 单价 售价", False),
    ("longest", "length duration minutes seconds milliseconds runtime 长度 时长", True),
    ("shortest", "length duration minutes seconds milliseconds runtime height 长度 时长", False),
    ("tallest", "height 身高 高度", True),
    ("heaviest", "weight 重量", True),
    ("lightest", "weight 重量", False),
    ("fastest quickest", "speed 速度", True),
    ("slowest", "speed 速度", False),
    ("richest", "income wealth salary 收入", True),
]:
    for _word in _words.split():
        ADJECTIVES[stem(_word)] = (tuple(map(stem, _columns.split())), _descending)

COMPARED: dict[str, tuple[frozenset[str], bool]] = {
    stem(word): (_stems(columns), more)
    for word, columns, more in [
        ("cheaper", "price cost amount fee rate", False),
        ("older", "age", True),
        ("younger", "age", False),
        ("longer", "length duration minutes seconds milliseconds runtime", True),
        ("shorter", "length duration minutes seconds milliseconds runtime height", False),
        ("taller", "height", True),
        ("heavier", "weight", True),
        ("lighter", "weight", False),
    ]
}
# A verb or noun for a column that is named otherwise.
MEANS: dict[str, frozenset[str]] = {
    stem(word): _stems(columns)
    for word, columns in [
        ("cost", "price"),
        ("costs", "price"),
        ("price", "cost"),
        ("earn", "salary income wage pay"),
        ("earns", "salary income wage pay"),
        ("weigh", "weight"),
        ("born", "birth birthday birthdate dob"),
        ("hired", "hire hiring employed joined start"),
        ("joined", "join hire registered signup member created"),
        ("registered", "registration signup joined created"),
        ("published", "publication publish release"),
        ("released", "release publication"),
        ("sold", "sale sales sell"),
        ("founded", "founding established foundation"),
        ("title", "name"),
        ("name", "title"),
        ("place", "order created"),
        ("loan", "borrow borrowed lent issued"),
        ("write", "author writer"),
        ("paid", "salary wage"),
        ("opened", "opening"),
        ("bought", "purchase purchased acquired"),
    ]
}
HIGH = _stems("highest maximum max largest biggest greatest most top best-rated")
LOW = _stems("lowest minimum min smallest least fewest")
LATE = _stems("latest newest recent last youngest")
EARLY = _stems("earliest first oldest")
SUM, MEAN = _stems("sum total"), _stems("average mean avg")
DISTINCT = _stems("distinct different unique various")
LABELS = (_stems("name 名称 姓名 名字"), _stems("title label 标题"))

# Longest first when read. Each Chinese phrase stands for English words; the reader then treats them alike.
CHINESE: dict[str, str] = {}
for _line in """
有多少个|有多少条|有多少名|有多少位|有多少笔|有多少件|有多少种|有多少=how many
多少个|多少条|多少名|多少位|多少笔|多少件|多少|有几个|几个|几名|几条|几笔=how many
有几位|几位|几种|几本|几部|几家|几门|几张|几辆|几人|几件|几间|几次=how many
数量是|的数量|个数|总数|数目|条数|人数=how many
总和|总额|合计|总共|总计|总=total
平均值|平均数|平均=average
最高|最大|最多=highest
最低|最小|最少=lowest
最贵=most expensive
最便宜=cheapest
最新|最近|最晚=latest
最早=earliest
最长=longest
最短=shortest
最重=heaviest
最轻=lightest
前=top
每个|每种|每位|每名|每家|每一个|每|各个|各=each
按照|按|根据=by
分组=
统计=how many
是多少|为多少|等于多少=
上映|发行|发布=released
注册|加入=registered
出生=born
入职|雇用|聘用=hired
出版=published
成立|创立|创办=founded
不同的|不同=different
列出|显示|展示|查询|查找|查看|查一下|查|列举|给出=list
哪几个|哪个|哪一个|哪位|哪种|哪家|哪=which
谁=who
什么|是什么=what
大于|超过|高于|多于|以上的=more than
不少于|不低于|至少|大于等于=at least
小于|低于|少于|不到|不足=less than
不超过|不多于|最多不超过|至多|小于等于=at most
等于=equals
介于=between
之后|以后=after
到|至=to
不|没有|没|未|非|并非|不是=not
之前|以前=before
以来=since
期间|之间=during
下单|创建|下了|产生|录入=placed
来自|位于|住在=from
名为|叫做|叫=named
排序|排列=sorted
的|是|在|有|为|了|个|条|名|位|笔|件|种|吗|呢|请|请问|我们|你们|所有|全部|一共|共|我|想|知道|告诉|中|里|内|当中|那些|这些|都|和|与|及|数据库|记录|表|分别|它|他|她|其|啊|吧|人|家|只|头|匹|棵|座|台|间|门|份|次|部|本|首|辆|张|款|元|块|块钱=
有哪些|哪些|哪几位=which
订单=order
订单明细|订单项=order item
客户|顾客=customer
用户=user
会员=member
产品=product
商品=product
员工|职员|雇员=employee
部门=department
供应商=supplier
发票=invoice
付款|支付=payment
库存=stock
仓库=warehouse
类别|分类|类目|种类=category
城市=city
国家=country
地区|区域=region
省份|省=province
地址=address
邮箱|电子邮件=email
电话=phone
价格|售价|单价=price
金额=amount
数量=quantity
状态=status
日期=date
时间=time
年份=year
月份=month
年龄=age
性别=gender
姓名|名称|名字|名=name
标题=title
工资|薪水|薪资=salary
学生=student
老师|教师=teacher
课程=course
学校=school
成绩|分数=score
评分=rating
评论=review
艺术家|歌手=artist
专辑=album
歌曲|曲目=track
电影=film
演员=actor
书籍|图书|书=book
作者=author
出版社=publisher
航班=flight
机场=airport
车辆|汽车=car
酒店=hotel
房间=room
预订=booking
项目=project
任务=task
合同=contract
公司=company
门店|商店|店铺=store
品牌=brand
颜色=color
重量=weight
高度|身高=height
长度=length
时长=duration
折扣=discount
病人|患者=patient
医生=doctor
职位|岗位=position
类型=type
语言=language
人口=population
面积=area
""".strip().splitlines():
    _phrases, _, _english = _line.rpartition("=")
    for _phrase in _phrases.split("|"):
        CHINESE.setdefault(_phrase, _english)
IN_CHINESE: dict[str, tuple[str, ...]] = {}
for _phrase, _english in CHINESE.items():
    if _english and " " not in _english:
        IN_CHINESE[stem(_english)] = (*IN_CHINESE.get(stem(_english), ()), _phrase)
# Two English names for one thing, both common in schemas.
ALSO: dict[str, tuple[str, ...]] = {
    stem(word): tuple(stem(other) for other in others.split())
    for word, others in [
        ("customer", "client"),
        ("client", "customer"),
        ("staff", "employee"),
        ("worker", "employee"),
        ("film", "movie"),
        ("movie", "film"),
        ("store", "shop"),
        ("category", "genre type"),
        ("duration", "length"),
        ("city", "town"),
        ("gender", "sex"),
        ("sex", "gender"),
    ]
}
