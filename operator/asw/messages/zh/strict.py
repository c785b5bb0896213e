"""Chinese of ``asw validate --strict``."""

MESSAGES: dict[str, str] = {
    "Follow the data: paths, rules, errors, sizes.": "跟踪数据流：路径、规则、错误与大小。",
    "With --strict: JSON Schema of the input.": "与 --strict 合用：输入的 JSON Schema。",
    "With --strict: an input of the kind that comes; may be repeated.": (
        "与 --strict 合用：一个有代表性的输入；可重复给出。"
    ),
    "With --strict: what the Task of this state returns; may be repeated.": (
        "与 --strict 合用：此状态的 Task 返回的结果；可重复给出。"
    ),
    "Follow the data of inputs like this one through the states.": (
        "以与此相似的输入，逐个状态跟踪数据。"
    ),
    "--result {name}: no Workflow here has this state": (
        "--result {name}：这里没有任何 Workflow 含有这个状态"
    ),
    "write it as STATE=FILE": "请写成 STATE=FILE",
    "--result {text} names no state and file": "--result {text} 没有给出状态和文件",
    "--input-schema and --sample both tell of the input": (
        "--input-schema 与 --sample 都用于说明输入"
    ),
    "give one of them": "请只给出其中之一",
    "{file} is no JSON Schema: {reason}": "{file} 不是 JSON Schema：{reason}",
    "docs/reference/data-flow-check.md names the keywords that are read": (
        "docs/reference/data-flow-check.md 列出了会读取的关键字"
    ),
    "{file}: '{keyword}' at {pointer} is not taken into account": (
        "{file}：{pointer} 处的“{keyword}”不予考虑"
    ),
    "{file} holds no value": "{file} 中没有值",
    "write a JSON value into it": "请在其中写入一个 JSON 值",
    # what the codes mean
    "A path or an expression never finds anything.": "路径或表达式永远找不到任何内容。",
    "A path or an expression finds nothing on some way.": "在某条路径上，该路径或表达式找不到内容。",
    "A field never gets a value that it takes, a call in it always fails, or it lacks a place.": (
        "字段永远得不到可用的值，或其中的调用总是失败，或其结果没有可放置的位置。"
    ),
    "No run goes by this Choice rule.": "没有任何执行会走这条 Choice 规则。",
    "Every run that gets to this Choice rule goes by it.": "凡是到达此 Choice 规则的执行都会走它。",
    "A Choice without a Default has no rule for what may come.": (
        "没有 Default 的 Choice 缺少与可能出现的值对应的规则。"
    ),
    "No run gets to this state, though others lead to it.": (
        "虽有其他状态指向它，但没有任何执行会到达此状态。"
    ),
    "Runs get into a loop that no way leads out of.": "执行会进入一个没有出路的循环。",
    "No Retry and no Catch takes these errors on their way out.": (
        "这些错误向外传播时，没有任何 Retry 或 Catch 处理。"
    ),
    "No error ever gets to this Retrier or Catcher, or to this name.": (
        "没有任何错误会到达这个 Retrier 或 Catcher，或匹配这个名称。"
    ),
    "A Retrier with MaxAttempts 0 that keeps errors from no other.": (
        "MaxAttempts 为 0 的 Retrier，且没有为其他 Retrier 挡住任何错误。"
    ),
    "A value may grow over 256 KiB, the most that a state may have.": (
        "值可能超过 256 KiB，即状态所允许的上限。"
    ),
    "Nothing reads this variable or this result.": "没有任何地方读取此变量或此结果。",
}
