"""A long document of our own making: the minutes of thirty meetings of a rowing club, about a page each.

What a meeting says is drawn by one seed: who was in the chair, what boats were mended and for how much, who joined, how
the matter of the roof went on. What is right of each question is reckoned from what was drawn, not from the text.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

SEED, MEETINGS = 30, 30


def _paragraphs(text: str) -> tuple[str, ...]:
    return tuple(" ".join(part.split()) for part in text.strip().split("\n\n"))


_FIRST = date(2021, 1, 14)
_CHAIRS = ("Mrs Adeyemi", "Mr Thorne", "Ms Okafor", "Mr Lindqvist")
_MEMBERS = ("Petra Novak", "Samuel Reed", "Ines Duarte", "Hugh Barlow", "Aiko Mori", "Tomas Vrba", "Ruth Keller")
_BOATS = ("Heron", "Kingfisher", "Old Margaret", "Swift", "Tern", "Grey Goose")
_DAMAGE = (
    "had been let down on the slipway too fast and had a split plank on the left side",
    "took in water after the storm, and the joints at the bow had to be made tight again",
    "lost a rowlock when the juniors met the bridge, and the wood around it had come away",
    "was found to have soft wood under the stretcher, which nobody had looked at for years",
)
_ROOF = _paragraphs("""
The roof of the boathouse was looked at by a builder, who found that the beams above the bar carry more than they
should.

Two offers for the roof of the boathouse were read out; the cheaper one leaves the gutters as they are.

The council wrote that slates on the roof of the boathouse have to be of the old colour, which makes it dearer.

It was objected that the roof of the boathouse will not last another winter, since the buckets are full after each
rain.

The insurers said that they will not pay for the racks as long as the roof of the boathouse is open to the weather.

Members feared for the swallows that nest below the roof of the boathouse until the end of August.
""")
_ROOF_END = (
    "It was resolved that the roof of the boathouse is renewed in September with grey slates, by the firm "
    "Hale and Daughters."
)
_TRAILER = "A trailer for three boats was bought second-hand for 1,140 pounds, with the spare wheel."
_TALK = _paragraphs("""
The secretary read out the letters that had come since the last meeting. Most of them asked when the showers would be
warm, and one, unsigned, asked who feeds the cat. The members agreed that the cat belongs to nobody and that nobody
objects to it.

The captain told of the training on Tuesdays. The crews come on time when the tide is late and late when the tide is
early, and it was proposed that somebody writes the tides on the board in figures that can be read without glasses.

There was talk of the supper in spring. The hall of the church is free on two evenings, neither of which suits the
cook, and the kitchen of the school is too small for the large pot. It was left to the committee, which has left it to
the cook.

The steps to the landing stage were said to be slippery again. Sand was put on them in the past, which the river took
away, and a mat, which somebody took away. A rail was thought of, but not who would pay for it.

A member asked whether the clock above the door could be set right. It was explained that it is right twice a day,
that the man who knows it has moved inland, and that people have learned to add eleven minutes.

The juniors thanked the club for the use of the small boats, and promised to hang up the life jackets. The committee
noted that this was promised before, and that the hooks are now at a height that the juniors can reach.

The question of the flag came up. The old one is torn along the edge; a new one was shown on a piece of paper, and its
blue was found too green by some and too blue by others. It was agreed to look at it again by daylight.

The keeper of the stores asked that oars be put back by number. Of the long ones two pairs are mixed, so that crews go
in circles, and of the short ones one has been used to stir paint, which does it no good.

It was reported that the neighbour's hedge has grown over the path by a good arm's length. Somebody will speak to him
who gets on with him better than the last one did, and nothing will be cut before that.

Whether dogs may be taken along in the four was discussed at length. The rules say nothing of dogs; they forbid
poultry, for reasons that nobody remembers. The matter was left to the good sense of the crews and of the dogs.

The heating in the changing room was off for a week, since the oil was ordered by two people and each of them believed
that the other one had. From now on it is ordered by one, who tells the other.

Somebody wished to know what becomes of lost things. There is a box, and the box is full; what is in it after
midsummer goes to the jumble sale of the fire brigade, but for single shoes, which go nowhere.

The treasurer explained why the paper for the printer is dearer than the printer. He was thanked for the explanation,
and asked to buy it elsewhere; he said that elsewhere is where he buys it. The notices will be printed on both sides
from now on, as soon as somebody finds out how.

It was asked who has the key of the pump house. Three members have one that fits, two have one that does not, and the
one that is stamped with the club's name opens nothing at all. All keys are to be brought to the next meeting and
tried one after the other.

The boatman spoke of the river. There is more weed than last year below the weir and less above it, and a tree lies
across the bend where the willows are; crews that go down should keep to the far bank and look over their shoulder
more than once. The water office knows, and has known for a month.

