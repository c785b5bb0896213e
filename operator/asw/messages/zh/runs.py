"""Chinese of ``asw start``, ``list``, ``get``, ``logs``, ``watch`` and the cluster's errors."""

MESSAGES: dict[str, str] = {
    # where executions are
    "no {kind} {name!r} in namespace {namespace}": "命名空间 {namespace} 中没有 {kind} {name!r}",
    "no execution {name!r} in {place}": "{place} 中没有执行 {name!r}",
    "no Workflow {name!r} in {place}": "{place} 中没有 Workflow {name!r}",
    "there is: {names}": "现有：{names}",
    "there is no {kind} at all; -n names another namespace": (
        "没有任何 {kind}；可用 -n 指定其他命名空间"
    ),
    "nothing was run there so far: asw run PATH": "那里还没有运行过任何内容：asw run PATH",
    "{folder} holds no executions": "{folder} 中没有执行",
    "name another folder with --data, or run something: asw run PATH": (
        "请用 --data 指定其他目录，或先运行：asw run PATH"
    ),
    "no label selector: {selector!r}": "不是标签选择器：{selector!r}",
    "it reads like: -l team=blue,tier!=test,env in (a, b),!old": (
        "写法示例：-l 'team=blue,tier!=test,env in (a, b),!old'"
    ),
    "a newer asw may be able to read it": "较新版本的 asw 或许能读取它",
    "waiting for {what} ...": "正在等待 {what} ……",
    # which cluster
    "the cluster of this pod": "此 Pod 所在的集群",
    "no context {name!r} in the kubeconfig": "kubeconfig 中没有 context {name!r}",
    "the kubeconfig has no current context": "kubeconfig 没有当前的 context",
    "name a context with --context, or act on this machine's store with --local": (
        "请用 --context 指定 context，或用 --local 使用本机的存储"
    ),
    "no cluster: there is no kubeconfig": "没有集群：找不到 kubeconfig",
    "name one with --kubeconfig or in KUBECONFIG, or act on this machine's store with --local": (
        "请用 --kubeconfig 或 KUBECONFIG 指定，或用 --local 使用本机的存储"
    ),
    "cannot read the kubeconfig: {fault}": "无法读取 kubeconfig：{fault}",
    "name another one with --kubeconfig, or mend it": "请用 --kubeconfig 指定其他文件，或修正它",
    "cannot tell how to reach {place}: {fault}": "无法得知如何连接 {place}：{fault}",
    "{namespace!r} is no name of a namespace": "{namespace!r} 不是命名空间的名称",
    "the CRDs of {place} lack what this takes: {fields}": "{place} 的 CRD 缺少所需的字段：{fields}",
    "what answers there is no API server ({fault})": "应答的不是 API server（{fault}）",
    "see whether kubectl cluster-info can": "请看 kubectl cluster-info 是否可以",
    # what a cluster refuses
    "cannot reach {place} at {server}: {reason}": "无法连接 {place}（{server}）：{reason}",
    "its host name is not known": "主机名无法解析",
    "its certificate is not one that the kubeconfig trusts": "其证书不受 kubeconfig 信任",
    "it does not answer": "没有应答",
    "nothing listens there, or a firewall is between": "那里没有服务在监听，或被防火墙阻挡",
    "see whether kubectl cluster-info can, name another --context, or act on this machine's store with --local": (
        "请看 kubectl cluster-info 是否可以，用 --context 指定其他 context，或用 --local 使用本机的存储"
    ),
    "{place} cannot answer now: {fault}": "{place} 目前无法应答：{fault}",
    "try again in a while": "请稍后再试",
    "{place} does not know who you are: {fault}": "{place} 无法识别您的身份：{fault}",
    "its credentials are missing or over: log in to the cluster again": (
        "凭据缺失或已过期：请重新登录该集群"
    ),
    "{user} may not {verb} {resource} in namespace {namespace}": (
        "{user} 无权在命名空间 {namespace} 中对 {resource} 执行 {verb}"
    ),
    "{user} may not {verb} {resource} in all namespaces": (
        "{user} 无权在所有命名空间中对 {resource} 执行 {verb}"
    ),
    "it takes a Role with the rule {rule}: ask for it": "需要带有规则 {rule} 的 Role：请向管理员申请",
    "the cluster forbids it: {fault}": "集群禁止此操作：{fault}",
    "ask those who administer the cluster": "请询问集群管理员",
    "the cluster refused: {fault}": "集群拒绝了：{fault}",
    "change what it names, then do it again": "请修改其指出之处，然后重试",
    "{place} has no asw: its API server knows no Executions": (
        "{place} 中没有 asw：其 API server 不认识 Execution"
    ),
    "install it: helm install asw charts/asw -n asw-system --create-namespace, or its CRDs alone: kubectl apply --server-side -f crds/": (
        "请安装：helm install asw charts/asw -n asw-system --create-namespace，"
        "或只安装 CRD：kubectl apply --server-side -f crds/"
    ),
    "no namespace {namespace!r} in {place}": "{place} 中没有命名空间 {namespace!r}",
    "kubectl get namespaces shows all; name one with -n": (
        "kubectl get namespaces 可列出全部；用 -n 指定其一"
    ),
    # acting on executions
    "Workflow {name} cannot run: {problem}": "Workflow {name} 无法运行：{problem}",
    "mend its definition; asw validate shows all that is wrong with it": (
        "请修正其定义；asw validate 会列出全部问题"
    ),
    "there is an execution {name!r} already": "已经有名为 {name!r} 的执行",
    "give it another --name, or none": "请用 --name 另取一个名称，或不指定名称",
    "execution {name} was deleted meanwhile": "执行 {name} 在此期间被删除",
    "the input has {size} bytes; the limit is {limit}": "输入有 {size} 字节；上限为 {limit}",
    "the input is nested more than {depth} deep": "输入的嵌套超过 {depth} 层",
    "hand over where the data is instead of the data": "请传递数据所在的位置，而不是数据本身",
    "{name!r} is no name of a Kubernetes object": "{name!r} 不能作为 Kubernetes 对象的名称",
    "it takes small letters, digits, dashes and dots: --name {near}": (
        "只能用小写字母、数字、连字符和点：--name {near}"
    ),
    "it takes small letters, digits, dashes and dots": "只能用小写字母、数字、连字符和点",
    "another asw that works in {folder}": "正在 {folder} 中工作的另一个 asw",
    "another asw works in {folder}, and not on {name}": "另一个 asw 正在 {folder} 中工作，但不是在处理 {name}",
    "it is noted, and done by asw resume once the other has ended": (
        "已记下此要求；待另一个结束后由 asw resume 完成"
    ),
    # looking
    "asw get functions shows all": "asw get functions 可列出全部",
    "no name after {word}": "{word} 后面缺少名称",
    "asw get {kind} shows all": "asw get {kind} 可列出全部",
    "no executions found": "没有找到执行",
    "no executions found in {place}": "{place} 中没有找到执行",
    "no executions found in namespace {namespace}": "命名空间 {namespace} 中没有找到执行",
    "no format {name!r}": "没有输出格式 {name!r}",
    "no kind {name!r}": "没有类型 {name!r}",
    "no phase {name!r}": "没有阶段 {name!r}",
    "-o jsonpath: {fault}": "-o jsonpath：{fault}",
    "it takes one expression, such as {.status.startTime}": "需要一个表达式，例如 {.status.startTime}",
    "a range has no {end}": "range 没有 {end}",
    "a brace that does not close": "花括号没有闭合",
    "no path goes on so": "路径不能这样接下去",
    "end without range": "end 前没有 range",
    "no path": "不是路径",
    "no name of a field": "不是字段名",
    "no closing bracket": "缺少右方括号",
    "no index, slice or quoted name": "不是下标、切片或带引号的名称",
    "a slice goes by 1 or more": "切片的步长至少为 1",
    "no end of the filter, or what none has": "过滤器没有结束，或其中有它不能有的内容",
    "a quote that does not end": "引号没有结束",
    "{what} at character {n} of {text}": "{text} 的第 {n} 个字符处：{what}",
    "it reads like: -o jsonpath='{.status.phase}'": "写法示例：-o jsonpath='{.status.phase}'",
    "--sort-by: {fault}": "--sort-by：{fault}",
    "it reads like: --sort-by .status.startTime": "写法示例：--sort-by .status.startTime",
    "{value!r} is no span of time such as 30s, 5m or 2h": "{value!r} 不是时间长度，例如 30s、5m 或 2h",
    "table, wide, json, yaml, name or jsonpath=TEMPLATE.": "table、wide、json、yaml、name 或 jsonpath=模板。",
    "Those of every namespace.": "所有命名空间的执行。",
    "Those with these labels: team=blue,tier!=test.": "带有这些标签的执行：team=blue,tier!=test。",
    "Those in this phase: Pending, Running, Suspended, Interrupted, Succeeded, Failed, TimedOut, Aborted. May be said more than once, or as a list with commas.": (
        "处于此阶段的执行：Pending、Running、Suspended、Interrupted、Succeeded、Failed、TimedOut、Aborted。可多次给出，或用逗号分隔。"
    ),
    "Those of this Workflow.": "此 Workflow 的执行。",
    "Those no older than that: 30s, 5m, 2h, 1d.": "不早于此时长的执行：30s、5m、2h、1d。",
    "A table without its first line.": "表格不带标题行。",
    "Order: by .status.startTime, for example.": "排序依据，例如 .status.startTime。",
    "List the executions of this namespace.": "列出此命名空间的执行。",
    "List those that were run on this machine.": "列出在本机运行过的执行。",
    "List those that failed in the last two hours, with their errors.": "列出最近两小时内失败的执行及其错误。",
    "Print the names of all executions of a Workflow, wherever they are.": "打印某个 Workflow 在所有命名空间中的执行名。",
    "Print their outputs, a line each.": "打印它们的输出，每个一行。",
    """List executions.

One line an execution, the oldest first: its Workflow and phase, the states that it is in, its
age, and how long it has run or ran. -o wide adds when it started, how often it was redriven,
and its error or output. Children of distributed Maps are listed with --children only.

Where there are none, that is said on standard error, and the exit code is 0.""": """列出执行。

每个执行一行，最早的在前：所属 Workflow、阶段、当前状态、存在时间，以及已运行或总共运行了多久。-o wide
另外显示开始时间、重驱动次数，以及错误或输出。分布式 Map 的子执行只在加 --children 时列出。

没有执行时会在标准错误上说明，退出码为 0。""",
    "Show how an execution stands.": "显示一个执行的现状。",
    "Show all of it, as kubectl would show it.": "像 kubectl 那样显示其全部内容。",
    "Print one value of it.": "打印其中一个值。",
    "Show the Workflows that were run here.": "显示在本机运行过的 Workflow。",
    "Show a Workflow and a Function.": "显示一个 Workflow 和一个 Function。",
    """Show executions as objects.

NAMES are names of executions, files that asw export wrote, or KIND/NAME, where KIND is exe, wf
or fn: Execution, Workflow, Function. A kind alone shows all of that kind, as does no name at
all for executions, of which the options choose some. What is not there is told after those
that are, with exit code 4.

One object is printed as itself, several as a List. Executions of this machine's store come in
the shape that they have on a cluster, without what only a cluster knows.""": """以对象形式显示执行。

NAMES 是执行的名称、asw export 写出的文件，或 KIND/NAME，其中 KIND 为 exe、wf 或 fn，即 Execution、Workflow、Function。
只给类型则显示该类型的全部；不给任何名称则显示执行，可用选项筛选。不存在的对象在其他对象之后报告，退出码为 4。

单个对象按其本身打印，多个对象打印为 List。本机存储中的执行与集群上的形状相同，只是没有集群才知道的内容。""",
    "Follow an execution to its end, in a picture on a terminal.": "跟踪一个执行直到结束；在终端上以动态画面显示。",
    "Follow one on this machine.": "跟踪本机上的一个执行。",
    "Print phase and states with every change.": "每次变化时打印阶段和当前状态。",
    """Follow executions as they change.

With a NAME until that execution is over: on a terminal as a picture that moves, elsewhere a
line for each change; the exit code is 0 where it succeeded, else 1. Without a NAME all
executions that the options mean, a line for each change, until you press Ctrl-C.

Where the connection breaks it is taken up again, and nothing is told twice.""": """跟踪执行的变化。

给出 NAME 时跟踪该执行直到结束：在终端上是动态画面，在其他地方每次变化一行；成功时退出码为 0，否则为 1。
不给 NAME 时跟踪选项所指的全部执行，每次变化一行，直到按下 Ctrl-C。

连接中断后会自动恢复，同一变化不会重复显示。""",
    # logs
    "{name} has no Task state {state!r}": "{name} 没有 Task 状态 {state!r}",
    " (try {number})": "（第 {number} 次）",
    "{name} has not begun: there is nothing to show yet": "{name} 尚未开始：还没有可显示的内容",
    "the tasks of {name} printed nothing": "{name} 的任务没有打印任何内容",
    "the tasks of {name} printed nothing, or their pods are gone": "{name} 的任务没有打印任何内容，或其 Pod 已不存在",
    "Show what the tasks of an execution printed.": "显示一次执行中各任务打印的内容。",
    "Follow what they print until the execution is over.": "持续跟踪打印的内容，直到执行结束。",
    "Show the last lines of one state's tasks.": "显示某个状态的任务的最后几行。",
    "Go on until the execution is over.": "持续到执行结束。",
    "Those of this Task state alone.": "只显示此 Task 状态的内容。",
    "Show what they printed in the last hour, and when.": "显示最近一小时打印的内容及其时间。",
    "Lines no older than that: 30s, 5m, 2h.": "只显示这段时间以内的行：30s、5m、2h。",
    "When each line was printed.": "显示每行的打印时间。",
    "{option}: {place} does not tell when lines were printed": (
        "{option}：{place} 中没有各行的打印时间"
    ),
    "asw history tells when tasks began and ended": "asw history 会显示任务开始和结束的时间",
    "the tasks of {name} printed nothing since then": "{name} 的任务在此之后没有打印任何内容",
    "Of each task no more than its last N lines.": "每个任务最多显示最后 N 行。",
    """Show what the tasks of an execution printed.

NAME is an execution, or a file that asw export --logs wrote.

Tasks come in the order of their starts, retries included. Where the execution has more than
one Task state, each line begins with the name of its state. With -f lines come as they are
printed, also those of tasks that start later, until the execution is over.

On a cluster the lines are those of the tasks' pods, which are kept for a while after the end;
on this machine they are in the data folder. That there are none is said on standard error.""": """显示一次执行中各任务打印的内容。

NAME 是执行的名称，或 asw export --logs 写出的文件。

任务按启动顺序排列，包括重试。执行有多个 Task 状态时，每行以其状态名开头。加 -f 时随打印随显示，
也包括之后启动的任务，直到执行结束。

在集群上显示的是任务 Pod 的日志，结束后会保留一段时间；在本机上日志位于数据目录。没有内容时会在标准错误上说明。""",
    # completion
    "Write the script for bash; source it in ~/.bashrc.": "写出 bash 的脚本；在 ~/.bashrc 中 source 它。",
    "Write the script for zsh; source it in ~/.zshrc.": "写出 zsh 的脚本；在 ~/.zshrc 中 source 它。",
    "Write the script for fish; it belongs into ~/.config/fish/completions.": "写出 fish 的脚本；放入 ~/.config/fish/completions。",
    """Print the script that lets a shell complete asw.

For the shell at hand: source <(asw completion bash), or zsh; asw completion fish | source. What
is offered are verbs, options, and names: executions, Workflows and namespaces of the cluster
or store that the words before name. A cluster that does not answer soon offers nothing.

kubectl asw is completed by kubectl's own script, which asks kubectl_complete-asw.""": """打印让 shell 补全 asw 的脚本。

当前 shell 可用：source <(asw completion bash)，zsh 同理；asw completion fish | source。补全的内容包括子命令、选项和名称：
前面的词所指的集群或存储中的执行、Workflow 和命名空间。集群不能及时应答时不提供任何补全。

kubectl asw 由 kubectl 自己的脚本补全，它会调用 kubectl_complete-asw。""",
    # starting
    "started; {command} follows it": "已启动；{command} 可跟踪它",
    "{name} started": "{name} 已启动",
    "no label: {word!r}": "不是标签：{word!r}",
    "it reads like: --label team=blue; key and value have at most 63 letters, digits, dashes, "
    "dots and underscores, and a value may be empty": "写法示例：--label team=blue；键和值最多 63 个"
    "字母、数字、短横线、点和下划线，值可以为空",
    "label {key} is asw's own": "标签 {key} 由 asw 自用",
    "choose a key that does not begin with {group}/": "请选用不以 {group}/ 开头的键",
    "asw start takes one Workflow: {word!r} is too much": "asw start 只接受一个 Workflow："
    "{word!r} 多余",
    "an input is given with --input JSON, --input-file FILE, or - to read it": "输入用 --input JSON、"
    "--input-file FILE 给出，或用 - 从标准输入读取",
    "interrupted; {command} goes on": "已中断；{command} 可继续",
    "{command} goes on": "{command} 可继续",
    "{name} runs on without you": "{name} 会继续运行",
    "  {watch} follows it, {stop} ends it": "  {watch} 可跟踪它，{stop} 可终止它",
    "no table here: -o {name}": "此处没有表格：-o {name}",
    "Start an execution, and print its name.": "启动一次执行，并打印其名称。",
    "Start one, follow it, and print its output.": "启动一次执行，跟踪它，并打印其输出。",
    "Take the input from standard input, and wait two minutes at most for the output.": "从标准输入读取输入，最多等待两分钟以获得输出。",
    "Run a Workflow that asw apply or asw run brought to this machine.": (
        "运行一个由 asw apply 或 asw run 放到本机的 Workflow。"
    ),
    "Choose name and labels.": "指定名称和标签。",
    "Name of the execution, else one is made up.": "执行的名称，否则自动生成。",
    "A label of it.": "它的标签。",
    "Print its object: json, yaml, name or jsonpath=TEMPLATE.": "打印其对象：json、yaml、name 或 jsonpath=模板。",
    """Start an execution of a Workflow.

The Workflow is one of the namespace; without an input its defaultInput is taken, else {}. The
name of the execution is printed. With --wait the execution is followed to its end, and its
output is printed instead; the exit code is 0 where it succeeded, 1 where it did not, and 5
where --timeout was over first. Ctrl-C ends the waiting, not the execution.

On this machine (--local) the Workflow is one that asw apply or asw run brought there. It runs
here and now, so that its end is always waited for; Ctrl-C interrupts it, and asw resume goes
on.""": """启动 Workflow 的一次执行。

Workflow 属于该命名空间；没有给出输入时取其 defaultInput，否则为 {}。会打印执行的名称。加 --wait 时跟踪执行直到结束，
改为打印其输出；成功时退出码为 0，未成功为 1，先到 --timeout 时为 5。Ctrl-C 只结束等待，不结束执行。

在本机（--local）上，Workflow 由 asw apply 或 asw run 放入。它就在此处运行，因此总是等到结束；Ctrl-C 会中断它，asw resume 可继续。""",
}
