"""Makes the sample shop's database: `python samples/make_shop.py [FILE]`. The same rows every time, on every Python.

Prices and totals are in pounds; `orders.total` is the sum of the order's items plus shipping.
"""

from __future__ import annotations

import sqlite3
import sys
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from itertools import count
from pathlib import Path
from random import Random
from typing import TypeVar

SEED = 2011
LAST_DAY = date(2026, 10, 31)
ORDERS_PER_MONTH = {2023: 30, 2024: 44, 2025: 62, 2026: 70}
SEASON = (0.6, 0.6, 0.8, 1.0, 1.3, 1.4, 1.3, 1.1, 0.9, 0.8, 1.0, 1.2)
CUSTOMERS = 260

SCHEMA = """
CREATE TABLE categories (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
CREATE TABLE suppliers (
  id INTEGER PRIMARY KEY, name TEXT NOT NULL, city TEXT NOT NULL, country TEXT NOT NULL, partner_since DATE NOT NULL);
CREATE TABLE products (
  id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, category_id INTEGER NOT NULL REFERENCES categories(id),
  supplier_id INTEGER NOT NULL REFERENCES suppliers(id), price NUMERIC(10, 2) NOT NULL, cost NUMERIC(10, 2) NOT NULL,
  stock INTEGER NOT NULL, launched_on DATE NOT NULL);
CREATE TABLE customers (
  id INTEGER PRIMARY KEY, name TEXT NOT NULL, email TEXT NOT NULL UNIQUE, city TEXT NOT NULL, country TEXT NOT NULL,
  joined_on DATE NOT NULL);
CREATE TABLE orders (
  id INTEGER PRIMARY KEY, customer_id INTEGER NOT NULL REFERENCES customers(id), placed_on DATE NOT NULL,
  status TEXT NOT NULL, channel TEXT NOT NULL, shipping NUMERIC(10, 2) NOT NULL, total NUMERIC(10, 2) NOT NULL);
CREATE TABLE order_items (
  order_id INTEGER NOT NULL REFERENCES orders(id), product_id INTEGER NOT NULL REFERENCES products(id),
  quantity INTEGER NOT NULL, unit_price NUMERIC(10, 2) NOT NULL, PRIMARY KEY (order_id, product_id)) WITHOUT ROWID;
CREATE TABLE returns (
  id INTEGER PRIMARY KEY, order_id INTEGER NOT NULL REFERENCES orders(id),
  product_id INTEGER NOT NULL REFERENCES products(id), returned_on DATE NOT NULL, reason TEXT NOT NULL);
"""

CATEGORIES = ("Tents", "Packs", "Footwear", "Clothing", "Sleeping", "Cooking", "Navigation and light", "Tea and travel")

SUPPLIERS = """\
Tarn & Thistle Workshop|Aldermere|United Kingdom|2011-03-14
Hallgate Webbing|Leeds|United Kingdom|2012-06-01
Fjellsko AS|Bergen|Norway|2014-02-17
Nordlys Tekstil|Trondheim|Norway|2016-09-05
Almhof Schuhe|Rosenheim|Germany|2015-04-20
Lumen & Sohn|Nuremberg|Germany|2018-11-12
Montalto Calzature|Belluno|Italy|2019-03-04
成都锦江户外用品|Chengdu|China|2017-05-22
杭州龙井器物|Hangzhou|China|2020-10-15
深圳星野照明|Shenzhen|China|2021-01-11
Ullapool Wool Mill|Ullapool|United Kingdom|2013-08-26
Peak Gas and Stoves|Sheffield|United Kingdom|2022-02-07"""

