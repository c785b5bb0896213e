"""Chinese of ``asw test``."""

MESSAGES: dict[str, str] = {
    # the verb
    """Run the test files of workflows, in virtual time.

PATHS are test files, or folders that have some in or below them; this folder by default. A
test file (NAME.test.yaml, .yml or .json) names a workflow, and cases: an input, what each task
does (result, error, delay, one after the other), and what must come of it: status, output,
path of states, events, duration, calls. No cluster is needed, nothing waits: a Wait of five
minutes takes none. The engine is the one that runs workflows on a cluster.

For each case a line tells whether it passed and how much virtual time it took; a failed one
tells where it differs. A task that no mock is for fails its case, and the snippet to add is
shown; `functions: real` runs the Functions of the manifests instead.

--update writes status, output and states into cases that have no expectations, or corrects
wrong ones; it shows what it writes, and keeps comments and order.

The exit code is 0 where all cases passed, 1 where one failed or too little was covered, 2 for
test files or workflows that are wrong (nothing is run then), 4 where there is no test file or
no such case.""": """用虚拟时间运行工作流的测试文件。

PATHS 是测试文件，或其中（含子目录）有测试文件的目录；默认为当前目录。测试文件（NAME.test.yaml、
.yml 或 .json）指明一个工作流和若干用例：输入、每个任务做什么（结果、错误、延迟，依次给出），以及
应有的结果：状态、输出、状态路径、事件、时长、调用。不需要集群，也不需要等待：五分钟的 Wait 不花
时间。所用引擎就是集群上运行工作流的引擎。

每个用例一行，说明是否通过、用了多少虚拟时间；失败的用例说明哪里不同。没有 mock 的任务使其用例
失败，并给出应补充的片段；`functions: real` 则运行清单中的 Function。

--update 把状态、输出和状态路径写入没有期望的用例，或改正错误的期望；它会显示写了什么，并保留
注释和顺序。

退出码：全部通过为 0；有用例失败或覆盖率不足为 1；测试文件或工作流有错为 2（此时什么也不运行）；
没有测试文件或没有这样的用例为 4。""",
    "Run only the cases with these words in name or file; also: 'a or b and not c'.": (
        "只运行名称或文件名含有这些字的用例；也可写成 'a or b and not c'。"
    ),
    ", or ": "，或 ",
    "Stop at the first case that fails.": "在第一个失败的用例处停止。",
    "stopped at the first that failed: {n} not run": "已在第一个失败的用例处停止：{n} 个未运行",
    "What is printed: lines for people, or one JSON object.": "输出格式：供人阅读的文本，或一个 JSON 对象。",
    "Show only what failed.": "只显示失败的用例。",
    "Show what each case went through.": "显示每个用例经过了什么。",
    "Write a report as JUnit XML.": "写出 JUnit XML 报告。",
    "Show what no case used, with its place.": "显示没有用例用到的部分及其位置。",
    "Write the coverage as JSON.": "把覆盖率写成 JSON。",
    "Fail where less of a workflow was used.": "工作流的覆盖率低于此值即为失败。",
    "Write what came into test files where expectations are missing or wrong.": "期望缺失或有误时，把实际结果写入测试文件。",
    "Show what real functions print.": "显示真实函数打印的内容。",
    "Run all test files in and below this folder.": "运行当前目录及其子目录中的所有测试文件。",
    "Run the cases with Ada in their name, and show what each went through.": "运行名称含 Ada 的用例，并显示每个用例经过了什么。",
    "Name the states, transitions, retriers and catchers that no case used, and report.": "列出没有用例用到的状态、转移、重试器和捕获器，并写出报告。",
    "Write what came of cases that have no expectations into their file.": "把没有期望的用例的实际结果写入其文件。",
    # files
    "{path}: no such file or folder": "{path}：没有这个文件或目录",
    "name a test file, or a folder with test files in or below it": "请指定测试文件，或其中有测试文件的目录",
    "no test file in {paths}": "{paths} 中没有测试文件",
    "names of test files end in .test.yaml; asw init hello writes one": "测试文件名以 .test.yaml 结尾；asw init hello 会写一个",
    "a file of tests is of kind {kind}, not {got}": "测试文件的 kind 是 {kind}，不是 {got}",
    "begin it with apiVersion: asw.dev/v1alpha1 and kind: {kind}": "请以 apiVersion: asw.dev/v1alpha1 和 kind: {kind} 开头",
    "{path}: one document is wanted, there are {n}": "{path}：应有一个文档，实有 {n} 个",
    "{path}: no such folder": "{path}：没有这个目录",
    "each folder in it is a bucket, each file below a key": "其中每个目录是一个存储桶，其下每个文件是一个键",
    "a test file: no cluster knows it": "这是测试文件：集群不认识它",
    "run it with asw test, which finds it where its name ends in .test.yaml": (
        "请用 asw test 运行它；文件名以 .test.yaml 结尾时，asw test 会找到它"
    ),
    "another case has this name: {name}": "另一个用例已用此名称：{name}",
    "name its file: workflow: FILE, or FILE#NAME": "请写明其文件：workflow: FILE，或 FILE#NAME",
    "no Workflow {name!r} there; there is: {names}": "那里没有 Workflow {name!r}；有：{names}",
    "there is more than one Workflow here: {names}": "这里有不止一个 Workflow：{names}",
    "there is no Workflow here": "这里没有 Workflow",
    "no case has {words!r} in its name or file": "没有用例的名称或文件名含有 {words!r}",
    "there are: {names}": "有：{names}",
    "{path} cannot be written: {reason}": "无法写入 {path}：{reason}",
    "name another file": "请换一个文件",
    # what is wrong in them
    "{value} is no span of time: write seconds, or text such as 90s, 5m, 1h30m": "{value} 不是时长：请写秒数，或 90s、5m、1h30m 这样的文本",
    "a mock says one of result, error, lost, never, real; here: {said}": "mock 须写 result、error、lost、never、real 之一；这里是：{said}",
    "a cause needs an error beside it": "有 cause 就要有 error",
    "a request says one of stop and redrive": "request 须写 stop 或 redrive 之一",
    "how many calls, or a list of their inputs": "应为调用次数，或各次输入的列表",
    "a case has an input or an inputFile, not both": "用例只能有 input 或 inputFile 之一",
    "a duration is a span such as 5m, or has min, max or both": "duration 是 5m 这样的时长，或含有 min、max 或两者",
    "an execution that succeeds has no error": "成功的执行没有错误",
    "the workflow has no state {name!r}": "工作流没有状态 {name!r}",
    "no task of the workflow calls a Function {name!r}": "工作流没有任务调用 Function {name!r}",
    "its tasks are {names}": "其任务有：{names}",
    "it calls {names}": "它调用：{names}",
    "state {name} is no Task: the engine does it itself": "状态 {name} 不是 Task：由引擎自行完成",
    "no matcher {name}; there are {known}": "没有匹配器 {name}；有：{known}",
    "a value with such a key is written as $exact": "含有这种键的值请用 $exact 来写",
    "$type wants one of {types}": "$type 须为 {types} 之一",
    "$number wants min, max, or both, as numbers": "$number 须有数值 min、max 或两者",
    "{name} wants a list": "{name} 须为列表",
    "$regex wants a regular expression: {error}": "$regex 须为正则表达式：{error}",
    "a list of states is wanted, not {got}": "应为状态的列表，而不是 {got}",
    "a list of trails is wanted, or $each with one": "应为路径的列表，或带一条路径的 $each",
    "the name of a state is wanted, not {got}": "应为状态的名称，而不是 {got}",
    "no parameter {name!r} in this row; it has {known}": "此行没有参数 {name!r}；有：{known}",
    "write $${...} for a text that stays as it is": "若文本应保持原样，请写 $${...}",
    # what came of cases
    "nothing says what the task of state {state} does (Function {function}): add a mock": "没有说明状态 {state} 的任务做什么（Function {function}）：请添加 mock",
    "no mock of state {state} is left for start {number}{item}, with the input {input}: add one, or write times: always": "状态 {state} 的 mock 已用完，第 {number} 次启动{item}（输入 {input}）没有可用的：请再添加一个，或写 times: always",
    "item {index} of {map}": "{map} 的第 {index} 项",
    "no manifest of Function {name} beside the workflow": "工作流旁没有 Function {name} 的清单",
    "it cannot be played to its end: {reason}": "无法运行到结束：{reason}",
    "states: {path}": "状态：{path}",
    "expected": "期望",
    "got": "实际",
    "expected {expected}, got {got}": "期望 {expected}，实为 {got}",
    "expected {expected}, got nothing": "期望 {expected}，实际没有",
    "expected {expected} items, got {got}": "期望 {expected} 项，实有 {got} 项",
    "expected {expected} branches or items, got {got}": "期望 {expected} 个分支或项，实有 {got} 个",
    "not expected: {got}": "多出：{got}",
    "no item like {expected}": "没有符合 {expected} 的项",
    "a value of type {type}": "类型为 {type} 的值",
    "a text that fits /{pattern}/": "符合 /{pattern}/ 的文本",
    "a number within {bounds}": "在 {bounds} 之内的数",
    "an array": "数组",
    "a text that is JSON": "JSON 文本",
    "one of {values}": "{values} 之一",
    "started {got} times, expected {expected}": "启动了 {got} 次，期望 {expected} 次",
    "no event {event} after {last}": "{last} 之后没有事件 {event}",
    "the start": "开始",
    "it went on: {states}": "之后还经过：{states}",
    "it ended before {states}": "还没有经过 {states} 就结束了",
    "... and {n} more differences": "……还有 {n} 处不同",
    "... and {n} more lines": "……还有 {n} 行",
    "states": "状态",
    "output": "输出",
    "call of {state}, start {number}: {input}": "{state} 的调用，第 {number} 次启动：{input}",
    "{n} passed": "通过 {n} 个",
    "{passed}, {failed}": "{passed}，{failed}",
    "{n} failed": "失败 {n} 个",
    "virtual time {span}": "虚拟时间 {span}",
    # coverage
    "coverage of {workflow}: {percent}%": "{workflow} 的覆盖率：{percent}%",
    "coverage of {workflow} is {percent}%, less than the {least}% that are wanted": "{workflow} 的覆盖率为 {percent}%，低于要求的 {least}%",
    "not covered": "未覆盖",
    "transitions": "转移",
    "retriers": "重试器",
    "catchers": "捕获器",
    "state": "状态",
    "transition": "转移",
    "retrier": "重试器",
    "catcher": "捕获器",
    # --update
    "recorded {case}:": "已写入 {case}：",
    "not recorded: {case}: {reason}": "未写入：{case}：{reason}",
    "it is written in a way that cannot be changed without changing more": "其写法使得无法只改这一处",
    "it could not be played to its end": "无法运行到结束",
    "its parameters share one expect: write it yourself": "其各行参数共用一个 expect：请自行编写",
    "expected events are not written: change them yourself": "期望的事件不会写入：请自行修改",
}
