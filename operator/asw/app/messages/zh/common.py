"""Chinese of what all commands share."""

MESSAGES: dict[str, str] = {
    "error": "错误",
    "interrupted": "已中断",
    "did you mean {name}?": "您是不是想输入 {name}？",
    "asw --help lists all": "用 asw --help 查看全部子命令",
    "no verb {name!r}": "没有子命令 {name!r}",
    "{name} is missing": "缺少 {name}",
    "{name} has a wrong value: {reason}": "{name} 的值不正确：{reason}",
    "no option {name}": "没有选项 {name}",
    "{command} --help shows how it is used": "用法见 {command} --help",
    "a fault of asw itself: {fault}": "asw 自身的故障：{fault}",
    "run it again with --debug and report what it shows": "请加 --debug 重新运行，并报告所显示的内容",
    "Options": "选项",
    "Examples": "示例",
    "Write and test": "编写与测试",
    "Run": "运行",
    "Look": "查看",
    "Keep": "保存",
    "Other": "其他",
    "Show this message and exit.": "显示此帮助并退出。",
    "Show the version and exit.": "显示版本并退出。",
    "Show where a fault of asw itself comes from.": "显示 asw 自身故障的来源。",
    "Run state machines of the Amazon States Language, here or on Kubernetes.": (
        "运行 Amazon States Language 状态机：在本机，或在 Kubernetes 上。"
    ),
    "Begin a workflow from a template.": "从模板创建工作流。",
    "Say everything that is wrong with manifests and definitions.": "指出清单和定义中的所有问题。",
    "Run what manifests or a definition describe, on this machine.": "在本机运行清单或定义所描述的工作流。",
    "Run the test files of workflows, in virtual time.": "在虚拟时间中运行工作流的测试文件。",
    "Make manifests of an export of Step Functions or ASW.": "把 Step Functions 或 ASW 的导出文件转换为清单。",
    "Compare manifests with what the cluster has.": "比较清单与集群中的现状。",
    "Start an execution of a Workflow.": "启动 Workflow 的一次执行。",
    "Abort an execution.": "中止执行。",
    "Let an execution start nothing new.": "挂起执行：不再启动新的任务。",
    "Go on with what was suspended or interrupted.": "继续被挂起或中断的执行。",
    "Take up an execution where it failed.": "从失败处继续执行。",
    "Start an execution anew, on the same input or another.": "用相同或另外的输入重新启动一次执行。",
    "List executions.": "列出执行。",
    "Show executions as objects.": "以对象形式显示执行。",
    "Show the events of an execution.": "显示执行的事件。",
    "Show what the tasks of an execution printed.": "显示执行中各任务的输出日志。",
    "Follow executions as they change.": "跟踪执行的变化。",
    "Draw a state machine, or how an execution went through it.": "绘制状态机，或一次执行经过它的路径。",
    "Explain why an execution failed, or what it waits for.": "解释执行为何失败，或在等待什么。",
    "Write all that is known of an execution into one file.": "把执行的全部信息写入一个文件。",
    "Show every value of an execution at a moment of it, offline.": "离线显示执行在某一时刻的所有值。",
    "Print the script that lets a shell complete asw.": "输出供 shell 补全 asw 的脚本。",
    "Run the operator in a cluster; settings come from the environment.": (
        "在集群中运行 operator；设置取自环境变量。"
    ),
    "Print the version.": "输出版本。",
    "Which asw this is.": "查看 asw 的版本。",
    "Folder of this machine's store.": "本机存储的目录。",
    "Print JSON, one line an execution.": "输出 JSON，每次执行一行。",
    "Print outputs only.": "只输出结果。",
    "Show what functions print.": "显示函数的打印内容。",
    "Act on this machine's store instead of the cluster.": "操作本机的存储，而不是集群。",
    "Folder of this machine's store, .asw by default; says --local as well.": (
        "本机存储的目录，默认为 .asw；同时表示 --local。"
    ),
    "Namespace, else the context's.": "命名空间，默认为 context 的命名空间。",
    "Context of the kubeconfig, else the current one.": "kubeconfig 中的 context，默认为当前的。",
    "File with contexts, else KUBECONFIG or ~/.kube/config.": (
        "包含 context 的文件，默认为 KUBECONFIG 或 ~/.kube/config。"
    ),
    "Follow it until it is over.": "跟踪直到结束。",
    "With --wait: give up waiting after so long (90s, 10m, 1h); it runs on.": (
        "与 --wait 连用：等待这么久（90s、10m、1h）后放弃等待；执行继续运行。"
    ),
    "Labels instead of names, as kubectl has them.": "按标签而不是名称选择，写法与 kubectl 相同。",
}