# name | category | supplier | price | launched | how often it is bought, relative to the others
PRODUCTS = """\
Heron 2 tent|1|1|389.00|2011-06-01|6
Heron 3 tent|1|1|459.00|2013-04-15|4
Wren 1 tent|1|1|299.00|2019-03-20|5
Ptarmigan winter tent|1|1|689.00|2020-10-01|1
Lapwing tarp|1|1|94.00|2018-05-02|4
岷山双人帐篷|1|8|268.00|2023-02-10|3
Tent repair kit|1|1|14.50|2014-01-10|7
Titanium pegs, set of 8|1|2|26.00|2017-07-07|6
Scree 28 day pack|2|1|89.00|2016-03-01|9
Scree 45 pack|2|1|149.00|2016-03-01|6
Moraine 65 pack|2|1|219.00|2018-02-14|3
Beck hip bag|2|2|34.00|2021-04-01|7
Rain cover, large|2|2|19.50|2015-09-15|6
青城轻量背包|2|8|58.00|2024-03-12|4
Dry sacks, set of 3|2|2|27.00|2019-05-20|8
Fellside leather boots|3|3|214.00|2014-09-01|6
Fellside winter boots|3|3|248.00|2017-10-10|2
Almhof trail shoes|3|5|139.00|2019-04-04|8
Dolomite approach shoes|3|7|156.00|2020-03-16|4
Camp slippers|3|11|42.00|2021-11-01|5
Gaiters|3|4|46.00|2016-10-20|5
Boot care set|3|3|18.00|2015-01-15|7
蜀道徒步鞋|3|8|96.00|2023-09-01|5
Squall rain jacket|4|4|189.00|2018-08-08|7
Squall rain trousers|4|4|119.00|2018-08-08|5
Merino base layer|4|11|64.00|2015-10-01|9
Merino socks, two pairs|4|11|24.00|2013-11-11|14
Fleece pullover|4|4|79.00|2017-09-09|6
Down jacket|4|4|229.00|2019-10-01|3
Wool hat|4|11|26.00|2014-10-10|8
Sun hat|4|2|29.00|2020-05-05|4
Wind gloves|4|4|32.00|2022-09-15|5
Tussock down bag, 0 degrees|5|1|279.00|2016-11-01|3
Tussock down bag, -10 degrees|5|1|359.00|2017-11-01|2
Summer quilt|5|1|169.00|2021-03-10|3
Inflatable mat, regular|5|8|98.00|2019-06-12|6
Inflatable mat, wide|5|8|118.00|2019-06-12|3
Foam mat|5|8|28.00|2015-05-01|6
Pillow|5|8|22.00|2020-02-02|6
雪线羽绒睡袋|5|8|188.00|2024-10-08|2
Ember gas stove|6|12|54.00|2022-03-01|7
Ember alcohol stove|6|12|38.00|2022-03-01|3
Gas cartridge, 230 g|6|12|6.50|2022-03-01|15
Pot set, 1.5 litres|6|8|46.00|2018-04-18|6
Enamel mug|6|1|12.00|2012-05-01|12
Spork|6|2|5.50|2013-06-06|11
Dried lentil stew|6|12|7.20|2023-05-15|9
Dried porridge|6|12|5.80|2023-05-15|8
Lantern|7|6|44.00|2018-11-20|5
Head torch 350|7|6|49.00|2019-11-20|8
星野头灯 500|7|10|39.00|2022-11-11|5
Map case|7|2|17.00|2014-04-04|5
Compass|7|6|36.00|2015-03-03|4
Whistle|7|2|4.50|2012-12-12|7
Solar panel, 10 W|7|10|62.00|2024-04-22|3
Walking poles, pair|7|5|84.00|2017-02-20|6
竹制旅行茶具|8|9|45.00|2021-05-20|4
龙井茶 100 克|8|9|21.00|2021-05-20|6
青瓷茶杯|8|9|18.50|2022-08-18|4
不锈钢保温壶|8|9|33.00|2020-12-01|7
Gift voucher 50|8|1|50.00|2012-11-01|4"""

