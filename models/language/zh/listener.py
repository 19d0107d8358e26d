"""What Chinese listeners say, and how Chinese speakers take the floor."""

from __future__ import annotations

import re

from models.language.backchannel import Listener, phrases

LISTENER = Listener(
    sounds=re.compile(r"[嗯恩唔哦噢喔啊呃额呵哈嘿嘻哎唉咳哇呀哟呐诶欸]|[hm]+|[ao]+h+|u+[hm]+"),
    listening=phrases(
        "好, 好的, 好吧, 好啊, 好呀, 好嘞, 对, 对的, 对啊, 对对, 是, 是的, 是啊, 是吗, 是吧, 行, 行吧, 没错, 当然, "
        "可以, 知道, 知道了, 我知道, 我知道了, 明白, 明白了, 我明白了, 了解, 懂了, 我懂了, 这样, 这样啊, 这样子, "
        "原来如此, 原来是这样, 怪不得, 难怪, 真的, 真的吗, 真的啊, 不错, 没问题, 谢谢, 有道理, 也是, 确实, 的确, "
        "太好了, 太棒了, 厉害, 有意思, 接着说, 继续, 继续说, 你继续, 你说, 听着呢, ok, okay, yes, yeah"
    ),
    fragments=phrases("的, 了, 我, 你, 他, 她, 它, 这, 那, 就, 和, 在, 那么, 然后, 就是, 这个, 那个, 一个"),
    floor=phrases("停, 等, 不, 别, 慢, 什, 怎, 谁, 哪, 几, 喂, 没, 算, 够, 闭, 安, 请, 帮"),
)
