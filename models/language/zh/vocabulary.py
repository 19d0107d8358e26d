"""Chinese words that a conversation turns on, in simplified characters."""

from __future__ import annotations


def _list(words: str) -> tuple[str, ...]:
    return tuple(words.split())


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


FILLERS = _set("嗯 呃 啊 哦 噢 喔 唉 哎 嘿 喂 请 吧 呢 呀 嘛 啦 哈")
"""Single characters, as words are counted here."""

STOP_WORDS = _set(
    "我 你 您 他 她 它 们 的 了 吗 呢 吧 啊 是 在 有 和 与 跟 也 都 就 还 把 被 给 对 从 到 这 那 哪 什 么 谁 几 多 少 "
    "怎 样 请 说 过 记 得 知 道 告 诉 关 于 一 个 不 没 会 能 可 以 要 想 很 吧 呀 事 情"
)
"""Single characters, which say nothing of what a question is about."""
STOP_PHRASES = _list(
    "什么时候 为什么 怎么样 告诉过 告诉 记不记得 还记得 记得 知道 知不知道 是不是 有没有 关于 什么 怎么 哪里 哪儿 哪个 "
    "多少 我们 你们 他们 她们 可以 有关 说过 事情 东西 一下 一些 一个 这个 那个"
)
"""What is cut out of a question before it is looked up; the longer ones that hold others stand first."""

DEMONSTRATIVES = _set("这 这个 这些 这只 这件 这本 那 那个 那些 那只 那件 那本")
PLACES = _set("那里 那边 那儿 这里 这边 这儿")
PRONOUNS = _set("它 它们")

CONFIRM = _set(
    "是 是的 是啊 对 对的 对啊 好 好的 好啊 好吧 好呀 行 行啊 可以 可以的 没错 当然 当然可以 嗯 嗯嗯 要 我要 要的 确定 "
    "我确定 同意 没问题 就这样 就这么办 可以啊 来吧 买吧 去吧 做吧"
)
DENY = _set(
    "不 不是 不是的 不对 不行 不要 不用 不用了 不必 不必了 不了 不可以 不想 我不想 我不要 别 算了吧 没有 不好 不需要 "
    "先不 先不要 先不用 暂时不用 还是不要了 还是算了"
)
CANCEL = _set("取消 取消吧 算了 算了吧 停 停止 停下 别弄了 不弄了 不做了 不买了 不去了 当我没说 忘了吧 作罢 放弃")

OPEN_ENDS = (
    "和 跟 与 或 或者 把 被 给 在 从 对 的 想 要 能 因为 所以 如果 但是 可是 不过 然后 这个 那个 就是 而且 还有 比如 "
    "为了 关于 嗯 呃"
)
"""With these few sentences end."""

SAMPLES = {
    "duration": ("十分钟", "一个小时", "三十秒"),
    "integer": ("两", "5", "三"),
    "number": ("两", "5", "一点五"),
    "name": ("小林", "李明", "王芳"),
    "text": ("海盗", "月亮", "我哥哥"),
}

DETERMINERS = _set("这 那 些 个 只 件 本 一 把 张 的 我 你")
LEADING = _set("关 于 说 讲")
ANYTHING = _set("什 么 某")
ALL = _set("全 都 所 每")
VAGUE = ANYTHING | _set("它 他 她 这 那 里 儿 边 我 你 您 们 今 明 天 现 在 东 西")
BESIDE = FILLERS | _set("就 在 去 到 往")
AROUND = FILLERS | _set("谢 再 了")

DAYS = {
    "今天": "today",
    "今晚": "today",
    "明天": "tomorrow",
    "昨天": "yesterday",
    "后天": "day after tomorrow",
    "前天": "day before yesterday",
    **{
        f"{week}{day}": code
        for week in ("星期", "周", "礼拜")
        for day, code in zip(
            "一二三四五六日天",
            ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday", "sunday"),
            strict=True,
        )
    },
}

MANNERS = {
    phrase: change
    for change, phrases in {
        "slower": "慢 慢点 慢一点 太快",
        "faster": "快 快点 快一点 太慢",
        "louder": "大声 大声点 大声一点 听不清 太小声",
        "quieter": "小声 小声点 小声一点 太大声 轻一点",
        "normal": "正常 平常 照常",
    }.items()
    for phrase in phrases.split()
}
