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
    "code of {file}: {count} lines": "{file} 的代码：{count} 行",
    "waits: there is no Workflow {workflow}": "将等待：没有 Workflow {workflow}",
    "end": "结束",
    "in flight: {count}": "运行中的执行：{count} 个",
    "in flight: {count}, whose next calls run the new one: {names}": (
        "运行中的执行：{count} 个，下次调用时将使用新的：{names}"
    ),
    "{names} and {count} more": "{names}，另有 {count} 个",
    "the executions in flight are not known: {denial}": "不知道有哪些运行中的执行：{denial}",
    "its CRDs are older than this asw: helm upgrade, or kubectl apply --server-side -f crds/": (
        "其 CRD 比此 asw 旧：请 helm upgrade，或 kubectl apply --server-side -f crds/"
    ),
    "whether admission would take it was not asked: {denial}": (
        "未询问准入检查是否会接受：{denial}"
    ),
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
    "what is there lacks its nulls: a merge patch, as Helm sends it, cannot add any; write"
    " spec.definitionText, or apply with --server-side": (
        "现有对象缺少其中的 null：Helm 发送的合并补丁无法添加 null；"
        "请改写为 spec.definitionText，或用 --server-side 应用"
    ),
    "the definition is written in another way and means the same": "定义的写法不同，含义相同",
    "starts a run of Workflow {workflow}": "启动 Workflow {workflow} 的一次执行",
    "what an Execution runs never changes: give it another name": (
        "Execution 所运行的内容不能更改：请换一个名称"
    ),
    "warning": "警告",
    "no Function {name}, which {callers} calls": "没有 Function {name}，而 {callers} 调用它",
    "the files are not valid: nothing was compared": "文件无效：未作任何比较",
    "asw validate says the same, and where": "asw validate 会指出同样的问题及其位置",
    "nothing to compare: no Workflow, Function or Execution there": (
        "没有可比较的内容：其中没有 Workflow、Function 或 Execution"
    ),
    "name files as kubectl apply takes them, or their folder": (
        "请给出 kubectl apply 可用的文件，或它们所在的目录"
    ),
    "its manifests have to be made first: {command}": "须先生成其清单：{command}",
    "How the differences are printed.": "差异的输出格式。",
    "What kubectl apply would change in the namespace of the context.": (
        "kubectl apply 会在 context 的命名空间中更改什么。"
    ),
    "The same for programs, of one file.": "只看一个文件，以便程序读取。",
    "What asw apply would change in this folder's store.": "asw apply 会在此目录的存储中更改什么。",
    """Compare manifests with what the cluster has.

PATHS are files, or folders of them, as kubectl apply takes them; a bare definition is the
Workflow of its file's name. Their Workflows and Functions are compared with those of the
namespace in the words of the language: states that come, go, or get another name; where they
lead; Retry, Catch and Choice rules; Resources, time-outs, data flow; and of Functions runtime,
lines of code, variables, images and accounts. Defaults, the order of keys and the spelling of
a text are no differences. Nothing is changed; what only the cluster has is named and would
stay. Values of Secrets are never read.

Of a Workflow that gets another definition the executions in flight are named: they keep the
revision that they began with, and for each it is said whether a redrive could move it to the
new one. A Function has no revisions: those in flight that call it, and would call the new one,
are named.

The namespace is -n's, else the one that the files name, else the context's. Whoever may apply
is told as well what admission would refuse: the API server is asked for a dry run; others are
told that it was not.

The exit code is terraform's: 0 where nothing differs, 2 where something does, 1 where the
files are wrong or would be refused; so here 2 is not bad input. 3 is no cluster, as everywhere.""": """\
比较清单与集群中的现状。

PATHS 是 kubectl apply 可用的文件，或它们所在的目录；单独的定义视为以其文件名命名的 Workflow。
其中的 Workflow 和 Function 按语言的含义与命名空间中的对象比较：新增、删除或改名的状态；
状态的去向；Retry、Catch 和 Choice 规则；Resource、超时、数据流；以及 Function 的运行时、
代码行数、环境变量、镜像和账户。默认值、键的顺序和文本的写法不算差异。不会更改任何内容；
只在集群中存在的对象会列出并保持不变。从不读取 Secret 的值。

若 Workflow 的定义有变，会列出其运行中的执行：它们保持开始时的版本，并逐一说明
能否通过 redrive 迁移到新版本。Function 没有版本：运行中会调用它的执行下次将调用新的 Function，也会列出。

命名空间取自 -n，否则取自文件，再否则取自 context。有权限 apply 的用户还会得知准入会拒绝什么：
会请求 API server 试运行（dry run）；其他用户会得知未曾询问。

退出码与 terraform 相同：0 表示没有差异，2 表示有差异，1 表示文件有误或会被拒绝；
因此这里的 2 不是输入错误。3 与其他子命令一样，表示没有集群。""",
    "the files are for namespace {names}, not {given}": "文件属于命名空间 {names}，而不是 {given}",
    "leave -n out, or the namespace out of the files": "请去掉 -n，或从文件中去掉命名空间",
    "not all of the files' objects are for one namespace: {names}": (
        "文件中的对象不都属于同一个命名空间：{names}"
    ),
    "plan those of each namespace by themselves": "请对每个命名空间分别执行 plan",
}
