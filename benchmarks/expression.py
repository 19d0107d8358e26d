"""Measures how often the face that goes with a sentence is right, on sentences that are not among the examples.

    python benchmarks/expression.py [--json]

For each language, `expressions` and `gestures` are the shares that are right. `wrong_expressions` and `wrong_gestures`
are the shares that show something that does not belong there. The rest shows too little. `ms` is the median time for a
sentence. Where two labels stand with a slash between them, both are right.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).parents[1]))

from models.expression.nearest import Nearest
from models.protocols import ExpressionReader

SENTENCES = """
Hello, I am Ada. How can I help you? | happy/none | wave
Good evening and welcome! | happy/none | wave
Hey, good to see you. | happy/none | wave
See you later, and stay safe. | happy/none | wave
Bye bye! | happy/none | wave
Good afternoon, stranger. | happy/none | wave
Congratulations on your new job! | happy | none
I am delighted that you like it. | happy | none
That is the best thing I have heard all day! | happy | none
Yay, you found the treasure! | happy | none
You make me laugh. | happy | none
It is my pleasure, any time. | happy | none
What a beautiful picture you painted. | happy | none
Sorry, I did not catch that. | sad | none
You cannot buy a lamp. That costs twenty coins, and you have three coins. | sad/none | shake
I cannot reach the weather service right now. | sad/none | shake
Sorry, something went wrong on my side. | sad | none
I know no place called Atlantis. | sad/none | shake
My condolences to your family. | sad | none
Alas, the boat has already left. | sad | none
The old man wept when he heard it. | sad | none
I feel terrible about it. | sad | none
I cannot do that here. | sad/none | shake
Leave me alone! | angry | none
You broke my vase, you clumsy fool! | angry | none
I am sick of your lies. | angry | none
That is enough, be quiet! | angry | none
The giant shouted in fury. | angry | none
You have no right to do this! | angry | none
Whoa, where did that come from? | surprised | none
You have been to the moon? | surprised | none
Oh! I had no idea you were a pilot. | surprised | none
Incredible, a hundred points! | surprised | none
To everyone's astonishment, the frog began to speak. | surprised | none
My goodness, that was fast! | surprised | none
Lean back and listen to the rain. | relaxed | none
No need to rush, I will wait. | relaxed | none
The lake lay still under the stars. | relaxed | none
Calm down, it is going to be okay. | relaxed | none
Make yourself comfortable. | relaxed | none
Sure, no problem. | none | nod
Yes, that is correct. | none | nod
Okay. | none | nod
Right, as you wish. | none | nod
Absolutely, I will do it. | none | nod
Indeed, you told me that your birthday is in May. | none | nod
No, it closes at six. | sad/none | shake
No, you have none. | sad/none | shake
That is not possible. | sad/none | shake
I cannot buy fewer than one. | sad/none | shake
The harbour is to the south. Go past the inn. | none | point
It is right there, next to the fountain. | none | point
Come this way, I will show you. | none | point
Go straight ahead until you reach the gate. | none | point
Look up, the castle stands on top of the hill. | none | point
I could not tell you. | none | shrug
Who can say, perhaps tomorrow. | none | shrug
I am not certain about it. | none | shrug
It might rain, or it might not. | none | shrug
Hm, let me consider that. | none | think
Hold on a second. | none | think
Let me check. | none | think
Now, how do I put this? | none | think
Let me tell you about a brave knight. | none | open-hands
What would you like to do today? | none | open-hands
Here is how it works. | none | open-hands
Picture a small ball that rolls down a hill. | none | open-hands
I can help you find your way or tell you about the weather. | none | open-hands
A rope costs four coins. | none | none
It is ten past eight. Today is Friday. | none | none
Your tea timer is set for five minutes. | none | none
You bought two apples for six coins. You have four coins left. | none | none
In Paris it is sunny and twenty degrees. | none | none
You have one lantern and nine coins. | none | none
Plants need light and water to grow. | none | none
Rome is the capital of Italy. | none | none
The train leaves at noon. | none | none
A triangle has three sides. | none | none
He walked along the road to the village. | none | none
My name is Parley. | none | none
The book is on the table. | none | none
你好，欢迎来到广场。 | happy/none | wave
再见，祝你好运！ | happy/none | wave
真开心，你成功了！ | happy | none
抱歉，我没听懂。 | sad | none
很遗憾，你的钱不够。 | sad/none | shake
你太过分了，快住手！ | angry | none
哎呀，怎么会这样！ | surprised | none
休息一下，喝杯茶吧。 | relaxed | none
当然可以。 | none | nod
不，那是不可能的。 | sad/none | shake
图书馆在前面右边。 | none | point
我也不清楚。 | none | shrug
我想一想。 | none | think
今天星期五。 | none | none
苹果三个硬币一个。 | none | none
""".strip()


class Case(NamedTuple):
    """A sentence, and the expressions and gestures that may show with it."""

    text: str
    expressions: Sequence[str]
    gestures: Sequence[str]


def cases() -> list[Case]:
    """The cases in `SENTENCES`."""
    rows = ([part.strip() for part in line.split(" | ")] for line in SENTENCES.splitlines())
    return [Case(text, expressions.split("/"), gestures.split("/")) for text, expressions, gestures in rows]


def measure(reader: ExpressionReader, sentences: Sequence[Case]) -> dict[str, float]:
    """The measures of a reader on some sentences."""
    right = dict.fromkeys(("expressions", "gestures"), 0)
    wrong = dict.fromkeys(right, 0)
    took = []
    for case in sentences:
        began = time.perf_counter()
        look = reader.read(case.text)
        took.append(time.perf_counter() - began)
        for kind, shown, wanted in (
            ("expressions", look.expression or "none", case.expressions),
            ("gestures", look.gesture or "none", case.gestures),
        ):
            right[kind] += shown in wanted
            wrong[kind] += shown not in (*wanted, "none")
    shares = {kind: count / len(sentences) for kind, count in right.items()}
    shares |= {f"wrong_{kind}": count / len(sentences) for kind, count in wrong.items()}
    return shares | {"ms": 1000 * statistics.median(took)}


def main() -> None:
    """Read the sentences, compare, and print the measures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="one object instead of a table")
    as_json = parser.parse_args().json
    reader = Nearest()
    reader.load()
    english = [case for case in cases() if case.text.isascii()]
    chinese = [case for case in cases() if not case.text.isascii()]
    measures = {"en": measure(reader, english), "zh": measure(reader, chinese)}
    if as_json:
        print(
            json.dumps({name: {key: round(value, 3) for key, value in row.items()} for name, row in measures.items()})
        )
        return
    print(f"{len(english)} English sentences, {len(chinese)} Chinese")
    for key in measures["en"]:
        print(f"{key:18}", *(f"{name} {row[key]:6.2f}" for name, row in measures.items()), sep="  ")


if __name__ == "__main__":
    main()
