"""Chinese of what the validator adds to AWS's sentences; a hole stands for any text.

The language layer has no catalogue, so its hints come as finished English sentences: they are
looked up by their form.
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
    "it is {}": "现为 {}",
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
    "{} has {}": "{} 有 {}",
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
    "a block has at least one state": "至少要有一个状态",
    "TCSL forbids loops, the ASL dialect has them": "TCSL 不允许循环，ASL 方言可以",
    "it works as in ASL": "在这里与 ASL 中一样有效",
    "they work as in ASL": "在这里与 ASL 中一样有效",
    "keep one of them": "请只保留一个",
    # values
    "{} is {}": "{} 现为 {}",
    "a state whose QueryLanguage is JSONata has expressions": (
        "QueryLanguage 为 JSONata 的状态才有表达式"
    ),
    "write it as 2026-11-24T10:00:00Z": "请写成 2026-11-24T10:00:00Z 的形式",
    "it must begin with $. or $[, since it is a place in input": (
        "必须以 $. 或 $[ 开头，因为它是输入中的位置"
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
    "{} has it": "{} 已使用它",
    "TCSL's Pass has it": "TCSL 的 Pass 才有",
    "in ASL, Parameters may do": "在 ASL 中可以用 Parameters",
}
