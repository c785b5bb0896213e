"""Chinese of ``asw run``."""

MESSAGES: dict[str, str] = {
    (
        "Run what manifests or a definition describe, on this machine.\n"
        "\n"
        "PATHS are files, or folders of them, of YAML or JSON: Workflows, Functions, Executions and\n"
        "ConfigMaps as kubectl takes them, or a bare definition. All Executions are run; without one the\n"
        "only Workflow is, on the --input, whatever manifests say, or its default. Everything is checked\n"
        "before anything starts. A --name that an execution has already is refused; without one a number\n"
        "makes the name free.\n"
        "\n"
        "The output is printed on standard output, as JSON; everything else goes to standard error. While\n"
        "a run takes long, a terminal shows each state at work, what it waits for, how far each Map is,\n"
        "and the graph while it fits; elsewhere there is a line for each state that is entered, left or\n"
        "failed. In the end come the graph and the last hundred events.\n"
        "\n"
        "The exit code is 0 where all executions succeeded and 1 where one did not. After Ctrl-C\n"
        "asw resume goes on."
    ): (
        "在本机运行清单或定义所描述的工作流。\n"
        "\n"
        "PATHS 是 YAML 或 JSON 文件，或其目录：kubectl 所接受的 Workflow、Function、Execution 和 "
        "ConfigMap，或单独的定义。运行所有 Execution；没有时运行唯一的 Workflow，用 --input 给出的输入（优先于清单），或它的默认输入。开始之前先检查一切。--name 若已被某个执行使用则拒绝；不给名称时，用编号使名称可用。\n"
        "\n"
        "输出以 JSON 打印到标准输出，其余一切都到标准错误。运行时间较长时，终端上显示每个正在工作的状态、"
        "它在等什么、每个 Map 的进度，放得下时还有图；不是终端时，每个状态进入、离开或失败各一行。"
        "最后是图和最近一百个事件。\n"
        "\n"
        "所有执行都成功时退出码为 0，有一个没有成功则为 1。按 Ctrl-C 之后可用 asw resume 继续。"
    ),
    "Name of the execution.": "执行的名称。",
    "Those of distributed Maps as well.": "包括分布式 Map 的子执行。",
    "Run the only Workflow of these files on its default input.": (
        "用默认输入运行这些文件中唯一的 Workflow。"
    ),
    "Run that of this folder on another input, and print the output alone.": (
        "用另一个输入运行此目录中的 Workflow，只输出结果。"
    ),
    "Take the input from a file, and put the output into another.": (
        "从文件读取输入，并把输出写入另一个文件。"
    ),
    "{name} was run before: this is {new}": "{name} 已运行过：这次是 {new}",
    "Put Workflows and Functions into this machine's store, and run nothing.": (
        "把 Workflow 和 Function 放入本机存储，不运行任何内容。"
    ),
    (
        "Put Workflows and Functions into this machine's store, and run nothing.\n"
        "\n"
        "PATHS are files, or folders of them, as kubectl apply takes them; a bare definition is the\n"
        "Workflow of its file's name. asw start, rerun and redrive --local use what was put last, by\n"
        "this or by asw run. An execution keeps the definition that it began with: redrive --revision\n"
        "current goes on with the new one. Functions have no revisions: the next call of each runs the\n"
        "new code.\n"
        "\n"
        "Everything is checked before anything is put. One line an object says what became of it:\n"
        "created, configured or unchanged. Executions in the files are not started.\n"
        "\n"
        "On a cluster kubectl apply does this; here --local, --data or ASW_LOCAL=1 is needed."
    ): (
        "把 Workflow 和 Function 放入本机存储，不运行任何内容。\n"
        "\n"
        "PATHS 是 kubectl apply 所接受的文件或其目录；单独的定义就是以其文件命名的 Workflow。"
        "asw start、rerun 和 redrive 加 --local 时使用最后放入的内容，无论来自此命令还是 asw run。"
        "执行保留它开始时的定义：redrive --revision current 用新定义继续。"
        "Function 没有版本：下一次调用就运行新代码。\n"
        "\n"
        "放入之前先检查一切。每个对象一行，说明结果：created（新建）、configured（已更改）或 "
        "unchanged（未变）。文件中的 Execution 不会启动。\n"
        "\n"
        "在集群上由 kubectl apply 完成；这里需要 --local、--data 或 ASW_LOCAL=1。"
    ),
    "Have what is started or redriven from now on use these files.": (
        "让此后启动或 redrive 的执行使用这些文件。"
    ),
    "Take up what failed with the code that was mended; here nothing was, and it fails.": (
        "用修好的代码继续失败的执行；此处没有修改，因此仍然失败。"
    ),
    "asw apply puts manifests into this machine's store, and needs --local": (
        "asw apply 把清单放入本机存储，需要 --local"
    ),
    "A path, as kubectl takes it.": "路径，写法同 kubectl。",
    "no path is named": "没有指定路径",
    "on a cluster: kubectl apply {files}": "在集群上：kubectl apply {files}",
    "nothing to apply: no Workflow and no Function there": (
        "没有可放入的内容：其中没有 Workflow 和 Function"
    ),
    "Executions are not started by this: asw run does that": (
        "此命令不启动 Execution：请用 asw run"
    ),
    "interrupted; go on with: asw resume {place}": "已中断；继续请用：asw resume {place}",
    "name another folder with --data": "请用 --data 指定其他目录",
    "{folder} was written by another version of asw": "{folder} 由另一版本的 asw 写成",
    "another asw works in {folder}": "另一个 asw 正在使用 {folder}",
    "asw resume works in {folder}": "asw resume 正在使用 {folder}",
    "no room is left on the disk of {folder}": "{folder} 所在的磁盘空间不足",
    "what was saved is kept: make room, then asw resume {place}": (
        "已保存的内容不会丢失：请腾出空间，然后运行 asw resume {place}"
    ),
    (
        "see whether its disk is full or broken, then asw resume {place}; or name another folder"
        " with --data"
    ): "请检查磁盘是否已满或损坏，然后运行 asw resume {place}；或用 --data 指定其他目录",
    "{folder} cannot be written: {reason}": "{folder} 无法写入：{reason}",
    "see whose it is and how it is mounted, or name another with --data": (
        "请检查它的所有者和挂载方式，或用 --data 指定其他目录"
    ),
    "{folder} is damaged: {reason}": "{folder} 已损坏：{reason}",
    "put back a copy of it, or name another folder with --data": (
        "请恢复它的副本，或用 --data 指定其他目录"
    ),
    "another program keeps {folder} locked": "另一个程序锁住了 {folder}",
    "fuser -v {folder} names it; once it ended: asw resume {place}": (
        "用 fuser -v {folder} 查看是哪个程序；它结束后运行：asw resume {place}"
    ),
    "wait until it ends, or name another folder with --data": (
        "请等它结束，或用 --data 指定其他目录"
    ),
    "nothing to do: no such execution, or it is over": "没有要做的事：没有这样的执行，或已经结束",
}
