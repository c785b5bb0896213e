"""Chinese of what the layers below say in sentences of ours.

A hole stands for any text, ``{word}`` for one without blanks, ``{json}`` for a value as it is
shown. Those layers have no catalogue, so that what they say comes as finished English: it is looked up by
its form. AWS's own sentences are not here.
"""

HINTS: dict[str, str] = {
    # names
    "did you mean '{}'?": "您是不是想写 '{}'？",
    "did you mean the function '{}'?": "您是不是想写函数 '{}'？",
    "'{}' is spelt 'Type', and it is one of {}": "'{}' 应写作 'Type'，其值为以下之一：{}",
    "it is one of {}": "可以是：{}",
    "it has {}": "它有 {}",
    "there is none": "一个也没有",
    "there are {}": "现有 {}",
    "it is {json}": "现为 {}",
    "a {} state has {}": "{} 状态有 {}",
    "a {} state has {} and {} more": "{} 状态有 {} 和另外 {} 个",
    "a branch has {}": "分支有 {}",
    "a Choice rule has {}": "Choice 规则有 {}",
    "a Choice rule has {} and {} more": "Choice 规则有 {} 和另外 {} 个",
    "a rule inside a rule has {}": "规则中的规则有 {}",
    "a rule inside a rule has {} and {} more": "规则中的规则有 {} 和另外 {} 个",
    "a state machine has {}": "状态机有 {}",
    "a {} has {}": "{} 有 {}",
    "an {} has {}": "{} 有 {}",
    "lambda:invoke has {}": "lambda:invoke 有 {}",
    "there is no such state here": "这里没有这个状态",
    "there is no such state here, only {}": "这里没有这个状态，只有 {}",
    "there is no such state here, only {} and {} more": ("这里没有这个状态，只有 {} 和另外 {} 个"),
    "names are unique in the whole state machine, and {} has it": (
        "名称在整个状态机中必须唯一，而 {} 已使用它"
    ),
    # flow
    "name the following state by Next, or make this one the last by End: true": (
        "请用 Next 指定下一个状态，或用 End: true 使它成为最后一个"
    ),
    "lead to it by the Next of another state, or remove it": (
        "请用其他状态的 Next 转移到它，或删除它"
    ),
    "StartAt names no state, so that none is ever reached": (
        "StartAt 没有指向任何状态，因此哪个状态都不会到达"
    ),
    "give a state End: true, or lead to a Succeed or Fail state": (
        "请给某个状态加上 End: true，或转移到 Succeed 或 Fail 状态"
    ),
    "a Variable is compared by exactly one of them": "对 Variable 必须且只能用其中一个比较",
    "a block has at least one state": "至少要有一个状态",
    "TCSL forbids loops, the ASL dialect has them": "TCSL 不允许循环，ASL 方言可以",
    "it works as in ASL": "在这里与 ASL 中一样有效",
    "they work as in ASL": "在这里与 ASL 中一样有效",
    "keep one of them": "请只保留一个",
    # values
    "{word} is {json}": "{} 现为 {}",
    "{word} is not JSON": "{} 不是 JSON",
    "{word} is beyond the numbers that can be kept": "{} 超出了能保存的数的范围",
    "a state whose QueryLanguage is JSONata has expressions": (
        "QueryLanguage 为 JSONata 的状态才有表达式"
    ),
    "write it as 2026-11-24T10:00:00Z": "请写成 2026-11-24T10:00:00Z 的形式",
    "it must begin with $. or $[, since it is a place in input": (
        "必须以 $. 或 $[ 开头，因为它是输入中的位置"
    ),
    "it may only have names and single indexes, as in {}, since it must name one place": (
        "只能有名称和单个下标，例如 {}，因为它必须指明一个位置"
    ),
    "name at least one error, or States.ALL": "请至少写一个错误名，或 States.ALL",
    "it takes every error, so that what {} would never be reached": (
        "它匹配所有错误，与它并列或在它后面的永远不会用到"
    ),
    "{} is not smaller than {}": "{} 不小于 {}",
    "it is no string": "它不是字符串",
    "line {}, column {}": "第 {} 行第 {} 列",
    # what is evaluated
    "{} looks like an expression": "{} 看起来像表达式",
    "to have it evaluated, name the field '{}'": "若要对它求值，请把字段名写成 '{}'",
    "to have it evaluated, set QueryLanguage to JSONata": (
        "若要对它求值，请把 QueryLanguage 设为 JSONata"
    ),
    "to have it evaluated, set QueryLanguage to JSONata and make it the Output": (
        "若要对它求值，请把 QueryLanguage 设为 JSONata，并把它写成 Output"
    ),
    "to have it evaluated, use {word}": "若要对它求值，请用 {}",
    "to have it evaluated, give it to Parameters": "若要对它求值，请放进 Parameters",
    "to have it evaluated, write it as {% $states.input... %}, since the state speaks JSONata": (
        "若要对它求值，请写成 {% $states.input... %}，因为该状态使用 JSONata"
    ),
    "a field whose name ends in {} is evaluated in Parameters": (
        "名称以 {} 结尾的字段在 Parameters 中才会求值"
    ),
    "JSONata has {}": "JSONata 中用 {}",
    "JSONPath has {}": "JSONPath 中用 {}",
    "as in {% $states.input.total > 5 %}": "例如 {% $states.input.total > 5 %}",
    "the Output and the Assign of a Task, Parallel or Map state have it": (
        "Task、Parallel 和 Map 状态的 Output 和 Assign 中才有"
    ),
    "the Output and the Assign of a Catcher have it": "Catcher 的 Output 和 Assign 中才有",
    "JSONata compares by a single =": "JSONata 用一个 = 比较",
    "a function is function($x) { ... }": "函数写成 function($x) { ... }",
    "JSONata says and": "JSONata 中写 and",
    "JSONata says or": "JSONata 中写 or",
    "JSONata says $not(...)": "JSONata 中写 $not(...)",
    "near '{}'": "在 '{}' 附近",
    # variables
    "no state assigns it": "没有状态给它赋值",
    "give it another name": "请换一个名称",
    "an inner scope only reads it": "内层作用域只能读取它",
    "give this one another name": "请给这个换一个名称",
    "it has letters, digits and _, no digit first": "由字母、数字和 _ 组成，不以数字开头",
    "a variable is assigned as a whole": "变量只能整体赋值",
    "{} characters are the most, it has {}": "最多 {} 个字符，它有 {} 个",
    "a distributed Map and its children do not see each other's variables": (
        "分布式 Map 与它的子执行互相看不到变量"
    ),
    "ItemSelector or BatchInput hands values in, the children's outputs hand them out": (
        "用 ItemSelector 或 BatchInput 传入值，用子执行的输出传出值"
    ),
    # tasks
    "{} has a placeholder that a deployment fills in": "{} 含有部署时才填写的占位符",
    "write asw:function:NAME, or let asw import read the template": (
        "请写 asw:function:NAME，或用 asw import 导入模板"
    ),
    "{} is none": "{} 不是",
    "what works is {}": "可以使用 {}",
    "it has the FunctionName": "其中写 FunctionName",
    "a function runs as the service account of its Function": (
        "函数以其 Function 的服务账号的身份运行"
    ),
    # distributed Maps
    "a Map has it whose ProcessorConfig has Mode DISTRIBUTED": (
        "ProcessorConfig 的 Mode 为 DISTRIBUTED 的 Map 才有"
    ),
    "Mode DISTRIBUTED has it": "Mode 为 DISTRIBUTED 时才有",
    "FIRST_ROW or GIVEN": "FIRST_ROW 或 GIVEN",
    "what is read as {} has none": "按 {} 读取时没有它",
    "CSV, JSON, JSONL and MANIFEST are": "支持 CSV、JSON、JSONL 和 MANIFEST",
    "it begins with /, as in /data/items": "它以 / 开头，例如 /data/items",
    "spaces, wildcards, brackets and special characters cannot be in it": (
        "不能含有空格、通配符、括号和特殊字符"
    ),
    "{word} has it": "{} 已使用它",
    "TCSL's Pass has it": "TCSL 的 Pass 才有",
    "in ASL, Parameters may do": "在 ASL 中可以用 Parameters",
    # paths and calls
    "a path starts with '$'": "路径以 '$' 开头",
    # fields of manifests
    "set only one of spec.input, spec.inputText and spec.inputFrom": (
        "spec.input、spec.inputText 和 spec.inputFrom 只能设置一个"
    ),
    "set exactly one of spec.definition and spec.definitionText": (
        "spec.definition 和 spec.definitionText 必须且只能设置一个"
    ),
    "set exactly one of code.inline and code.configMapRef": (
        "code.inline 和 code.configMapRef 必须且只能设置一个"
    ),
    "set exactly one of secretKeyRef and configMapKeyRef": (
        "secretKeyRef 和 configMapKeyRef 必须且只能设置一个"
    ),
    "set only one of value and valueFrom": "value 和 valueFrom 只能设置一个",
    "runtime image needs spec.image": "runtime 为 image 时需要 spec.image",
    "runtimes python3 and shell need spec.code": "runtime 为 python3 和 shell 时需要 spec.code",
    "spec.image, spec.command and spec.args go with runtime image only": (
        "spec.image、spec.command 和 spec.args 只用于 runtime image"
    ),
    "names that start with ASW_ belong to asw: choose another": (
        "以 ASW_ 开头的名称归 asw 使用：请换一个"
    ),
    # the data-flow check
    "any error of the function": "函数的任何错误",
    "any error of the function but {}": "函数除 {} 以外的任何错误",
    "the platform's own ({} ...)": "平台自身的错误（{} 等）",
    "States.{}": "States.{}",
    "add a Retry, or a Catch for States.ALL, here or around it": (
        "请在这里或外层加上 Retry，或捕获 States.ALL 的 Catch"
    ),
    "there is no '{}'": "没有 '{}'",
    "there is no '{}' (but {})": "没有 '{}'（只有 {}）",
    "there is no '{}' (but {}), did you mean '{}'?": "没有 '{}'（只有 {}），您是不是想写 '{}'？",
    "there is no item [{}]": "没有第 [{}] 项",
    "no state before this one assigns ${}": "它之前没有状态给 ${} 赋值",
    "no state before this one assigns ${}, did you mean '{}'?": (
        "它之前没有状态给 ${} 赋值，您是不是想写 '{}'？"
    ),
    "it is always undefined": "它总是没有值",
    "it is always an empty list": "它总是空列表",
    "compare its names with those of the data": "请把其中的名称与数据对照",
    "the states of the Map would fail for every item": "Map 的状态对每一项都会失败",
    "the state then fails with States.Runtime, which no Catch takes": (
        "该状态于是以 States.Runtime 失败，没有 Catch 能捕获它"
    ),
    "the state then fails with {}": "该状态于是以 {} 失败",
    "the execution then fails with States.Runtime, which no Catch takes": (
        "执行于是以 States.Runtime 失败，没有 Catch 能捕获它"
    ),
    "test it with a Choice (IsPresent) first, or see that it is always there": (
        "请先用 Choice（IsPresent）检查，或保证它总是存在"
    ),
    "test it with $exists({}) first, or see that it is always there": (
        "请先用 $exists({}) 检查，或保证它总是存在"
    ),
    "what it is read from need not have it": "它所在的值不一定有它",
    "the Catch of '{}' puts the error output in the place of the whole input {}": (
        "'{}' 的 Catch 用错误输出代替了整个输入（像 $.error 这样的 ResultPath 可以保留它）"
    ),
    "the input may come without it": "输入中可能没有它",
    "the input may come without it, by way of {}": "输入中可能没有它，经过 {}",
    "it need not be in what enters the state": "进入该状态的值中不一定有它",
    "it is missing on the way {}": "在 {} 这条路上没有它",
    "it is caught, each time": "每次都会被捕获",
    "so it is with the Workflow's default input": "在 Workflow 的默认输入下是这样",
    "on the way to it is a value that is no object, or an array without such an item": (
        "通往它的路上有一个值不是对象，或是没有该项的数组"
    ),
    "nothing takes States.Runtime: the execution fails with it at once": (
        "没有什么能处理 States.Runtime：执行会立即以它失败"
    ),
    "'{}' before it takes the error first": "它前面的 '{}' 先匹配了该错误",
    "the Task has no HeartbeatSeconds": "该 Task 没有 HeartbeatSeconds",
    "remove it, or correct the name": "请删除它，或改正名称",
    "MaxAttempts 0 only keeps errors from Retriers that follow, and none would take them": (
        "MaxAttempts 0 只是不让后面的 Retrier 处理这些错误，而后面没有会处理它们的"
    ),
    "remove it, or let it retry": "请删除它，或让它重试",
    "the rules after it will never be taken": "它后面的规则永远不会用到",
    "Default '{}' will never be taken": "Default '{}' 永远不会用到",
    "remove what is for nothing, or correct the rule": "请删除无用的部分，或改正规则",
    "no value that may come here fulfils it": "可能到达这里的值都不满足它",
    "the rules before it take all that it would take": "它前面的规则已匹配它能匹配的全部",
    "remove it, correct it, or move it up": "请删除、改正或上移它",
    "correct the rules, or add a Default": "请改正规则，或加上 Default",
    "add a Default, such as a Fail state that says what is wrong": (
        "请加上 Default，例如说明问题的 Fail 状态"
    ),
    "no rule of '{}' that leads to it is ever taken": "'{}' 中通往它的规则永远不会用到",
    "{} never succeeds: a block in it fails in every run": (
        "{} 永远不会成功：其中有一块每次运行都失败"
    ),
    "the Map never has an item": "该 Map 永远没有项",
    "lead to it by another way, or remove it": "请从别处转移到它，或删除它",
    "it collects up to {} outputs that nothing bounds: from {} each on they are too large together": (
        "它最多收集 {} 个大小不限的输出：每个达到 {} 时，合起来就太大"
    ),
    "it stands in a loop, and each round its whole input goes into its output once more": (
        "它在循环中，每一轮都把整个输入再次放进输出"
    ),
    "it stands in a loop, and each round its whole input goes into its output": (
        "它在循环中，每一轮都把整个输入放进输出"
    ),
    "it stands in a loop, and each round the variable ${word} becomes longer": (
        "它在循环中，每一轮变量 ${} 都会变长"
    ),
    "let each item write its result elsewhere, or keep less with ResultSelector": (
        "请让每一项把结果写到别处，或用 ResultSelector 少保留一些"
    ),
    "keep less of it, with ResultSelector, ResultPath or OutputPath": (
        "请用 ResultSelector、ResultPath 或 OutputPath 少保留一些"
    ),
    "let each round replace what the round before left": "请让每一轮替换上一轮留下的内容",
    "a run stays in {} until it fails, times out or is stopped": (
        "运行会一直停在 {} 中，直到失败、超时或被停止"
    ),
    "lead out of there by a Choice, or give a state End: true": (
        "请用 Choice 从中转移出去，或给某个状态加上 End: true"
    ),
    "it takes no arguments, not {}": "它不接受参数，现有 {} 个",
    "it takes {} argument, not {}": "它接受 {} 个参数，现有 {} 个",
    "it takes {} to {} arguments, not {}": "它接受 {} 到 {} 个参数，现有 {} 个",
    "it takes at least {} arguments, not {}": "它至少接受 {} 个参数，现有 {} 个",
    "it takes {} arguments, not {}": "它接受 {} 个参数，现有 {} 个",
    "hand it one array, as in {}": "请传入一个数组，例如 {}",
    "remove it, or read it where it is due": "请删除它，或在该用的地方读取它",
    "ResultPath null keeps the input only": "ResultPath 为 null 时只保留输入",
    "give it a place such as $.made": "请给它一个位置，例如 $.made",
}

