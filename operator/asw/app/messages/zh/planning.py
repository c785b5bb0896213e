"""Chinese of ``asw plan``."""

MESSAGES: dict[str, str] = {
    "not in the files, stays: {kind} {names}": "文件中没有，保持不变：{kind} {names}",
    "no difference between the files and {place} (compared: {count})": (
        "文件与 {place} 之间没有差异（已比较 {count} 个对象）"
    ),
    "{added} to create, {changed} to change, {same} as they are, in {place}": (
        "{place} 中：将创建 {added} 个，将更改 {changed} 个，保持不变 {same} 个"
    ),
    "would be refused: {reason}": "将被拒绝：{reason}",
    "state {name} ({kind})": "状态 {name}（{kind}）",
    "{state}, till now called {before}": "{state}，此前名为 {before}",
    "code of {file}: {come} lines come, {gone} go": "{file} 的代码：增加 {come} 行，删除 {gone} 行",
    "end": "结束",
    "in flight: {count}": "运行中的执行：{count} 个",
    "and {count} more": "另有 {count} 个",
    "{name} ({phase}): has not begun, will run the new definition": (
        "{name}（{phase}）：尚未开始，将运行新定义"
    ),
    "{name} ({phase}, {states}): keeps its revision": "{name}（{phase}，{states}）：保持原有版本",
    "{name} ({phase}, {states}): keeps its revision; after a stop or a failure, "
    "asw redrive {name} --revision current moves it": (
        "{name}（{phase}，{states}）：保持原有版本；停止或失败后，"
        "可用 asw redrive {name} --revision current 迁移"
    ),
    "{name} ({phase}, {states}): keeps its revision and cannot move: {reason}": (
        "{name}（{phase}，{states}）：保持原有版本，无法迁移：{reason}"
    ),
    "what is there cannot be read, so it is replaced as a whole": "现有对象无法读取，因此将整体替换",
    "{count} states, begins with {state}": "共 {count} 个状态，从 {state} 开始",
    "the definition that is there cannot run, so it is replaced as a whole": (
        "现有定义无法运行，因此将整体替换"
    ),
    "the definition is written in another way and means the same": "定义的写法不同，含义相同",
    "starts a run of Workflow {workflow}": "启动 Workflow {workflow} 的一次执行",
    "what an Execution runs never changes: give it another name": (
        "Execution 所运行的内容不能更改：请换一个名称"
    ),
}
