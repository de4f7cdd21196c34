"""What the commands of the catalogue say, in every language that it has."""

from __future__ import annotations

from ..catalogue import System, Text, vocabulary
from ..catalogue.model import Source

_LABELS = {
    "frameworks": Text("Frameworks", "框架"),
    "servers": Text("Servers", "服务器"),
    "templates": Text("Template engines", "模板引擎"),
    "tasks": Text("Task runners", "任务框架"),
    "crawlers": Text("Crawlers", "爬虫"),
    "name": Text("name", "名称"),
    "also": Text("also", "兼为"),
    "interfaces": Text("interface", "接口"),
    "colours": Text("handlers", "处理函数"),
    "status": Text("status", "状态"),
    "version": Text("newest", "最新版"),
    "date": Text("date", "发布"),
    "licence": Text("licence", "许可证"),
    "python": Text("Python", "Python"),
    "installed": Text("here", "本机"),
    "not installed": Text("not installed", "未安装"),
    "adapter": Text("adapter", "适配器"),
    "install": Text("install", "安装"),
    "ancestors": Text("comes from", "前身"),
    "successors": Text("goes on as", "后继"),
    "homepage": Text("home page", "主页"),
    "repository": Text("source code", "源代码"),
    "documentation": Text("documentation", "文档"),
    "documentation_zh": Text("in Chinese", "中文文档"),
    "aliases": Text("also called", "别名"),
    "features": Text("Features", "功能"),
    "strengths": Text("Strengths", "优点"),
    "weaknesses": Text("Weaknesses", "缺点"),
    "good_for": Text("Good for", "适合"),
    "poor_for": Text("Poor for", "不适合"),
    "remedies": Text("To make it run", "安装补救"),
    "corrections": Text("Often said, and true today", "常见说法与现状"),
    "measured": Text("Measured", "实测"),
    "sources": Text("Sources", "来源"),
    "request": Text("request", "请求"),
    "ratio": Text("hub / native", "相对原生"),
    "interval": Text("95 % interval", "95% 区间"),
    "verdict": Text("verdict", "结论"),
    "alike": Text("alike in all", "全部相同"),
    "all_have": Text("all have", "全部具备"),
    "was": Text("was", "原先"),
    "now": Text("now", "现在"),
}
_SENTENCES = {
    "seen on": Text("seen on {}", "实测可用于 {}"),
    "of": Text("{} of {}", "{}（{}）"),
    "checked": Text("checked {}", "核查于 {}"),
    "systems": Text("{} systems", "共 {} 个系统"),
    "one system": Text("1 system", "共 1 个系统"),
    "star": Text("* has an adapter here", "* 本库有适配器"),
    "dates": Text("versions checked {}", "版本核查于 {}"),
    "none": Text("No system fits all of it.", "没有同时满足全部条件的系统。"),
    "without": Text("without {}: {} found", "去掉 {} 则有 {} 个"),
    "nothing helps": Text("Leaving out any single need does not help.", "去掉任何一项仍无结果。"),
    "points": Text("{} points", "{} 分"),
    "not all": Text("does not meet every need", "未满足全部需求"),
    "passed": Text("{} of {} tests passed", "通过 {} / {} 项测试"),
    "gaps": Text("{} declared gaps", "{} 项已声明的差距"),
    "failed": Text("{} failed", "{} 项失败"),
    "run on": Text("on {}", "{}"),
    "cost": Text(
        "What the hub costs over native, {}, {}:", "本库相对原生写法的开销，{}，{}："
    ),
    "in process": Text("in process", "进程内"),
    "over sockets": Text("over sockets", "经套接字"),
    "today": Text("Today: {}", "现状：{}"),
    "declared": Text("{}, as the project says", "{}，项目自述"),
    "by age": Text("{}, by the age of its release", "{}，按发布时间判定"),
    "asked": Text("Asked {}: {} changed, {} as before.", "已询问 {}：{} 项有变，{} 项不变。"),
    "failures": Text("Not got, and left as they were:", "未能获取，保持原样："),
    "no index": Text("On no index: {}.", "不在软件包索引上：{}。"),
}  # fmt: skip
_VERDICTS = {
    "faster": "更快",
    "slower": "更慢",
    "as fast": "相当",
    "can't tell: noise": "噪声过大，无法判断",
    "too few rounds": "轮数不足",
}


def label(name: str, language: str) -> str:
    """A word or title. Raises KeyError for a name that isn't one."""
    return _LABELS[name].in_(language)


def say(name: str, language: str, *values: object) -> str:
    """A sentence with these values in it. Raises KeyError for a name that isn't one."""
    return _SENTENCES[name].in_(language).format(*values)


def verdict(said: str, language: str) -> str:
    """What the bench said of a ratio."""
    return _VERDICTS.get(said, said) if language == "zh" else said


def word(group: str, name: str, language: str) -> str:
    """The label of a word of the vocabulary."""
    return vocabulary.all_words()[group][name].label.in_(language)


def words(group: str, system: System, language: str) -> str:
    """The labels of all words that a system has in a group."""
    found = [word(group, name, language) for name in getattr(system, group)]
    return comma(language).join(found)


def comma(language: str) -> str:
    return "、" if language == "zh" else ", "


def clauses(language: str, *parts: str) -> str:
    """The parts that are there, one after the other."""
    return ("，" if language == "zh" else ", ").join(filter(None, parts))


def source_line(source: Source, language: str) -> str:
    """A source in words: of which kind, what exactly, when, and its address."""
    kind = word("sources", source.kind, language)
    text = clauses(language, kind, source.what, source.checked.isoformat())
    return f"{text} {source.url}".rstrip()