SUMMARIES: dict[str, str] = {
    # what only some dialect or some place has
    "{} is not documented in TCSL": "TCSL 文档中没有 {}",
    "{} states are not documented in TCSL": "TCSL 文档中没有 {} 状态",
    "Distributed Maps are not documented in TCSL": "TCSL 文档中没有分布式 Map",
    "The resource {} is not supported yet": "尚不支持资源 {}",
    "{} is not supported yet": "尚不支持 {}",
    "Credentials has no effect": "Credentials 不起作用",
    "State '{}' leads back to '{}'": "状态 '{}' 又转移回 '{}'",
    "'{}' is no error name of the language": "'{}' 不是语言的错误名",
    "The field '{}' is there more than once": "字段 '{}' 出现了多次",
    "The value of the field '{}' is taken as it stands": "字段 '{}' 的值按字面使用",
    "The definition is nested more than {} deep": "定义的嵌套超过 {} 层",
    "No state that can be reached ends": "能到达的状态中没有一个结束",
    # the data-flow check
    "The path '{}' never finds anything.": "路径 '{}' 永远找不到任何值",
    "The expression '{}' never finds anything.": "表达式 '{}' 永远找不到任何值",
    "The path '{}' may find nothing.": "路径 '{}' 可能找不到值",
    "The expression '{}' may find nothing.": "表达式 '{}' 可能找不到值",
    "The result never finds a place at '{}'.": "结果在 '{}' 处永远放不进去",
    "No way leads from the state '{}' to an end.": "从状态 '{}' 出发没有一条路通向结束",
    "'{}' always fails.": "'{}' 总是失败",
    "The path '{}' always fails.": "路径 '{}' 总是失败",
    "What '{}' finds is never an array.": "'{}' 找到的值永远不是数组",
    "What '{}' finds is never a boolean.": "'{}' 找到的值永远不是布尔值",
    "What '{}' finds is never a number.": "'{}' 找到的值永远不是数",
    "What '{}' finds is never an object.": "'{}' 找到的值永远不是对象",
    "What '{}' finds is never a text.": "'{}' 找到的值永远不是文本",
    "The call '{}' always fails.": "调用 '{}' 总是失败",
    "Nothing handles some errors of this {}, which then end the execution.": (
        "此 {} 的某些错误无人处理，会使执行结束"
    ),
    "This Retrier never takes an error.": "此 Retrier 永远匹配不到错误",
    "This Catcher never takes an error.": "此 Catcher 永远匹配不到错误",
    "'{}' never takes an error.": "'{}' 永远匹配不到错误",
    "This Retrier never retries.": "此 Retrier 从不重试",
    "Rule {} always matches.": "规则 {} 总是成立",
    "Rule {} never matches.": "规则 {} 永远不成立",
    "No rule of this Choice ever matches, and it has no Default.": (
        "此 Choice 的规则都永远不成立，它也没有 Default"
    ),
    "The rules of this Choice do not take all that may come, and it has no Default.": (
        "此 Choice 的规则没有覆盖所有可能的值，它也没有 Default"
    ),
    "No run gets to the state '{}'.": "没有运行会到达状态 '{}'",
    "A value may grow over {} here, the most that a state may have.": (
        "值在这里可能超过 {}，这是一个状态的上限"
    ),
    "Nothing reads the variable ${}.": "没有什么读取变量 ${}",
    "What this Pass makes is dropped.": "此 Pass 产生的值被丢弃",
}
"""Sentences of ours about what is wrong, where AWS has none."""