PLACES: dict[str, tuple[tuple[str, int], ...]] = {
    "United Kingdom": (("Aldermere", 8), ("Leeds", 7), ("Glasgow", 6), ("London", 9), ("Bristol", 5), ("Inverness", 4)),
    "Norway": (("Bergen", 6), ("Oslo", 5), ("Trondheim", 3)),
    "Germany": (("Munich", 4), ("Hamburg", 3), ("Freiburg", 2)),
    "China": (("Chengdu", 9), ("Shanghai", 5), ("Hangzhou", 3), ("Kunming", 3)),
}
FIRST = {
    "United Kingdom": "Alice Ben Catriona David Ellen Fergus Grace Hamish Isla Jack Kirsty Leo Maisie Noor Owen Ruth",
    "Norway": "Astrid Bjorn Dagny Eirik Frida Gunnar Hedda Ivar Kari Lars Marit Nils Sigrid Torvald",
    "Germany": "Anke Bernd Clara Dieter Eva Florian Greta Hannes Jonas Katrin Lena Moritz",
}
LAST = {
    "United Kingdom": "Armitage Baxter Campbell Dunn Fraser Hargreaves Iqbal Jones Kerr Murray Okoro Patel Reid Wood",
    "Norway": "Aasen Berg Dahl Eide Fossum Haugen Lien Moen Nygaard Solberg Vik",
    "Germany": "Bauer Fischer Huber Keller Lang Maier Richter Schmitt Vogel Zimmermann",
}
SURNAMES = "王 wang 李 li 张 zhang 刘 liu 陈 chen 杨 yang 黄 huang 赵 zhao 周 zhou 吴 wu 徐 xu 孙 sun"
GIVEN = "伟 wei 芳 fang 秀英 xiuying 敏 min 静 jing 丽娟 lijuan 强 qiang 磊 lei 洋 yang 建国 jianguo 雨桐 yutong"
REASONS = (("too small", 5), ("too large", 3), ("changed my mind", 4), ("faulty", 2), ("arrived late", 1))

T = TypeVar("T")
Product = tuple[int, str, int, int, float, float, int, str]
Customer = tuple[int, str, str, str, str, str]


class Dice:
    """Draws that depend on `Random.random` only, the one method whose sequence Python promises to keep."""

    def __init__(self, seed: int) -> None:
        self._random = Random(seed)  # noqa: S311 (sample data, no secret)

    def below(self, n: int) -> int:
        return int(self._random.random() * n)

    def chance(self, p: float) -> bool:
        return self._random.random() < p

    def pick(self, items: Sequence[T]) -> T:
        return items[self.below(len(items))]

    def weighted(self, items: Sequence[tuple[T, int]]) -> T:
        left = self.below(sum(weight for _, weight in items))
        for item, weight in items:
            left -= weight
            if left < 0:
                return item
        raise AssertionError("the weights are positive")


def make(path: Path) -> None:
    """Write the database to `path`, replacing what is there."""
    path.unlink(missing_ok=True)
    dice = Dice(SEED)
    connection = sqlite3.connect(path)
    with connection:
        connection.executescript("PRAGMA page_size = 4096;" + SCHEMA)
        _insert(connection, "categories", enumerate(CATEGORIES, 1))
        _insert(connection, "suppliers", ((n, *row) for n, row in _rows(SUPPLIERS)))
        products = list(_products(dice))
        _insert(connection, "products", (row for row, _ in products))
        customers = list(_customers(dice))
        _insert(connection, "customers", customers)
        _orders(connection, dice, products, customers)
    connection.execute("VACUUM")
    connection.close()


def _insert(connection: sqlite3.Connection, table: str, rows: Iterable[tuple[object, ...]]) -> None:
    for row in rows:
        connection.execute(f"INSERT INTO {table} VALUES ({', '.join('?' * len(row))})", row)  # noqa: S608 (own names)


def _rows(text: str) -> Iterator[tuple[int, list[str]]]:
    return enumerate((line.split("|") for line in text.splitlines()), 1)


