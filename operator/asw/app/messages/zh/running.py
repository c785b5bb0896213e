"""Chinese of ``asw run``."""

MESSAGES: dict[str, str] = {
    (
        "Run what manifests or a definition describe, on this machine.\n"
        "\n"
        "PATHS are files, or folders of them, of YAML or JSON: Workflows, Functions, Executions and\n"
        "ConfigMaps as kubectl takes them, or a bare definition. All Executions are run; without one the\n"
        "only Workflow is, on the --input, whatever manifests say, or its default. Everything is checked\n"
        "before anything starts.\n"
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
        "ConfigMap，或单独的定义。运行所有 Execution；没有时运行唯一的 Workflow，用 --input 给出的输入（优先于清单），或它的默认输入。开始之前先检查一切。\n"
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
