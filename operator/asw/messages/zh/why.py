"""Chinese of ``asw why``, ``asw export`` and ``asw replay``."""

from asw.messages.zh import bundles, replaying, why_ends, why_errors

MESSAGES: dict[str, str] = {
    "Function {name} is there by now.": "现在已有 Function {name}。",
    **bundles.MESSAGES,
    **replaying.MESSAGES,
    **why_ends.MESSAGES,
    **why_errors.MESSAGES,
    # The verb
    (
        "Explain why an execution failed, or what it waits for.\n"
        "\n"
        "NAME is an execution, or a file that asw export wrote.\n"
        "\n"
        "Of one that failed it shows the innermost state that failed, through Parallel and Map states\n"
        "and children of distributed Maps: its input, error and cause, each try with its pod, the last\n"
        "lines that its task printed, and each Retrier and Catcher in the order in which they were\n"
        "asked, with why it did or did not take the error. Of a path that found nothing it says which\n"
        "keys there were, of a Choice what each rule compared. At last it says what to try.\n"
        "\n"
        "Of one that is not over it says what each state waits for: a timer, a retry, a task and what\n"
        "keeps its pod from running, a slot, a missing Workflow, or somebody who suspended it. Of one\n"
        "that succeeded, which errors it got over and what took longest.\n"
        "\n"
        "The exit code is 0 once it is explained, whatever became of the execution."
    ): (
        "解释执行为何失败，或在等待什么。\n"
        "\n"
        "NAME 是一次执行的名称，或 asw export 写出的文件。\n"
        "\n"
        "对于失败的执行，穿过 Parallel、Map 以及分布式 Map 的子执行，找到最里层失败的状态，显示\n"
        "它的输入、错误和原因，每次尝试及其 Pod，任务最后打印的几行，并按询问的先后列出每个 Retrier\n"
        "和 Catcher，说明它为何接受或不接受该错误。路径找不到值时，说明当时有哪些键；Choice 没有规则\n"
        "成立时，说明每条规则比较了什么。最后给出可以尝试的办法。\n"
        "\n"
        "对于尚未结束的执行，说明每个状态在等待什么：定时器、重试、任务及其 Pod 无法运行的原因、\n"
        "名额、缺少的 Workflow，或是被谁挂起。对于成功的执行，说明它克服了哪些错误，哪里最耗时。\n"
        "\n"
        "只要作出了解释，无论执行结果如何，退出码都是 0。"
    ),
    "Show payloads and causes whole.": "完整显示数据和原因。",
    "Form of the explanation.": "解释的输出格式。",
    "Why did this execution fail?": "这次执行为什么失败？",
    "The same on the cluster.": "在集群上做同样的事。",
    "Explain it for a program.": "以便于程序读取的形式解释。",
    # What to try
    "What to try": "可以尝试",
    "{text} ({name})": "{text}（{name}）",
    "to go on in spite of it, give {state} a Catcher": "若要在出错后继续，给 {state} 加一个 Catcher",
    "see every value at that moment": "查看那一刻的所有值",
    "read all that its task printed": "阅读任务打印的全部内容",
    "in {handler} of {state} write": "在 {state} 的 {handler} 中写",
    "to try it again by itself, give {state} a Retrier": "若要自动重试，给 {state} 加一个 Retrier",
    "once that is mended, go on from where it failed": "修好之后，从失败处继续",
    "mend the code of Function {name}, or catch {error}": (
        "修正 Function {name} 的代码，或捕获 {error}"
    ),
    "end loops sooner, or give each round to a child of a distributed Map": (
        "让循环更早结束，或把每一轮交给分布式 Map 的子执行"
    ),
    "follow it": "跟踪它",
    "or end it": "或者结束它",
    "give {state} a Default, for what no rule foresees": (
        "给 {state} 加上 Default，用于没有规则能预料的情况"
    ),
    "look at the Workflow": "查看 Workflow",
    "let it go on": "让它继续",
    "{do}; else it fails with {error}": "{do}；否则它将以 {error} 失败",
    "apply the Workflow {name}": "应用 Workflow {name}",
    "find such paths before they run": "在运行之前就找出这样的路径",
    # Choices
    "{told}: does not hold": "{told}：不成立",
    "{told}: holds": "{told}：成立",
    "{path} is not there": "{path} 不存在",
    "{path} is {value}": "{path} 是 {value}",
    "{told}, of type {kind}: {operator} compares values of type {wanted} only": (
        "{told}，类型为 {kind}：{operator} 只比较类型为 {wanted} 的值"
    ),
    "gave {value}": "得到 {value}",
    # Headlines and notes
    "{state} failed: {error}": "{state} 失败：{error}",
    "failed before its first state: {error}": "在进入第一个状态之前就失败：{error}",
    "failed: {error}": "失败：{error}",
    "no error name": "没有错误名",
    "succeeded in {took}": "成功，用时 {took}",
    "timed out after {seconds} s, its TimeoutSeconds": "超时：达到 TimeoutSeconds（{seconds} 秒）",
    "was aborted": "被中止",
    "was aborted by {who}": "被 {who} 中止",
    "has waited to begin for {since}": "等待开始已有 {since}",
    "in its child {name}: {headline}": "在子执行 {name} 中：{headline}",
    "The execution itself failed with {error}.": "执行本身以 {error} 失败。",
    "It was redriven once.": "它已 redrive 一次。",
    "It was redriven {count} times.": "它已 redrive {count} 次。",
    "{state} took {took}.": "{state} 用时 {took}。",
    "{count} states are at work or wait": "有 {count} 个状态正在工作或等待",
    "{state} got there at try {number}, after {errors}.": (
        "{state} 在第 {number} 次尝试时成功，此前的错误：{errors}。"
    ),
    "{state} failed, and its error was caught: {errors}.": "{state} 失败，错误被捕获：{errors}。",
    "Nothing says why: the operator may not have seen it. Is it running?": (
        "没有任何说明：operator 可能还没有看到它。operator 在运行吗？"
    ),
    "Parallel {state}, branch {index}": "Parallel {state}，第 {index} 个分支",
    "Map {state}, item {index}": "Map {state}，第 {index} 项",
    "{error}: {what}.": "{error}：{what}。",
    "{count} of {total} items failed, item {first} first by number.": (
        "{total} 项中有 {count} 项失败，其中编号最小的是第 {first} 项。"
    ),
    "Of {total} children {done} succeeded and {failed} failed.": (
        "{total} 个子执行中，{done} 个成功，{failed} 个失败。"
    ),
    "It tolerates none: no ToleratedFailureCount, no ToleratedFailurePercentage.": (
        "它不容许失败：没有 ToleratedFailureCount，也没有 ToleratedFailurePercentage。"
    ),
    "Its ToleratedFailureCount is {count}.": "它的 ToleratedFailureCount 为 {count}。",
    "Its ToleratedFailurePercentage is {percent}.": (
        "它的 ToleratedFailurePercentage 为 {percent}。"
    ),
    "in child {index}: {error}": "在编号为 {index} 的子执行中：{error}",
    "The first child that failed, by number: {index}": "按编号第一个失败的子执行：{index}",
    "EXPRESS children keep no history; its parent knows:": (
        "EXPRESS 子执行不保留历史；父执行所知道的是："
    ),
    "mend what the child failed by, or catch {error} in the ItemProcessor": (
        "修复导致子执行失败的问题，或在 ItemProcessor 中捕获 {error}"
    ),
    "the definition that it ran: it was removed": "它所运行的定义：已被删除",
    # Paths
    "{path} found nothing": "{path} 没有找到值",
    "{path} in {field} found nothing": "{field} 中的 {path} 没有找到值",
    "no object but of type {kind}": "类型为 {kind}，不是对象",
    "an empty object": "空对象",
    "an array of {count}": "有 {count} 个元素的数组",
    "{place} has the keys: {keys}": "{place} 有这些键：{keys}",
    "{place} is {what}": "{place} 是{what}",
    "the state": "该状态",
    "without variables": "没有变量的",
    # Text
    "{start}… ({count} characters, all with --full)": "{start}……（共 {count} 个字符，加 --full 显示全部）",
    "Workflow {name}": "Workflow {name}",
    "try {number}: {end} after {took}": "第 {number} 次尝试：{took} 后 {end}",
    "pod {pod}": "Pod {pod}",
    "{pod} on node {node}": "节点 {node} 上的 {pod}",
    "calls Function {name}": "调用 Function {name}",
    "The last that its task printed": "任务最后打印的内容",
    "The first child that failed": "第一个失败的子执行",
    "not known: {what}": "未知：{what}",
    "entered by event {id}": "由事件 {id} 进入",
    "input: {value}": "输入：{value}",
    "error: {name}": "错误：{name}",
    "cause: {text}": "原因：{text}",
    "in {place}": "位于 {place}",
    "Who was asked about {error}, in this order:": "针对 {error} 依次询问了：",
    "It has no Retry and no Catch.": "它没有 Retry，也没有 Catch。",
    "It has no Catch.": "它没有 Catch。",
    "It has no Retry.": "它没有 Retry。",
    # Retriers and Catchers
    "takes it: try {number} of {most} followed": "接受：随后进行了第 {number} 次重试，最多 {most} 次",
    "takes it, but its MaxAttempts are used up: {used} of {most}": (
        "接受，但 MaxAttempts 已用完：{used} / {most}"
    ),
    "takes it, and its MaxAttempts 0 allows no retry": "接受，但 MaxAttempts 为 0，不允许重试",
    "takes it: went on to {state}": "接受：转到 {state}",
    "takes it, but what it makes of the error output failed itself": (
        "接受，但它对错误输出的处理本身失败了"
    ),
    "takes it, but its ResultPath {path} has no place in the state's input": (
        "接受，但它的 ResultPath {path} 在状态的输入中没有位置"
    ),
    "not asked: {handler} came first": "没有询问：{handler} 在先",
    "{error} is not among its ErrorEquals": "{error} 不在它的 ErrorEquals 中",
    "{why}: is {name} meant to be {error}?": "{why}：{name} 是否本应写作 {error}？",
    "an error without a name is taken by States.ALL and States.TaskFailed alone": (
        "没有名称的错误只被 States.ALL 和 States.TaskFailed 接受"
    ),
    "nothing takes States.Runtime, not even States.ALL": (
        "States.Runtime 不被任何处理器接受，States.ALL 也不行"
    ),
    "in TCSL {error} is taken by its name and by {types}": "在 TCSL 中，{error} 由其名称和 {types} 接受",
    "States.TaskFailed takes all errors but time-outs: {error} is one": (
        "States.TaskFailed 接受除超时以外的所有错误：{error} 是超时"
    ),
    "a function past its own timeoutSeconds is {error}, no States.Timeout": (
        "函数超过自身的 timeoutSeconds 是 {error}，不是 States.Timeout"
    ),
    # Waits
    "It is suspended: what runs may finish, nothing new is started.": (
        "已挂起：正在运行的可以完成，不再启动新的任务。"
    ),
    "It is suspended, by {who}: what runs may finish, nothing new is started.": (
        "已被 {who} 挂起：正在运行的可以完成，不再启动新的任务。"
    ),
    "{manager} at {at}": "{manager}（{at}）",
    "waits until {until:%Y-%m-%d %H:%M:%S %Z}, {left} from now": (
        "等到 {until:%Y-%m-%d %H:%M:%S %Z}，还有 {left}"
    ),
    "its time was over at {until}: the operator should go on now": (
        "等待已于 {until} 结束：operator 应当立即继续"
    ),
    "waits {left} for its next try": "还有 {left} 进行下一次尝试",
    "waits {left} for retry {number} of {most} by Retry[{index}], after {error}": (
        "还有 {left} 由 Retry[{index}] 进行第 {number} 次重试（最多 {most} 次），此前的错误：{error}"
    ),
    "starts its task anew in {left}, after the loss {error}": (
        "{left} 后重新启动任务，此前任务丢失：{error}"
    ),
    "its task does not run: {trouble}": "任务没有运行：{trouble}",
    "its task for {function} has not started in {since}": "{function} 的任务在 {since} 内没有启动",
    "{function} runs for {since}": "{function} 已运行 {since}",
    " in pod {pod}": "，Pod {pod}",
    ", try {number} after {error}": "，第 {number} 次尝试，此前的错误：{error}",
    "; it times out after {seconds} s": "；{seconds} 秒后超时",
    "; a heartbeat is wanted every {seconds} s": "；每 {seconds} 秒需要一次心跳",
    "{ended} of {total} children have ended, {failed} of them failed, {open} are open": (
        "{total} 个子执行中 {ended} 个已结束，其中 {failed} 个失败，{open} 个正在进行"
    ),
    "is about to be entered": "即将进入",
    "its ItemReader reads the items": "ItemReader 正在读取各项",
    "its ResultWriter writes the results": "ResultWriter 正在写入结果",
    "has nothing open: the next step goes on": "没有正在进行的内容：下一步会继续",
    "failed, and waits for a redrive": "已失败，等待 redrive",
}
