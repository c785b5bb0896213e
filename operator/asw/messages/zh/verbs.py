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
    "names and -l do not go together": "名称和 -l 不能同时使用",
    "give names, or -l SELECTOR": "请给出名称，或 -l SELECTOR",
    "no execution is named": "没有指定执行",
    "name one or more, or choose by labels with -l SELECTOR": (
        "请给出一个或多个名称，或用 -l SELECTOR 按标签选择"
    ),
    "name one or more, or choose by labels with -l SELECTOR; asw resume --local goes on with "
    "what was interrupted on this machine": (
        "请给出一个或多个名称，或用 -l SELECTOR 按标签选择；"
        "asw resume --local 继续本机上被中断的执行"
    ),
    "no execution that this could act on has the labels {selector}": (
        "没有带标签 {selector} 且可执行此操作的执行"
    ),
    "asw list -l {selector} shows all that have them": (
        "asw list -l {selector} 显示带这些标签的全部执行"
    ),
    "Abort execution {name} ({phase} since {since})?": "中止执行 {name}（{phase}，自 {since}）？",
    "Abort execution {name} ({phase} since {since}, in {states})?": (
        "中止执行 {name}（{phase}，自 {since}，处于 {states}）？"
    ),
    "Abort {count} executions: {names}?": "中止 {count} 个执行：{names}？",
    "{names} and {count} more": "{names} 以及另外 {count} 个",
    "asw stop asks before it aborts, and nobody is there to answer": (
        "asw stop 在中止前需要确认，但没有人可以回答"
    ),
    "say --yes to abort {names}": "用 --yes 中止 {names}",
    "nothing was stopped": "没有中止任何执行",
    "{name} ended: {phase}": "{name} 已结束：{phase}",
    "{name} is suspended: what runs finishes, nothing new starts; "
    "asw resume {name}{where} lets it go on": (
        "{name} 已暂停：正在运行的会完成，不再启动新的；用 asw resume {name}{where} 继续"
    ),
    "{name} is aborted": "{name} 已中止",
    "{name} is suspended already": "{name} 已处于暂停状态",
    "{name} goes on": "{name} 继续运行",
    "{name} was asked to stop": "已请求中止 {name}",
    "{name} is not suspended: it goes on anyway": "{name} 并未暂停：它本来就在运行",
    "nothing says which input {name} ran on": "无从得知 {name} 的输入",
    "give it with --input": "请用 --input 给出",
    "the input of {name} is not JSON: {fault}": "{name} 的输入不是 JSON：{fault}",
    "give another one with --input": "请用 --input 另外给出",
    "{command} explains it": "{command} 会说明原因",
    "wait for its end, or asw stop {name}{where} first": (
        "请等它结束，或先用 asw stop {name}{where} 中止"
    ),
    "{name} is over: {phase}": "{name} 已经结束：{phase}",
    "{name} is not over: {phase}": "{name} 尚未结束：{phase}",
    "{name} is a child of {parent}'s Map": "{name} 是 {parent} 的 Map 的子执行",
    "redrive {parent}: it runs anew what did not succeed": (
        "请对 {parent} 执行 redrive：它会重新运行未成功的部分"
    ),
    "it is suspended: asw resume {name}{where} lets it go on": (
        "它已暂停：用 asw resume {name}{where} 继续"
    ),
    "asw redrive {name}{where} takes it up where it failed": (
        "asw redrive {name}{where} 从失败处继续"
    ),
    "{name} succeeded: there is nothing to take up": "{name} 已成功：没有可以继续的内容",
    "asw rerun {parent}{where} starts all of it anew": "asw rerun {parent}{where} 全部重新开始",
    "asw list --phase Running{where} shows those that are not": (
        "asw list --phase Running{where} 显示尚未结束的执行"
    ),
    "asw rerun {name}{where} starts it anew": "asw rerun {name}{where} 重新开始",
    "it ended before its first state": "它在进入第一个状态之前就已结束",
    "fails again: its definition and its data are the same": "会再次失败：定义和数据都没有变",
    "--revision current goes on with the Workflow's definition as it is now": (
        "用 --revision current 以 Workflow 现在的定义继续"
    ),
    "{state} of {name} fails again, as its definition and its data are the same: {way}": (
        "{name} 的 {state} 会再次失败，因为定义和数据都没有变：{way}"
    ),
    "its Workflow still has the definition that it ran; once that is mended: {command}": (
        "它的 Workflow 仍是它所运行的定义；修好之后：{command}"
    ),
    "{name} cannot be redriven: {reason}": "{name} 无法 redrive：{reason}",
    "{name}: redrive {number}, with revision {revision}": (
        "{name}：第 {number} 次 redrive，版本 {revision}"
    ),
    "{name} runs what {old} ran": "{name} 运行与 {old} 相同的内容",
    "{name} was asked to go on, and has not yet: asw watch {name}": (
        "已请求 {name} 继续，但它尚未继续：asw watch {name}"
    ),
    "{name} goes on where it failed": "{name} 从失败处继续",
    "Workflow {name} has no current revision": "Workflow {name} 没有当前版本",
    "see its problems: kubectl describe workflow {name}": (
        "查看其问题：kubectl describe workflow {name}"
    ),
    "nothing of what it remembers is left": "它的运行记录已不存在",
    "--input and --input-file do not go together": "--input 和 --input-file 不能同时使用",
    "{place} is empty: no JSON to read": "{place} 是空的：没有可读的 JSON",
    "give one of them": "请只给出其中一个",
    "cannot read {place}: {fault}": "无法读取 {place}：{fault}",
    "{place} is not UTF-8 text": "{place} 不是 UTF-8 文本",
    """an input is any JSON value, such as {} or '{"name": "Ada"}' or '"Ada"'""": (
        """输入可以是任何 JSON 值，例如 {} 或 '{"name": "Ada"}' 或 '"Ada"'"""
    ),
    "{place} is not JSON: {fault}": "{place} 不是 JSON：{fault}",
    "{place} is not JSON: line {line}, column {column}: {fault}": (
        "{place} 不是 JSON：第 {line} 行第 {column} 列：{fault}"
    ),
    "--input takes JSON, @FILE, or - for standard input": (
        "--input 接受 JSON、@FILE，或用 - 表示标准输入"
    ),
    "save it as UTF-8": "请存为 UTF-8",
    "this machine starts the current definition of a Workflow only": (
        "本机只能启动 Workflow 的当前定义"
    ),
    "leave the revision out, or asw run the files of that time": (
        "请去掉版本，或用 asw run 运行当时的文件"
    ),
    "revision {name!r} has no distributed Map {state!r}": "版本 {name!r} 没有分布式 Map {state!r}",
    "no revision {name!r} of Workflow {workflow}": "Workflow {workflow} 没有版本 {name!r}",
    "name the current one: --revision current": "请使用当前版本：--revision current",
    "Name of the error that it reports.": "报告的错误名称。",
    "What it reports as the cause, for people.": "报告的原因，供人阅读。",
    "Abort without asking.": "不询问直接中止。",
    "Say nothing but results.": "只输出结果。",
    "Abort an execution without being asked; one that is over stays as it is.": (
        "不询问直接中止一个执行；已经结束的保持不变。"
    ),
    "Say why, and wait until it is aborted.": "说明原因，并等待中止完成。",
    "The same on this machine.": "在本机做同样的事。",
    "Let an execution start nothing new; one that is over stays as it is.": (
        "让一个执行不再启动新的任务；已经结束的保持不变。"
    ),
    "The same for all that have a label.": "对带有某标签的全部执行做同样的事。",
    "Go on with everything of this folder that was interrupted.": "继续此目录中所有被中断的执行。",
    "Lift a suspension; what failed needs asw redrive instead.": (
        "解除暂停；失败的执行应使用 asw redrive。"
    ),
    "Go on with this revision of the Workflow, else with the one that it ran.": (
        "用 Workflow 的这个版本继续，默认用原来运行的版本。"
    ),
    "Say what it would do, and change nothing.": "只说明会做什么，不作任何更改。",
    "How the plan is printed.": "计划的输出格式。",
    "What would run again, and what is reused; nothing is changed.": (
        "会重新运行什么，复用什么；不作任何更改。"
    ),
    "Take it up where it failed, and see it through; this one fails again.": (
        "从失败处继续，直到结束；这一个会再次失败。"
    ),
    "Whether the Workflow's definition as it is now could take over.": (
        "Workflow 现在的定义能否接手。"
    ),
    "Take it up, and follow it to its end.": "继续执行，并跟踪到结束。",
    "Input as JSON, from a file, or from standard input.": "输入：JSON、文件或标准输入。",
    "Input from a file of JSON.": "来自 JSON 文件的输入。",
    "Name of the new execution, else NAME-r1, NAME-r2, ...": (
        "新执行的名称，默认 NAME-r1、NAME-r2……"
    ),
    "The Workflow's definition as it is now, or the one that NAME ran.": (
        "使用 Workflow 现在的定义，或 NAME 运行过的定义。"
    ),
    "Run it anew on the same input; the output is printed.": "用同样的输入重新运行；会打印输出。",
    "On another input.": "换一个输入。",
    "Start it anew on the cluster, and follow it to its end.": "在集群上重新开始，并跟踪到结束。",
    "On an input from a file, with the definition that it ran.": "用文件中的输入和它运行过的定义。",
    """Abort an execution.

NAMES are executions; -l chooses those with labels instead that are not over. Tasks that run
are cancelled, no Catch and no Retry of theirs is tried, and the execution ends as Aborted
with the error and cause that are given. asw redrive may take it up again later.

On a terminal it is asked first, with how the execution stands; without one --yes must be
said. What is over already is told so, and the others are stopped all the same.

Exit code 1: one of them was over already, or the answer was no.""": """\
中止一个执行。

NAMES 是执行的名称；也可以用 -l 按标签选择尚未结束的执行。正在运行的任务会被取消，
不再尝试它们的 Catch 和 Retry，执行以 Aborted 结束，带有给出的 error 和 cause。
之后可以用 asw redrive 继续。

在终端中会先询问，并显示执行的现状；没有终端时必须给出 --yes。
已经结束的会说明，其他的照样中止。

退出码 1：其中有已经结束的，或者回答了否。""",
    """Let an execution start nothing new.

NAMES are executions; -l chooses those with labels instead that are not over. Tasks that run
finish and their results are kept, timers keep their deadlines, time-outs count on; nothing
new is started, retried or entered. With it are the children of its distributed Maps. asw
resume lets it go on.

Exit code 1: one of them is over.""": """\
让执行不再启动新的任务。

NAMES 是执行的名称；也可以用 -l 按标签选择尚未结束的执行。正在运行的任务会完成，结果保留，
计时器保持期限，超时照常计算；不再启动、重试或进入任何新的内容。
其分布式 Map 的子执行也一并暂停。用 asw resume 继续。

退出码 1：其中有已经结束的。""",
    """Go on with what was suspended or interrupted.

On a cluster NAMES are suspended executions, or -l chooses them by labels; they start new work
again. With --wait they are followed to their end, and the exit code is that of their outcome.

On this machine (--local) an execution is interrupted when its asw ended before it did: asw
resume works on everything that is not over, or on NAMES alone, until it is. What had finished
is not run again. --logs and --json show what functions print, and outcomes as JSON, where no
name is given.

Exit code 1: one of them is over, or did not succeed.""": """\
继续被暂停或中断的执行。

在集群上，NAMES 是被暂停的执行，或用 -l 按标签选择；它们会重新启动新的任务。
加 --wait 时跟踪到结束，退出码由其结果决定。

在本机（--local），如果 asw 先于执行结束，执行就被中断：asw resume 会处理所有尚未结束的执行，
或只处理 NAMES，直到结束。已完成的不会再次运行。没有给出名称时，--logs 和 --json
显示函数的打印内容，以及 JSON 形式的结果。

退出码 1：其中有已经结束的，或未成功的。""",
    """Take up an execution where it failed.

NAMES are executions that failed, timed out or were aborted; -l chooses such by labels. As AWS
does it: states that finished keep their results, those that failed or were interrupted are
worked again with all their retries, and the history goes on.

--plan says beforehand which states run again, which branches, iterations and children go on
or are reused, and whether another revision could take over: it must have every state that
the run has been through, in the same place and of the same type. --revision current names
the definition that the Workflow has now. For --plan a NAME may be a file of asw export.

On this machine (--local) the execution is seen through to its end. On a cluster it runs on by
itself; --wait follows it.

Exit code 1: it cannot be redriven (it is not over, it succeeded, the revision does not fit),
or it did not succeed this time either.""": """\
从失败处继续一个执行。

NAMES 是失败、超时或被中止的执行；也可以用 -l 按标签选择。与 AWS 相同：
已完成的状态保留结果，失败或被中断的状态以全部重试次数重新执行，历史记录继续。

--plan 事先说明哪些状态会重新运行，哪些分支、迭代和子执行会继续或被复用，
以及另一个版本能否接手：它必须包含执行经过的每个状态，位置和类型都相同。
--revision current 表示 Workflow 现在的定义。使用 --plan 时，NAME 可以是 asw export 写出的文件。

在本机（--local）会一直运行到结束。在集群上它自行运行；--wait 跟踪它。

退出码 1：无法 redrive（尚未结束、已成功、版本不合适），或这次仍未成功。""",
    """Start an execution anew, on the same input or another.

NAME is an execution, however it ended or stands. A new one of the same Workflow is started,
on the input that NAME ran on unless another is given, with its labels; NAME stays as it is.
What had finished is run again too: asw redrive is what goes on where it failed.

The new one's name is printed. With --wait, and always on this machine (--local), it is
followed to its end instead, and its output is printed; the exit code is that of its outcome.""": """\
用同样的或另外的输入重新开始一个执行。

NAME 是一个执行，无论它怎样结束或处于什么状态。会启动同一 Workflow 的新执行，
使用 NAME 的输入（除非另外给出）和标签；NAME 保持不变。
已完成的部分也会重新运行：从失败处继续应使用 asw redrive。

会打印新执行的名称。加 --wait 时，以及在本机（--local）总是，跟踪到结束并打印输出；
退出码由其结果决定。""",
    "standard input": "标准输入",
    "{word} is no {kind}": "{word} 不是 {kind}",
    "name one of them: {listing} shows which there are": "请指定其中之一：{listing} 可列出全部",
}