A visitor from the club at Marsh End was greeted, who came to see how we number our lockers. He was shown the lockers,
of which those from nine to fourteen are missing, and was told the story of that. He said that at Marsh End they will
use letters.
""")


@dataclass
class Minutes:
    """`text` in Markdown, and what is true of the whole. `repairs`: pounds of each; `joined`: members by meeting."""

    text: str = ""
    repairs: list[int] = field(default_factory=list[int])
    joined: list[int] = field(default_factory=list[int])
    chairs: Counter[str] = field(default_factory=Counter[str])


def make_minutes(seed: int = SEED, meetings: int = MEETINGS) -> Minutes:
    """The same for the same seed."""
    chance = random.Random(seed)
    made, pages = Minutes(), list[str]()
    roof = dict(zip(sorted(chance.sample(range(2, meetings - 3), len(_ROOF))), _ROOF, strict=True))
    roof[meetings - 3] = _ROOF_END
    for number in range(meetings):
        day = _FIRST + timedelta(days=35 * number)
        pages.append(_page(number, day, chance, made, roof.get(number)))
    made.text = "# Minutes of the Hollow Lane Rowing Club\n\n" + "\n\n".join(pages) + "\n"
    return made


def _page(number: int, day: date, chance: random.Random, made: Minutes, roof: str | None) -> str:
    chair = chance.choices(_CHAIRS, weights=(5, 3, 3, 2))[0]
    made.chairs[chair] += 1
    talk = chance.sample(_TALK, 8)
    blocks = [f"{chair} took the chair at half past seven. {_present(chance)}", *talk[:3]]
    if chance.random() < 0.6:
        blocks.append(_repair(chance, made))
    if roof:
        blocks.append(roof)
    if number == 11:
        blocks.append(_TRAILER)
    blocks += talk[3:]
    if chance.random() < 0.5:
        joined = chance.randint(1, 4)
        made.joined.append(joined)
        blocks.append(f"New members: {joined} joined the club since the last meeting and were made welcome.")
    blocks.append(f"The meeting ended at {chance.choice(('nine', 'half past nine', 'ten'))}.")
    return f"## Meeting {number + 1}, {day.day} {day:%B %Y}\n\n" + "\n\n".join(blocks)


def _present(chance: random.Random) -> str:
    there = chance.sample(_MEMBERS, chance.randint(3, 5))
    return f"Present were {', '.join(there[:-1])} and {there[-1]}, and from the juniors two who had to leave early."


def _repair(chance: random.Random, made: Minutes) -> str:
    boat, cost = chance.choice(_BOATS), 5 * chance.randint(8, 90)
    made.repairs.append(cost)
    paid = f"The repair of the {boat} cost {cost} pounds, which was paid from the boat fund."
    return f"The {boat} {chance.choice(_DAMAGE)}. {paid}"


@dataclass(frozen=True)
class Question:
    """`sentences`: a regular expression of those that bear on it; `reckon`: what the answer to them is."""

    text: str
    right: str
    sentences: str
    kind: str
    plans: Sequence[str]


def questions(made: Minutes) -> list[Question]:
    """Four that need the whole document, and one that a passage answers; with the plans that the script writes.

    Of three questions the first plan is wrong in form: an argument is missing, an action does not exist and an output
    is used that no step has, or there is no plan at all.
    """
    find = 'f = FIND(CTX, "{}")'
    total = f"SUM(ITEMS): add up the ITEMS\n1. {find.format('repairs of boats and their cost')}\n2. s = SUM(f)"
    chair = f'1. {find.format("who took the chair")}\n2. m = COUNT(f, "each chair")'
    roof = (
        '1. why = FIND_REASONS(CTX, "the roof of the boathouse")\n2. end = FIND(CTX, "decisions on the roof")\n'
        '3. a = CONCLUDE([why, end], "what was decided, and what was said before")'
    )
    joined = f'1. {find.format("members who joined")}\n2. n = COUNT(f, "new members")'
    trailer = f"1. {find.format('the price of the trailer')}"
    return [
        Question(
            "How many pounds were spent on repairs of boats in all meetings together?",
            str(sum(made.repairs)),
            r"The repair of the [\w ]+ cost \d+ pounds",
            "sum",
            ("1. f = FIND(CTX)\n2. s = SUM(g)", total),
        ),
        Question(
            "Who took the chair most often?",
            made.chairs.most_common(1)[0][0],
            rf"(?:{'|'.join(_CHAIRS)}) took the chair",
            "most",
            (chair,),
        ),
        Question(
            "What was decided about the roof of the boathouse, and what had been said about it before?",
            "\n".join([*_ROOF, _ROOF_END]),
            r"[^.\n]*roof of the boathouse[^.\n]*\.",
            "all",
            ("I would first look for the roof, then for the decision.", roof),
        ),
        Question(
            "How many members joined the club in all?",
            str(sum(made.joined)),
            r"New members: \d+ joined",
            "sum",
            ("1. n = NEW_MEMBERS(CTX)", joined),
        ),
        Question("What did the trailer cost?", "1,140", r"A trailer for three boats[^.]*\.", "all", (trailer,)),
    ]
