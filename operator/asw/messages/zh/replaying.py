"""Chinese of ``asw replay``."""

MESSAGES: dict[str, str] = {
    (
        "Show every value of an execution at a moment of it, offline.\n"
        "\n"
        "NAME is an execution, or a file that asw export wrote. Nothing is run: what functions answered\n"
        "is in the history.\n"
        "\n"
        "The engine plays the execution again on what the history says that it saw, and every event\n"
        "that it makes is held against the one that was recorded. The values are those of a state at\n"
        "the moment of --at: its raw input, the input after InputPath and Parameters, the result, what\n"
        "ResultSelector and ResultPath made of it, the output, variables, the context object, retries so\n"
        "far, timers, and what else was open then.\n"
        "\n"
        "Where the engine makes another event, the first one that differs is shown, and the exit code\n"
        "is 1: another version of asw ran it, or a history was changed. What cannot be played again (it\n"
        "is redacted, its definition was removed) is told from history alone. Results of distributed\n"
        "Maps are taken from history: replay their children by themselves."
    ): (
        "离线显示执行在某一时刻的所有值。\n"
        "\n"
        "NAME 是一次执行的名称，或 asw export 写出的文件。不会运行任何东西：函数的回答就在历史中。\n"
        "\n"
        "引擎按历史所记录的见闻重放这次执行，它产生的每个事件都与记录的事件相对照。显示的是在 --at\n"
        "那一时刻某个状态的值：原始输入、经过 InputPath 和 Parameters 之后的输入、结果、经过\n"
        "ResultSelector 和 ResultPath 之后的值、输出、变量、上下文对象、已重试次数、定时器，以及\n"
        "当时还有什么正在进行。\n"
        "\n"
        "如果引擎产生了不同的事件，则显示第一个不同之处，退出码为 1：运行它的是另一版本的 asw，\n"
        "或者历史被改动过。无法重放的（已隐去值，或定义已被删除）只按历史讲述。分布式 Map 的结果\n"
        "取自历史：请单独重放其子执行。"
    ),
    "Id of an event, from the end where it is negative; or a state, when it was left.": (
        "事件的编号，负数从末尾数起；或状态名，表示离开该状态之时。"
    ),
    "State to show, by default the event's own.": "要显示的状态，默认为事件所属的状态。",
    "List all moments, and replay nothing.": "列出所有时刻，不重放。",
    "Form of the values.": "值的输出格式。",
    "Show every value at the end.": "显示结束时的所有值。",
    "Show what Greet got, what became of it on the way, and what it left.": (
        "显示 Greet 得到了什么、途中如何变化，以及它留下了什么。"
    ),
    "Look one event before the end.": "查看结束前一个事件的情形。",
    "List all moments.": "列出所有时刻。",
    "Give them to a program.": "供程序读取。",
    "its values were redacted": "它的值已被隐去",
    "a redrive went on with another revision, and the one of before is not known": (
        "一次 redrive 以另一个版本继续，之前的版本未知"
    ),
    "the beginning of its history was removed": "它的历史开头已被删除",
    "its history has gaps": "它的历史有缺失",
    "the definition that it ran was removed": "它所运行的定义已被删除",
    "retention emptied it": "它已被保留策略清空",
    "{name} at event {id} of {count}, {type}, {since} after its start": (
        "{name}：第 {id} 个事件（共 {count} 个），{type}，开始后 {since}"
    ),
    "retries: {counts}": "重试：{counts}",
    "timer: {name} until {at}": "定时器：{name}，到 {at}",
    "also open: {state} (event {event}), waits for: {what}": (
        "同时进行：{state}（事件 {event}），等待：{what}"
    ),
    "Not played again: {why}. What follows is what history tells.": (
        "没有重放：{why}。以下是历史所记录的内容。"
    ),
    "The engine made all {count} events anew: they are those recorded.": (
        "引擎重新产生了全部 {count} 个事件：与记录一致。"
    ),
    "The engine made the first {verified} of {count} events anew, and then another one:": (
        "引擎重新产生了 {count} 个事件中的前 {verified} 个，接着产生了不同的事件："
    ),
    "recorded: {event}": "记录的：{event}",
    "made: {event}": "产生的：{event}",
    "none": "无",
    "they differ in: {fields}": "不同之处：{fields}",
    "Results of distributed Maps are taken from history: {names}": (
        "分布式 Map 的结果取自历史：{names}"
    ),
    "{name} has no history: it ended before its first state": (
        "{name} 没有历史：它在进入第一个状态之前就已结束"
    ),
    "asw why {name} says why": "asw why {name} 会说明原因",
    "{name} has no history: it has not begun": "{name} 没有历史：它尚未开始",
    "asw why {name} says what it waits for": "asw why {name} 会说明它在等待什么",
    "{state} had not been entered at event {id}": "在事件 {id} 时尚未进入 {state}",
    "leave --at out for its last visit": "去掉 --at 可查看它最后一次进入",
    "no event {id}: there are {count}": "没有事件 {id}：共有 {count} 个",
    "--list shows all; -1 is the last": "--list 显示全部；-1 是最后一个",
    "--list shows all": "--list 显示全部",
    "{state} was never entered": "从未进入 {state}",
    "entered were: {states}": "进入过的有：{states}",
    "no state {name!r}": "没有状态 {name!r}",
}
