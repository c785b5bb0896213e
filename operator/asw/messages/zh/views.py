"""Chinese of what is drawn: histories, graphs and the view that moves."""

MESSAGES = {
    # asw history
    (
        "Show the events of an execution.\n\n"
        "NAME is an execution, or a file that asw export wrote. The table has a line for each event: its\n"
        "id, the time since the start, how long what it ends took (a state, a task, an iteration, the\n"
        "execution), its type, its state, and what it carries, cut at the width of the terminal.\n"
        "With -f events come as they happen, until the execution is over.\n\n"
        "With -o json or yaml it has the shape of AWS's GetExecutionHistory, payloads as JSON text.\n"
        "Types are AWS's, and may be patterns such as '*Failed', capitals aside; --type and --state may\n"
        "be given more than once. Events that are stored apart on a cluster, as those of long runs and\n"
        "of finished ones are, are shown as all others."
    ): (
        "显示一个执行的事件。\n\n"
        "NAME 是一个执行，或 asw export 写出的文件。表格每行一个事件：id、距开始的时间、"
        "它所结束的东西（状态、任务、迭代或整个执行）用时多久、类型、状态，以及按终端宽度截断的内容。加 -f 时随事件发生逐行显示，直到执行结束。\n\n"
        "用 -o json 或 yaml 时，格式与 AWS 的 GetExecutionHistory 相同，载荷为 JSON 文本。"
        "类型用 AWS 的名称，可用 '*Failed' 这样的模式，不分大小写；--type 和 --state 可多次给出。"
        "集群上另行存放的事件（长执行和已结束的执行）与其他事件一样显示。"
    ),
    "Follow which states it enters.": "跟踪它进入了哪些状态。",
    "{option} does not go with --follow": "{option} 不能与 --follow 连用",
    "leave one of them out": "去掉其中一个",
    "Show every event of an execution.": "显示一个执行的所有事件。",
    "Show what failed, with whole error messages.": "显示失败的事件，错误信息不截断。",
    "Show the newest three events, the newest first.": "显示最新的三个事件，最新的在前。",
    "Print the history as AWS's GetExecutionHistory answers it.": (
        "按 AWS GetExecutionHistory 的格式输出历史。"
    ),
    "Form of what is printed; wide cuts nothing.": "输出格式；wide 不截断任何内容。",
    "The newest events first.": "最新的事件在前。",
    "So many events at most.": "最多显示这么多个事件。",
    "Events of this type, or pattern.": "只显示此类型（或模式）的事件。",
    "Events of this state.": "只显示此状态的事件。",
    "Events after the one of this id.": "只显示此 id 之后的事件。",
    "Print no header.": "不输出表头。",
    "none of its {count} events is meant": "它的 {count} 个事件中没有符合条件的",
    "it has no events yet": "它还没有事件",
    "{execution} has no state {name!r}": "{execution} 没有状态 {name!r}",
    "its states: {names}": "它的状态：{names}",
    # asw graph
    (
        "Draw a state machine, or how an execution went through it.\n\n"
        "A FILE (or folder) holds manifests or a bare definition; a file that asw export wrote is an\n"
        "execution. Else the name of an execution is looked for, then that of a Workflow;\n"
        "execution/NAME and workflow/NAME say which is meant.\n\n"
        "Of an execution each state is marked and coloured by how it went, with the time that it took,\n"
        "how often it was visited and tried, and how far the iterations of a Map are. The marks: ✓ done,\n"
        "! failed and caught, ⋯ at work, ✗ failed, ⊘ stopped because of another, · not reached.\n\n"
        "SVG is one file without references, light or dark as its reader's screen is. Mermaid is a\n"
        "stateDiagram-v2, DOT is for Graphviz."
    ): (
        "画出状态机，或执行经过它的情况。\n\n"
        "FILE（或目录）里是清单或单独的定义；asw export 写出的文件是一个执行。"
        "否则先找此名称的执行，再找此名称的 Workflow；execution/NAME 和 workflow/NAME 指明是哪一种。\n\n"
        "对于执行，每个状态按其结果标记和着色，并注明用时、进入次数、尝试次数，以及 Map 迭代的进度。"
        "标记：✓ 完成，! 失败但被捕获，⋯ 正在工作，✗ 失败，⊘ 因其他状态而停止，· 未到达。\n\n"
        "SVG 是不引用外部内容的单个文件，随读者屏幕显示为浅色或深色。"
        "Mermaid 为 stateDiagram-v2，DOT 供 Graphviz 使用。"
    ),
    "Draw the Workflow of a file.": "画出文件中的 Workflow。",
    "Show how an execution went: states by colour, with times and tries.": (
        "显示执行的经过：状态按颜色区分，附用时和尝试次数。"
    ),
    "Make a picture for a web page, in light and in dark.": "生成网页用的图片，浅色深色皆可。",
    "Make a diagram for Markdown.": "生成 Markdown 用的图。",
    "Make a file for Graphviz of a Workflow on the cluster.": "由集群上的 Workflow 生成 Graphviz 文件。",
    "Form of the picture; json has states and transitions as data.": (
        "图的格式；json 以数据给出状态和转移。"
    ),
    "Which Workflow of the files, where there are several.": "文件中有多个 Workflow 时，指明哪一个。",
    "{path} holds no Workflow that can be drawn": "{path} 中没有可画的 Workflow",
    "asw validate {path} tells more": "asw validate {path} 说明详情",
    "a name is missing: what is to be drawn is empty": "缺少名称：要绘制的对象为空",
    "give a file, a folder, or the name of an execution or a Workflow": (
        "请给出文件、目录，或执行或 Workflow 的名称"
    ),
    "drawing the files of {path}; or say {execution}": "画的是 {path} 中的文件；也可写 {execution}",
    "{path} holds several Workflows: {names}": "{path} 中有多个 Workflow：{names}",
    "say which with --workflow": "用 --workflow 指明哪一个",
    "{path} holds no Workflow {name!r}": "{path} 中没有 Workflow {name!r}",
    "neither an execution nor a Workflow {name!r}": "没有名为 {name!r} 的执行或 Workflow",
    "no execution of that name: this is Workflow {name}": "没有此名称的执行：这是 Workflow {name}",
    "nothing is known of what {name} runs": "不知道 {name} 运行的是什么",
    "it has not started, or its definition is gone: asw get {name}": (
        "它尚未开始，或其定义已不在：asw get {name}"
    ),
    "the definition of Workflow {name} is not valid: {problem}": (
        "Workflow {name} 的定义无效：{problem}"
    ),
    "mend it, and apply it again; asw validate shows all that is wrong": (
        "改正后重新应用；asw validate 列出所有错误"
    ),
    # what a run says
    "... {count} events before these: {command}": "... 之前还有 {count} 个事件：{command}",
    "it runs, or was interrupted": "它在运行，或被中断",
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
