"""Chinese of what is drawn: histories, graphs and the view that moves."""

MESSAGES = {
    # the view that moves
    "try {number}": "第 {number} 次尝试",
    "waits for a callback": "等待回调",
    "{count} try again, the first in {left}": "{count} 个等待重试，最早的在 {left} 后",
    "tries again in {left}": "{left} 后重试",
    "until {clock}, in {left}": "等到 {clock}，还有 {left}",
    "  and {count} more": "  另有 {count} 个",
    "1 state done": "已完成 1 个状态",
    "{count} states done": "已完成 {count} 个状态",
    "{count} failed": "{count} 个失败",
    "suspended: asw resume {name} lets it go on": "已挂起：用 asw resume {name} 继续",
    "not started yet: the operator has not taken it up": "尚未开始：operator 还没有接手",
    # plain lines
    "{ended} of {total}": "{ended}/{total}",
    "entered": "进入",
    "left": "离开",
    "left after {took}": "离开，用时 {took}",
    "tries again": "重试",
    "failed": "失败",
    "failed: {why}": "失败：{why}",
    # following
    "waiting for an answer about {name}": "正在等待 {name} 的回应",
    "{names} not over after {seconds}": "{names} 在 {seconds} 后仍未结束",
    "it runs on: asw watch shows it, asw why says what it waits for": (
        "它仍在运行：asw watch 可跟踪，asw why 说明它在等什么"
    ),
    "execution {name} was deleted meanwhile": "执行 {name} 在此期间被删除",
    "asw list shows those that there are": "asw list 列出现有的执行",
}
