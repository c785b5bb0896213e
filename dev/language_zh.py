"""The words of docs/language.zh.md; the keys are the English texts of ``dev.language``."""

HEAD = """# 语言

本页说明支持 Amazon States Language 的哪些部分，以及依据是什么。本页由 `make docs` 根据 `dev/language.py` 和
`dev/language_zh.py` 生成，请修改这两个文件。[English](language.md)

## 数字的含义

每个用例包含一个状态机、一个输入，以及 AWS Step Functions 给出的实际结果：状态、输出、错误和原因，约一半的用例还包括历史中的
每个事件。引擎在虚拟时间中运行该状态机，必须得到相同的结果；名称、时间和 ARN 等不可能相同的内容用占位符代替。用例调用的
AWS 服务给出录下的应答，衡量的是引擎如何处理它们。一个用例计入它用到的每项特性；但如果它调用了 Lambda 以外的 AWS 服务，
则只计入该服务。

{summary}

```bash
make conformance CASES=FOLDER REPORT=report.json
```

运行指定目录中的用例，并把差异写入文件。未指定 `CASES` 时，使用 `ASW_CONFORMANCE` 所指的目录；我们自己的用例
（`tests/conformance/cases`）始终会运行。

## 不支持的部分

不支持的功能在运行之前就会被拒绝：定义会得到一个代码为 `NotSupported` 的问题，并指明位置，例如 `/States/Send/Resource` 处的
“The resource qrn:qcs:asw:ap-guangzhou:100:sdk:json:qcloud:cmq:SendMessage is not supported yet”。不会悄悄跳过任何内容：不起作用的字段会得到代码为
`Ignored` 的警告。这些用例衡量的是引擎；在集群上，Map 通过 [Connection](reference/distributed-maps.md#objects) 读写对象。

## AWS 的服务

Task 可以调用某个服务的一项操作，服务的应答就是结果：

| Resource | 调用 |
|---|---|
| `arn:aws:states:::SERVICE:ACTION` | 优化集成，例如 `dynamodb:putItem` 或 `sns:publish` |
| `arn:aws:states:::aws-sdk:SERVICE:ACTION` | AWS SDK 的任意操作，例如 `aws-sdk:s3:listObjectsV2` |

`Parameters`（JSONata 中为 `Arguments`）就是请求。Retry 和 Catch 匹配服务自己的错误名
（`DynamoDB.ConditionalCheckFailedException`），历史中是 AWS 的 Task 事件。与 AWS 一样，这样的 Task 没有 `Parameters`
时定义会被拒绝；对于 `lambda:invoke` 以及 DynamoDB、EventBridge、SNS、SQS 的优化操作，缺少必需字段或含有未知字段时也会被拒绝。
AWS 对每项操作都在任意层级检查；在这里由 `asw validate --strict`
[给出警告](reference/data-flow-check.md#requests-to-services)。

[测试](reference/testing.md)用 mock 应答这些 Task。`asw run` 和集群会[真正发出调用](how-to/aws-services.zh.md)：

| 在哪里 | 会怎样 |
|---|---|
| `asw validate` | 对没有 Connection 的每个服务给出警告 `MissingConnection` |
| `asw run` | 按 Connection 发出调用；没有 Connection 时 Task 以 `Asw.NoConnection` 失败，可以用 Catch 捕获 |
| 集群 | 从 Workflow 命名空间里的 pod 发出调用；缺少 Connection 时会等待，之后以 `Asw.NoConnection` 失败 |

`asw:k8s:apply`、`get`、`patch`、`delete`、`wait` 和 `rollout` 调用集群的 API server，`eks:call` 和 `eks:runJob` 也一样：见
[在状态机中使用 Kubernetes](how-to/kubernetes.zh.md)。它们的必需字段和未知字段也会检查。`asw run` 会发出这些调用，在集群上由 Connection 的 pod 发出。

`http:invoke` [调用 HTTP API](how-to/http-apis.zh.md)，参数、结果和错误与 AWS 相同，可用的地方也相同。`apigateway:invoke` [调用 API Gateway 中的 API](how-to/aws-services.zh.md#api-gateway-中的-api)，必需字段和未知字段也会检查。

## 等待外部完成

| Resource 的结尾 | Task 等待的是 |
|---|---|
| `.waitForTaskToken` | 有人用令牌 `$$.Task.Token`（JSONata 中为 `$states.context.Task.Token`）报告结果 |
| `.sync` | 它所提交的作业结束 |
| `asw:approval` | 有人[作出决定](how-to/callbacks.zh.md#向人请示aswapproval) |
| `:activity:NAME`，或写作 `asw:activity:NAME` | 活动的工作进程完成任务 |

调用本身只是提交工作。它的应答记为事件 `TaskSubmitted`；之后报告的内容才是 Task 的结果或错误，因此函数返回并不会结束它的回调。
`TimeoutSeconds` 和 `HeartbeatSeconds` 从调用开始时计时，等待期间继续计时：`States.Timeout`、`States.HeartbeatTimeout`。
每次尝试都有自己的令牌。作业失败时错误为 `States.TaskFailed`，原因是对该作业的描述。

| 在哪里 | 回调 | 作业 | 活动 | 审批 |
|---|---|---|---|---|
| `asw test` | mock | mock | mock | mock |
| `asw run` | `asw callback` | [跟踪到结束](how-to/aws-services.zh.md#作业) | `asw activity worker` | `asw approve`、`asw reject` |
| 集群 | [支持](how-to/callbacks.zh.md) | [跟踪到结束](how-to/aws-services.zh.md#作业) | [支持](how-to/activities.zh.md) | `asw approve`、`asw reject` |

`ExecutionType: EXPRESS` 的子执行不能等待：Workflow 的消息会指明是哪个 Task，并且什么也不运行。AWS 在安排任务之前就能发现活动不存在；在这里由平台发现，因此历史中
还会有 `ActivityScheduled` 和 `ActivityScheduleFailed`，错误和原因与 AWS 一致。

## 其他 Workflow 的执行

Task 可以启动另一个 Workflow 的执行：

| Resource | Task 的结果 |
|---|---|
| `arn:aws:states:::states:startExecution` | 立即返回 `ExecutionArn` 和 `StartDate` |
| `arn:aws:states:::states:startExecution.sync` | 子执行结束后返回它的描述，输入和输出为文本 |
| `arn:aws:states:::states:startExecution.sync:2` | 同上，输入和输出为 JSON |
| `arn:aws:states:::states:startExecution.waitForTaskToken` | 用令牌报告的结果 |

```json
{{
  "Type": "Task",
  "Resource": "arn:aws:states:::states:startExecution.sync:2",
  "Parameters": {{
    "StateMachineArn": "arn:aws:states:us-east-1:123456789012:stateMachine:billing",
    "Input": {{
      "order.$": "$.id",
      "AWS_STEP_FUNCTIONS_STARTED_BY_EXECUTION_ID.$": "$$.Execution.Id"
    }}
  }},
  "ResultSelector": {{"bill.$": "$.Output"}},
  "End": true
}}
```

- `StateMachineArn` 中只有名称起作用：即 `spec.name` 为该名称的 Workflow。区域和账号取自父执行；没有版本和别名。
- `Name` 是子执行的名称。不写时由父执行和当次尝试推出：崩溃后重复的启动仍是同一个子执行，而重试会启动另一个。
- `Input` 可以是任意 JSON，也可以是内容为 JSON 的文本；不写时子执行的输入是 `{{}}`。
- 子执行未成功时，Task 以 `States.TaskFailed` 失败，cause 是以 JSON 文本写成的子执行描述。Task 被停止或超时，子执行也会被停止。
  无人等待的子执行会继续运行，不受父执行的影响。
- 使用 `.waitForTaskToken` 时，由定义把令牌交给子执行，例如 `"Input": {{"token.$": "$$.Task.Token"}}`。`TaskSubmitted` 中有
  `ExecutionArn` 和 `StartDate`。此后只有用令牌作出的报告或超时才结束 Task：子执行结束不会结束 Task，Task 结束也不会停止子执行。
- Workflow 不存在时的错误是 `StepFunctions.StateMachineDoesNotExistException`；名称已被该 Workflow 的另一个执行占用时是
  `StepFunctions.ExecutionAlreadyExistsException`，输入相同也不例外。两者都可以捕获，`StepFunctions.InvalidArnException`、
  `InvalidNameException` 和 `InvalidExecutionInputException` 也一样。
- 等待子执行不占用可同时运行的任务名额。重驱动父执行会启动另一个子执行。

`asw run` 启动清单中或数据目录里同名的 Workflow；`asw test` 运行测试旁边的那一个，除非由
[mock](reference/testing.md) 代替。集群会启动[同一命名空间中的 Execution](reference/nested-executions.md)。分布式 Map 的 Express
子执行不能启动执行。
"""
COLUMNS = """
| 特性 | 支持 | 通过的用例 | 作用 |
|---|---|---|---|
"""
SUMMARY = (
    "{total} 个用例中有 {passed} 个通过；{recorded} 份已记录的历史中有 {equal} 份逐个事件完全一致。"
)
COUNT = "{passed} / {total}"

