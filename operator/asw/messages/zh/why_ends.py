"""Chinese of ``asw why``: what led to an end, and how to go on after it."""

MESSAGES: dict[str, str] = {
    # What led to the state
    "{state} led here by {rule}: {condition}": "由 {state} 的 {rule} 来到这里：{condition}",
    "{state} led here by its Default, as none of its rules held": (
        "由 {state} 的 Default 来到这里，因为它没有一条规则成立"
    ),
    "{state} failed with {error}; its {handler} led here": (
        "{state} 以 {error} 失败；由它的 {handler} 来到这里"
    ),
    "{handler} → {next} would have taken it too, but is asked later": (
        "{handler} → {next} 也会接受它，但询问在后"
    ),
    "not asked, though it would take it: {handler} came first": (
        "没有询问，虽然它会接受：{handler} 在先"
    ),
    "{told}: does not hold: it differs in case or spaces alone": (
        "{told}：不成立：只有大小写或空格不同"
    ),
    # Bounds and places
    "No heartbeat came for {seconds} s, its HeartbeatSeconds.": (
        "{seconds} 秒内没有心跳，达到 HeartbeatSeconds。"
    ),
    "No answer came within {seconds} s of its start, its TimeoutSeconds.": (
        "启动后 {seconds} 秒内没有结果，达到 TimeoutSeconds。"
    ),
    "It stood in {place}, for {span}.": "当时停在 {place}，已有 {span}。",
    "It stood in {count} states in all.": "当时一共停在 {count} 个状态。",
    "{state}, which calls {function}": "{state}（调用 {function}）",
    "Its task had not started.": "它的任务尚未启动。",
    "what its task printed: its pod is gone": "任务打印的内容：它的 Pod 已不存在",
    "… {count} more, all with --full": "…… 另有 {count} 行，加 --full 显示全部",
    "{count} of them by {error}": "其中 {count} 项因 {error}",
    "if the asw that ran it was interrupted, take it up again": "如果运行它的 asw 已被中断，继续运行它",
    "see what its task prints": "查看任务正在打印的内容",
    "it is item {index} that does not have it": "缺少它的是第 {index} 项",
    # How to go on
    "go on from where it stood": "从当时停留处继续",
    "go on from where it stood: its TimeoutSeconds count anew": (
        "从当时停留处继续：TimeoutSeconds 重新计时"
    ),
    "raise TimeoutSeconds of the definition, or let what it stood in end sooner": (
        "调大定义的 TimeoutSeconds，或让它所停留的状态更早结束"
    ),
    "once the Workflow is mended, go on with its definition as it is then": (
        "修好 Workflow 之后，用它那时的定义继续"
    ),
    "where its input was wrong, start anew on another": "如果是输入有误，用别的输入重新开始",
    "once that is mended, start it anew": "修好之后，重新开始",
    "start it anew then": "届时重新开始",
    "redrive its parent once that is mended: it runs anew what did not succeed": (
        "修好之后，对它的父级执行做 redrive：未成功的会重新运行"
    ),
    "{state} fails by its definition: look at what led to it": (
        "{state} 按定义就会失败：看看是什么来到了它"
    ),
    "where the path may be absent, ask for that first": "如果路径可能不存在，先判断它是否存在",
    "mend the Workflow {name}, and apply it": "修正 Workflow {name}，然后应用它",
}
