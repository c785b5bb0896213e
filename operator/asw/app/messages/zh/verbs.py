"""Chinese of ``asw stop``, ``suspend``, ``resume``, ``redrive``, ``rerun``."""

MESSAGES: dict[str, str] = {
    "runs again:": "将重新运行：",
    "is reused:": "将复用：",
    "nothing: no state had finished": "无：没有已完成的状态",
    "{name} ({count} times)": "{name}（{count} 次）",
    "in {count} of {state}: {indexes}": "（{state} 的 {count} 个分支或迭代：{indexes}）",
    "{resource} is started again, with all its retries": "重新启动 {resource}，重试次数全部恢复",
    "is worked again": "重新执行",
    "runs again as a whole, with everything in it": "连同其中的全部内容整体重新运行",
    "is entered": "进入该状态",
    "waits on until {until}": "继续等待到 {until}",
    "goes on at once: it waited until {until}": "立即继续：原定等待到 {until}",
    "all {kept} results are kept, and written again": "保留全部 {kept} 个结果，并重新写出",
    "{kept} kept, {again} again, {first} for the first time": (
        "保留 {kept} 个，重新运行 {again} 个，首次运行 {first} 个"
    ),
}