TEXTS = {
    "yes": "是",
    "not measured": "未测量",
    "yes, with differences": "是，有差异",
    "in part": "部分",
    "no": "否",
    "States": "状态",
    "Distributed Map": "分布式 Map",
    "Data with JSONPath": "JSONPath 数据处理",
    "Data with JSONata": "JSONata 数据处理",
    "Errors and time": "错误与时间",
    "Functions": "函数",
    "Checks": "检查",
    "AWS services": "AWS 服务",
    "Map, old spelling": "Map 的旧写法",
    "DISTRIBUTED mode": "DISTRIBUTED 模式",
    "Tolerated failures": "容忍的失败",
    "Context object": "上下文对象",
    "Intrinsic functions": "内置函数",
    "Variables": "变量",
    "Error output": "错误输出",
    "Stop": "停止",
    "Function ARN": "函数 ARN",
    "Refused definitions": "被拒绝的定义",
    "Validation": "校验",
    "Refused inputs": "被拒绝的输入",
    "Requests": "请求",
    "Callbacks": "回调",
    "Nested executions": "嵌套执行",
    "Activities": "活动",
    "Credentials": "凭证",
    "passes on its input, or a constant or computed value": "传递输入，或输出固定的或计算得出的值",
    "calls a function and waits for its result": "调用函数并等待其结果",
    "follows the first rule that holds": "按第一个成立的规则继续",
    "waits for seconds or until an instant, constant or computed": "等待若干秒或等到某一时刻，其值固定或计算得出",
    "ends the execution, or its branch, successfully": "成功结束执行或其分支",
    "ends the execution with an error and a cause": "以错误和原因结束执行",
    "runs branches in parallel and collects their outputs": "并行运行各分支并收集其输出",
    "runs the same states for every item of an array": "对数组的每一项运行相同的状态",
    "`Iterator` instead of `ItemProcessor`": "用 `Iterator` 代替 `ItemProcessor`",
    "limits how many items run at the same time": "限制同时运行的项数",
    "builds the input of each item": "构造每一项的输入",
    "each item is an execution of its own": "每一项都是独立的执行",
    "reads the items from a file or a listing": "从文件或列表读取各项",
    "gives several items to one child": "把多项交给一个子执行",
    "writes the results to files": "把结果写入文件",
    "a number or percentage of failed items": "允许失败的项数或百分比",
    "selects a part of the input": "选取输入的一部分",
    "builds the input of the state's work": "构造状态要处理的数据",
    "builds the result from what was returned": "用返回的内容构造结果",
    "inserts the result into the input": "把结果放入输入",
    "selects a part of the output": "选取输出的一部分",
    "`$$`: the execution, state, task and item": "`$$`：执行、状态、任务和项",
    "`States.Format` and 17 others": "`States.Format` 等 18 个函数",
    "expressions in `{% %}`, for a state or the whole machine": "`{% %}` 中的表达式，用于一个状态或整个状态机",
    "builds the state's output": "构造状态的输出",
    "`Assign`, in either query language": "`Assign`，两种查询语言均可",
    "with growing, capped and random delays": "延迟可递增、可设上限、可随机",
    "continues elsewhere with the error": "带着错误信息转到别处继续",
    "`$states.errorOutput` in a catcher": "catcher 中的 `$states.errorOutput`",
    "of tasks and of the execution, constant or computed": "任务和执行的超时，固定或计算得出",
    "a task has to send heartbeats": "任务必须定期发送心跳",
    "an execution is aborted from outside": "从外部中止执行",
    "`Resource` names the function directly": "`Resource` 直接指明函数",
    "`FunctionName` and `Payload`": "`FunctionName` 和 `Payload`",
    "for short runs; supported by the engine, but not by a Workflow yet": "用于短时运行；引擎支持，Workflow 尚不支持",
    "the same problems in the same words": "同样的问题，同样的措辞",
    "diagnostics only, nothing is created": "只诊断，不创建",
    "text that is not JSON, in the same words": "不是 JSON 的文本，同样的措辞",
    "a single state, with mocks and inspection": "单独测试一个状态，可使用 mock 并检查中间值",
    "one action of any service: SQS, the AWS SDK ...": "任意服务的一项操作：SQS、AWS SDK 等",
    "`.waitForTaskToken`": "`.waitForTaskToken`",
    "`states:startExecution`, `.sync`": "`states:startExecution`、`.sync`",
    "workers that ask for tasks": "主动领取任务的 worker",
    "a role of another account for one task": "某个任务使用其他账号的角色",
}
"""Names of fields and states stay as they are: they are what one writes."""
