"""Chinese of what error names mean."""

MESSAGES: dict[str, str] = {
    "the shell script ended with {status}": "shell 脚本以 {status} 结束",
    "its last words on stderr are the cause; mend the script": "原因是它在 stderr 上的最后输出；请修正脚本",
    "the runtime could not load or run the code": "运行时无法加载或运行代码",
    "mend the code of the Function": "修正 Function 的代码",
    "what the function returned is no JSON": "函数返回的内容不是 JSON",
    "let the Function return objects, arrays, texts, numbers, true, false or null alone": (
        "让 Function 只返回对象、数组、文本、数字、true、false 或 null"
    ),
    "the code, or something that it imports, is not there": "代码或它所导入的模块不存在",
    "mend spec.handler or the code of the Function, or use an image that has the module": (
        "修正 Function 的 spec.handler 或代码，或使用带有该模块的镜像"
    ),
    "the code has no function of the name that spec.handler gives": (
        "代码中没有 spec.handler 所指名称的函数"
    ),
    "mend spec.handler of the Function": "修正 Function 的 spec.handler",
    "HeartbeatSeconds passed without a sign of life": "HeartbeatSeconds 期间没有收到心跳",
    "let the task report heartbeats as docs/reference/task-contract.md says, or raise "
    "HeartbeatSeconds": (
        "让任务按 docs/reference/task-contract.md 上报心跳，或调大 HeartbeatSeconds"
    ),
    "there is no Function of that name in the namespace": "该命名空间中没有这个名称的 Function",
    "apply the Function, or mend the Resource of the state": (
        "应用该 Function，或修正状态的 Resource"
    ),
    "the function ran longer than spec.timeoutSeconds of its Function": (
        "函数的运行时间超过了其 Function 的 spec.timeoutSeconds"
    ),
    "raise spec.timeoutSeconds of the Function, or let it do less": (
        "调大 Function 的 spec.timeoutSeconds，或让它少做一些"
    ),
    "the task could not be started: a permission, the container, a field of the pod": (
        "任务无法启动：权限、容器或 Pod 的某个字段有问题"
    ),
    "mend what the cause names": "修正原因中指出的问题",
    "the Function, or the template of the tasks, asks for more than is allowed here": (
        "Function 或任务模板的要求超出了这里允许的范围"
    ),
    "leave out what the cause names, or have functionPolicy of the operator changed": (
        "去掉原因中指出的内容，或请管理员修改 operator 的 functionPolicy"
    ),
    "the image of the task cannot be had": "无法取得任务的镜像",
    "mend spec.image or spec.imagePullSecrets of the Function; look at the registry": (
        "修正 Function 的 spec.image 或 spec.imagePullSecrets；检查镜像仓库"
    ),
    "a ResourceQuota of the namespace left no room for the task for too long": (
        "命名空间的 ResourceQuota 长时间没有给任务留出余量"
    ),
    "raise the quota, or, where other tasks take it up, set spec.maxActiveTasks": (
        "提高配额；若是其他任务占满了配额，则设置 spec.maxActiveTasks"
    ),
    "no node took the pod of the task for too long": "长时间没有节点接受任务的 Pod",
    "mend requests, nodeSelector or tolerations, add nodes, or set spec.maxActiveTasks": (
        "修正 requests、nodeSelector 或 tolerations，增加节点，或设置 spec.maxActiveTasks"
    ),
    "the container was killed for using more memory than its limit": (
        "容器使用的内存超过限制，被杀死"
    ),
    "raise spec.resources.limits.memory of the Function": (
        "调大 Function 的 spec.resources.limits.memory"
    ),
    "the process ended without an outcome: an exit code, a signal, os._exit": (
        "进程没有给出结果就结束了：退出码、信号或 os._exit"
    ),
    "its log tells most; mend the code or the image": "日志最能说明问题；修正代码或镜像",
    "Kubernetes ended the Job at its activeDeadlineSeconds, while the operator was away": (
        "operator 不在时，Kubernetes 按 activeDeadlineSeconds 结束了 Job"
    ),
    "look at the operator: is it running?": "检查 operator：它在运行吗？",
    "a large outcome could not be delivered to the operator in time": (
        "较大的结果未能及时送达 operator"
    ),
    "look at the operator and at network policies": "检查 operator 和网络策略",
    "the task could not fetch its large event from the operator": (
        "任务无法从 operator 取得较大的事件"
    ),
    "an outcome of more than 4 KiB was only written to the result file, and cut there": (
        "超过 4 KiB 的结果只写入了结果文件，并在那里被截断"
    ),
    "let the image push its outcome to ASW_RESULT_URL": "让镜像把结果推送到 ASW_RESULT_URL",
    "what the container left is no outcome": "容器留下的内容不是结果",
    "let the image write JSON as docs/reference/task-contract.md says": (
        "让镜像按 docs/reference/task-contract.md 写出 JSON"
    ),
    "an object that holds a part of the run was deleted or changed": (
        "保存运行的一部分的对象被删除或修改"
    ),
    "start anew, and leave objects labelled asw.dev/kind alone": (
        "重新开始，不要改动带 asw.dev/kind 标签的对象"
    ),
    "the operator ran out of memory, or got stuck, in work on this run, twice in a row": (
        "operator 在处理该运行时内存耗尽或卡住，且连续两次"
    ),
    "make smaller what the step works on, or give the operator more memory": (
        "减小该步骤所处理的数据，或为 operator 提供更多内存"
    ),
    "what is to be kept of the run is larger than the API server takes": (
        "运行所需保存的内容超过 API server 所能接受的大小"
    ),
    "keep less in flight: smaller payloads, a smaller MaxConcurrency, a distributed Map": (
        "减少同时进行的内容：更小的数据、更小的 MaxConcurrency，或使用分布式 Map"
    ),
    "its pod was evicted, and no free retry is left": ("它的 Pod 被驱逐，且没有剩余的免费重试"),
    "set spec.resources.requests of the Function; a PodDisruptionBudget for drains": (
        "设置 Function 的 spec.resources.requests；为节点排空设置 PodDisruptionBudget"
    ),
    "its pod gave way to one of higher priority, and no free retry is left": (
        "它的 Pod 被更高优先级的 Pod 抢占，且没有剩余的免费重试"
    ),
    "set spec.taskTemplate.priorityClassName of the Workflow, or add nodes": (
        "设置 Workflow 的 spec.taskTemplate.priorityClassName，或增加节点"
    ),
    "its node went away, and no free retry is left": ("它所在的节点消失，且没有剩余的免费重试"),
    "look at the node that the cause names": "检查原因中指出的节点",
    "the node that was chosen had no room, and no free retry is left": (
        "选中的节点没有空间，且没有剩余的免费重试"
    ),
    "add nodes": "增加节点",
    "somebody deleted its pod or Job, and no free retry is left": (
        "有人删除了它的 Pod 或 Job，且没有剩余的免费重试"
    ),
    "end a run with asw stop, and leave its pods alone": "用 asw stop 结束运行，不要改动它的 Pod",
    "it is gone and nobody knows why, and no free retry is left": (
        "任务不明原因地消失，且没有剩余的免费重试"
    ),
    "look at the nodes": "检查节点",
    "the Workflow did not appear in time": "Workflow 没有及时出现",
    "apply the Workflow, then start anew": "应用 Workflow，然后重新开始",
    "the definition of the Workflow has problems": "Workflow 的定义有问题",
    "asw validate names them all; mend the Workflow, then start anew": (
        "asw validate 会全部指出；修正 Workflow，然后重新开始"
    ),
    "the input is not JSON, too large, or its source is missing": (
        "输入不是 JSON、过大，或其来源不存在"
    ),
    "mend the input, then start anew": "修正输入，然后重新开始",
    "spec.concurrency.policy of the Workflow is Forbid, and others had not ended": (
        "Workflow 的 spec.concurrency.policy 是 Forbid，而其他执行尚未结束"
    ),
    "start anew once they are over": "待它们结束后重新开始",
    "another execution of the Workflow has the same name and had not ended": (
        "该 Workflow 的另一个同名执行尚未结束"
    ),
    "start it under another name, or once that one is over": "换一个名称启动，或待那个执行结束后再启动",
    "spec.concurrency.policy of the Workflow is Replace, and a newer execution came": (
        "Workflow 的 spec.concurrency.policy 是 Replace，而更新的执行已到来"
    ),
    "the pinned definition was removed": "固定的定义已被删除",
    "start anew": "重新开始",
    "TimeoutSeconds or HeartbeatSeconds passed": "TimeoutSeconds 或 HeartbeatSeconds 已过",
    "raise TimeoutSeconds of the state, or add a Retry for States.Timeout": (
        "调大状态的 TimeoutSeconds，或为 States.Timeout 添加 Retry"
    ),
    "a value of more than 262,144 bytes, AWS's limit": "某个值超过 262,144 字节，即 AWS 的上限",
    "pass a reference instead of the data, or cut it with ResultSelector": (
        "传递引用而不是数据本身，或用 ResultSelector 裁剪"
    ),
    "the data flow of the state went wrong; no Retry and no Catch takes that": (
        "状态的数据流出错；任何 Retry 和 Catch 都不接受它"
    ),
    "mend the path or the expression": "修正路径或表达式",
    "a JSONata expression of the state failed": "状态的 JSONata 表达式失败",
    "mend the expression": "修正表达式",
    "an intrinsic function of the state failed": "状态的内置函数失败",
    "mend its arguments": "修正其参数",
    "ResultPath names no place in the state's input": "ResultPath 在状态的输入中没有对应的位置",
    "mend ResultPath": "修正 ResultPath",
    "Parameters of the state name a path that is not there": "状态的 Parameters 引用了不存在的路径",
    "mend Parameters": "修正 Parameters",
    "more items of the Map failed than it tolerates": "Map 中失败的项多于它所容许的数量",
    "mend what failed first, or raise ToleratedFailureCount or ToleratedFailurePercentage": (
        "修正最先失败的问题，或调大 ToleratedFailureCount 或 ToleratedFailurePercentage"
    ),
    "the items of the Map could not be read": "无法读取 Map 的各项",
    "look at Bucket, Key and the format of what the ItemReader reads": (
        "检查 ItemReader 的 Bucket、Key 以及所读内容的格式"
    ),
    "the results of the Map could not be written": "无法写入 Map 的结果",
    "look at Bucket and Prefix of the ResultWriter": "检查 ResultWriter 的 Bucket 和 Prefix",
}