def _products(dice: Dice) -> Iterator[tuple[Product, int]]:
    """Each product with how often it is bought, relative to the others."""
    for number, (name, category, supplier, price, launched, weight) in _rows(PRODUCTS):
        cost = round(float(price) * (0.38 + dice.below(25) / 100), 2)
        stock = 0 if dice.chance(0.07) else dice.below(30 * int(weight)) + 4
        yield (number, name, int(category), int(supplier), float(price), cost, stock, launched), int(weight)


def _customers(dice: Dice) -> Iterator[Customer]:
    for number in range(1, CUSTOMERS + 1):
        country = dice.weighted((("United Kingdom", 11), ("Norway", 3), ("Germany", 2), ("China", 6)))
        name, mailbox = _chinese_name(dice) if country == "China" else _western_name(dice, country)
        city = dice.weighted(PLACES[country])
        joined = date(2019, 1, 1) + timedelta(days=dice.below(2700))
        yield number, name, f"{mailbox}{number}@example.com", city, country, joined.isoformat()


def _western_name(dice: Dice, country: str) -> tuple[str, str]:
    first, last = dice.pick(FIRST[country].split()), dice.pick(LAST[country].split())
    return f"{first} {last}", f"{first}.{last}".lower()


def _chinese_name(dice: Dice) -> tuple[str, str]:
    surnames, given = SURNAMES.split(), GIVEN.split()
    s, g = 2 * dice.below(len(surnames) // 2), 2 * dice.below(len(given) // 2)
    return surnames[s] + given[g], f"{given[g + 1]}.{surnames[s + 1]}"


def _orders(
    connection: sqlite3.Connection, dice: Dice, products: list[tuple[Product, int]], customers: list[Customer]
) -> None:
    returns = count(1)
    for number, day in enumerate(_days(dice), 1):
        today = day.isoformat()
        shelf = [((row[0], row[4]), weight) for row, weight in products if row[7] <= today]
        buyer, *_, country, _joined = dice.pick([row for row in customers if row[5] <= today])
        basket = {dice.weighted(shelf): 1 + dice.chance(0.18) for _ in range(1 + dice.below(4))}
        goods = sum(price * quantity for (_, price), quantity in basket.items())
        shipping = _shipping(country, goods)
        status = _status(dice, day)
        channel = dice.weighted((("web", 7), ("shop", 2), ("phone", 1)))
        order = (number, buyer, today, status, channel, shipping, round(goods + shipping, 2))
        _insert(connection, "orders", [order])
        items = [(number, product, quantity, price) for (product, price), quantity in basket.items()]
        _insert(connection, "order_items", items)
        if status == "returned":
            (product, _), back = dice.pick(list(basket)), day + timedelta(days=5 + dice.below(30))
            _insert(connection, "returns", [(next(returns), number, product, back.isoformat(), dice.weighted(REASONS))])


def _days(dice: Dice) -> Iterator[date]:
    """A day for each order, in order of time: more every year, most in early summer and before Christmas."""
    day = date(2023, 1, 1)
    while day <= LAST_DAY:
        expected = ORDERS_PER_MONTH[day.year] * SEASON[day.month - 1] / 30.4
        whole = int(expected)
        yield from [day] * (whole + dice.chance(expected - whole))
        day += timedelta(days=1)


def _shipping(country: str, goods: float) -> float:
    if country == "Norway":
        return 11.0
    return 0.0 if goods >= 75 else 4.5


def _status(dice: Dice, day: date) -> str:
    age = (LAST_DAY - day).days
    if age < 4:
        return dice.pick(("pending", "paid"))
    if age < 12:
        return dice.pick(("paid", "shipped", "shipped"))
    return dice.weighted((("delivered", 86), ("cancelled", 6), ("returned", 8))) if age > 40 else "delivered"


if __name__ == "__main__":
    make(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).with_name("shop.sqlite"))
