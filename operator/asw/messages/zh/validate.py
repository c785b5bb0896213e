"""Chinese of ``asw validate``, and of what every verb says that reads files."""

MESSAGES: dict[str, str] = {
    # files
    "no {suffixes} file in this folder": "此目录中没有 {suffixes} 文件",
    "name a file, or the folder that has them": "请指定文件，或包含这些文件的目录",
    "cannot be read: {reason}": "无法读取：{reason}",
    "check its mode: ls -l": "请检查权限：ls -l",
    "a folder, no file": "这是目录，不是文件",
    "name a file": "请指定文件",
    "Look into the folders below those named, too.": "也查看所指定目录的下级目录。",
    "Check all below this folder, as a pipeline does; warnings fail too.": (
        "像流水线那样检查此目录及其下级目录的全部内容；警告也算失败。"
    ),
    "this must be {name}": "必须是 {name}",
    "this must be one of {names}": "必须是以下之一：{names}",
    "this must not be empty": "不能为空",
    "this must have {n} or more": "至少要有 {n} 个",
    "this must have {n} or less": "最多只能有 {n} 个",
    "this must have {n} characters or more": "至少要有 {n} 个字符",
    "this must have {n} characters or less": "最多只能有 {n} 个字符",
    "this must match {pattern}": "必须匹配 {pattern}",
    "this must be {number} or more": "必须大于等于 {number}",
    "this must be {number} or less": "必须小于等于 {number}",
    "write {slip} as {name}": "请把 {slip} 写成 {name}",
    "no permission to read it": "没有读取权限",
    "no such file or folder": "没有这个文件或目录",
    "check the path": "请检查路径",
    "it has {size} bytes; {most} are read at most": "文件有 {size} 字节；最多读取 {most} 字节",
    "name files of manifests or definitions only": "请只指定清单或定义文件",
    "a value is missing here": "此处缺少一个值",
    "Helm, kubectl edit and other merge patches drop nulls, here {places}": (
        "Helm、kubectl edit 等发送的合并补丁会丢掉 null，此处为 {places}"
    ),
    "write spec.definitionText, or apply with --server-side; so that a loss is noticed,"
    " name them in spec.nulls": (
        "请改写为 spec.definitionText，或用 --server-side 应用；"
        "若要在丢失时得到提示，请把它们列入 spec.nulls"
    ),
    "apply with --server-side; so that a loss is noticed, name them in spec.nulls": (
        "请用 --server-side 应用；若要在丢失时得到提示，请把它们列入 spec.nulls"
    ),
    "spec.nulls says that {pointer} is null, and it is not": (
        "spec.nulls 说 {pointer} 为 null，而它不是"
    ),
    "write the null there, or take it off spec.nulls": (
        "请在那里写上 null，或把它从 spec.nulls 中去掉"
    ),
    "A Workflow has nulls that a merge patch, as Helm and kubectl edit send it, would drop"
    " without a word.": "Workflow 中有 null，Helm 和 kubectl edit 发送的合并补丁会悄悄丢掉它们。",
    "A member is not null, though spec.nulls says so: the operator refuses that.": (
        "spec.nulls 说某个成员为 null，而它不是：operator 会拒绝它。"
    ),
    "write it, such as null or {}": "请写上，例如 null 或 {}",
    "not UTF-8 text": "不是 UTF-8 文本",
    "save it as UTF-8, or leave it out if it is binary": "请保存为 UTF-8；若是二进制文件，请不要指定它",
    "not text: it has NUL bytes": "不是文本：含有 NUL 字节",
    "save it as UTF-8, or leave it out": "请保存为 UTF-8，或不要指定它",
    # JSON
    "the file is empty": "文件是空的",
    'a definition is an object with "StartAt" and "States"': '定义是含有 "StartAt" 和 "States" 的对象',
    "a comma before a closing bracket": "右括号前多了一个逗号",
    "take the comma away": "请去掉这个逗号",
    "JSON has no comments": "JSON 没有注释",
    'put it into a "Comment" field, or write YAML': '请写进 "Comment" 字段，或改用 YAML',
    "single quotes are no quotes in JSON": "JSON 不能用单引号",
    'write "..."': '请写成 "..."',
    "the text ends before the last bracket is closed": "最后一个括号还没有闭合，文本就结束了",
    "close it, or add the rest": "请闭合括号，或补上其余内容",
    "a comma is missing here, or a closing bracket": "此处缺少逗号或右括号",
    "add it behind this value": "请加在这个值的后面",
    "a colon is missing behind this name": "这个名称后面缺少冒号",
    'write "name": value': '请写成 "名称": 值',
    "something follows the end of the JSON value": "JSON 值结束之后还有内容",
    "take it away; a file of several documents is YAML, with --- between them": (
        "请去掉；含多个文档的文件应为 YAML，文档之间用 --- 分隔"
    ),
    "a string goes over the end of its line, or holds a tab": "字符串跨行，或含有制表符",
    r"close the quotes, or write \n and \t": r"请闭合引号，或写成 \n 和 \t",
    "a string without closing quotes": "字符串缺少右引号",
    "close the quotes": "请闭合引号",
    "no such escape in a string": "字符串中没有这种转义",
    r"write \\ for a backslash": r"反斜杠请写成 \\",
    "the name of a field must be in double quotes": "字段名必须加双引号",
    "JSON has no {word}": "JSON 没有 {word}",
    "write {word}": "请写成 {word}",
    "text without quotes: {word}": "文本没有加引号：{word}",
    "write a number, a string or null": "请写成数字、字符串或 null",
    # YAML
    "a tab in the indentation": "缩进中有制表符",
    "indent with spaces": "请用空格缩进",
    "take the control character out": "请去掉这个控制字符",
    "mend the indentation, brackets or quotes here or above": "请修正此处或上方的缩进、括号或引号",
    "quote a value that has a colon in it, or mend the indentation": (
        "值中有冒号时请加引号，或修正缩进"
    ),
    "write a value here, or close the bracket that is open": "请在此写出值，或闭合未闭合的括号",
    "close the bracket that opens in line {line}": "请闭合第 {line} 行打开的括号",
    "close the quotes that open in line {line}": "请闭合第 {line} 行打开的引号",
    "write name: value in line {line}": "第 {line} 行请写成 名称: 值",
    "quote a value that begins with @, % or a backquote": "以 @、% 或反引号开头的值请加引号",
    "put text with backslashes into single quotes": "含反斜杠的文本请用单引号",
    "quote a value that begins with *, or define the anchor first": (
        "以 * 开头的值请加引号，或先定义锚点"
    ),
    "manifests have no tags: take it away, or quote the value": "清单没有标签（tag）：请去掉，或给值加引号",
    "this is an export of Step Functions or ASW: asw import makes manifests of it": (
        "这是 Step Functions 或 ASW 的导出文件：请用 asw import 把它转换为清单"
    ),
    "this is a CloudFormation template: asw import makes manifests of it": (
        "这是 CloudFormation 模板：可用 asw import 转换为清单"
    ),
    "nested more than {most} deep": "嵌套超过 {most} 层",
    "key {name!r} comes twice": "键 {name!r} 出现了两次",
    "keep one of them": "请只保留一个",
    "with its aliases written out it has more than {most} characters": "展开别名后超过 {most} 个字符",
    "take aliases of aliases away": "请去掉指向别名的别名",
    "{value} is not JSON": "{value} 不是 JSON 值",
    "quote it to make it text": "请加引号，使其成为文本",
    "name a file of manifests or a definition": "请指定清单文件或定义文件",
    # manifests
    "{path}: {what}": "{path}：{what}",
    "data: {what}": "data：{what}",
    "this must be an object of texts": "必须是由文本组成的对象",
    "quote numbers and the like": "数字等请加引号",
    "this must be an object": "必须是对象",
    "this must be a list": "必须是列表",
    "this must be a text": "必须是文本",
    "this must be a whole number": "必须是整数",
    "this must be true or false": "必须是 true 或 false",
    "neither a manifest nor a definition: its top is no object": "既不是清单也不是定义：最外层不是对象",
    "neither a manifest (no kind) nor a definition (no StartAt)": (
        "既不是清单（没有 kind）也不是定义（没有 StartAt）"
    ),
    "{group} has no kind {kind}": "{group} 没有 {kind} 这个 kind",
    "it has {kinds}": "它有 {kinds}",
    "apiVersion {version} is not known; use {known}": "未知的 apiVersion {version}；请使用 {known}",
    "{path}: no such field": "{path}：没有这个字段",
    "{path}: this field must be there": "{path}：缺少这个必需字段",
    "there are {names}": "有这些字段：{names}",
    "metadata.name {name!r} is no name of an object": "metadata.name {name!r} 不能作为对象名称",
    "use lower case letters, digits, dashes and dots, and spec.name for others": (
        "请用小写字母、数字、连字符和点；其他名称写在 spec.name 中"
    ),
    "another {kind} has this name: {place}": "另一个 {kind} 也用了这个名称：{place}",
    "rename one of them, or leave its file out": "请给其中一个改名，或不要指定它的文件",
    "none": "无",
    # what belongs together
    "there is more than one Execution to name": "有不止一个 Execution，不能用同一个名称",
    "no manifest of Function {name} here: its Tasks fail unless it is there already": (
        "此处没有 Function {name} 的清单：除非它已经存在，否则调用它的 Task 会失败"
    ),
    "no Workflow {name!r} here; there is: {known}": "此处没有 Workflow {name!r}；现有：{known}",
    "there is no Execution, and more than one Workflow ({names})": (
        "没有 Execution，而 Workflow 不止一个（{names}）"
    ),
    "name one file": "请指定一个文件",
    "no {kind} {name!r} with key {key!r} here, which spec.inputFrom names": (
        "此处没有 spec.inputFrom 所指的 {kind} {name!r}（键 {key!r}）"
    ),
    "add its manifest to the path": "请把它的清单加入路径",
    "key {key!r} of {kind} {name!r}": "{kind} {name!r} 的键 {key!r}",
    "{where} is not JSON: {reason}": "{where} 不是 JSON：{reason}",
    "the input has {size} bytes; the limit is {most}": "输入有 {size} 字节；上限是 {most}",
    "the input is nested more than {most} deep": "输入嵌套超过 {most} 层",
    "nothing to run: no Execution and no Workflow there": "没有可运行的内容：既没有 Execution 也没有 Workflow",
    # the verb
    "warning": "警告",
    "valid: {workflows}, {functions}": "有效：{workflows}，{functions}",
    "{number} Workflow": "{number} 个 Workflow",
    "{number} Workflows": "{number} 个 Workflow",
    "{number} Function": "{number} 个 Function",
    "{number} Functions": "{number} 个 Function",
    "Check the manifests of this folder.": "检查此目录中的清单。",
    "{number} error": "{number} 个错误",
    "{number} errors": "{number} 个错误",
    "{number} warning": "{number} 个警告",
    "{number} warnings": "{number} 个警告",
    "not valid: {counts}": "无效：{counts}",
    "Format of what is found: text, json, sarif (2.1.0), github (annotations).": (
        "结果的格式：text、json、sarif（2.1.0）、github（注解）。"
    ),
    "Language of bare definitions; manifests name theirs.": "单独定义所用的语言；清单会自行注明。",
    "Let warnings fail too.": "有警告也算失败。",
    "Check a bare definition; findings as JSON.": "检查单独的定义，以 JSON 输出结果。",
    "Write a report that code scanners read.": "写出代码扫描工具能读取的报告。",
    "Check what comes from standard input.": "检查来自标准输入的内容。",
    (
        "Say everything that is wrong with manifests and definitions.\n\n"
        "PATHS are files, or folders of them, of YAML or JSON: manifests as kubectl takes them, or bare\n"
        "definitions in ASL or TCSL; - is standard input. All that is wrong is said at once, each with\n"
        "file, line and column, a code that stays the same in every language, and what would mend it.\n"
        "On a terminal the line itself is shown. Files beside manifests that are neither, and test files,\n"
        "are left alone.\n\n"
        "Text goes to standard error, reports in other formats to standard output. In GitHub Actions\n"
        "annotations are printed beside the text.\n\n"
        "With --strict the data is followed through the states: paths that never find anything, or not on\n"
        "some way, rules and states that no run goes by, errors that nothing handles, values that may\n"
        "grow over 256 KiB. What is known of the input makes it see more: a JSON Schema, samples, else\n"
        "the Workflow's defaultInput. An error is only what fails every run that gets there.\n\n"
        '--ignore leaves out warnings of a code; "asw: ignore CODE" in a comment of YAML in the line or\n'
        "above it, or in a Comment of the definition, leaves out those of one place. Many that are alike\n"
        "are told once, with the lines of the others.\n\n"
        "With --cluster (or -n, --context, --kubeconfig) the cluster is asked as well: whether the\n"
        "Functions, Workflows, accounts, ConfigMaps and Secrets are there that the files name and do not\n"
        "bring along, and whether its API server would take the manifests. It stores nothing.\n\n"
        "Exit codes: 0 nothing is wrong (warnings do not count), 2 something is, 3 no cluster."
    ): (
        "指出清单和定义中的所有问题。\n\n"
        "PATHS 是 YAML 或 JSON 文件，或包含它们的目录：kubectl 接受的清单，或用 ASL、TCSL 写的单独定义；"
        "- 表示标准输入。所有问题一次全部指出，每个都带有文件、行和列、在各种语言中都相同的代码，以及改正方法。"
        "在终端上还会显示该行内容。清单旁边的其他文件和测试文件不予理会。\n\n"
        "文本写到标准错误，其他格式的报告写到标准输出。在 GitHub Actions 中，除文本外还会输出注解。\n\n"
        "使用 --strict 时会逐个状态跟踪数据：永远找不到内容、或在某条路径上找不到内容的路径，没有执行会走的规则和状态，"
        "无人处理的错误，可能超过 256 KiB 的值。对输入了解得越多，发现的问题越多：JSON Schema、样本，否则用 Workflow 的 "
        "defaultInput。只有会让每个到达那里的执行都失败的问题才算错误。\n\n"
        '--ignore 略去某个代码的警告；在该行或其上方的 YAML 注释中，或在定义的 Comment 中写 "asw: ignore CODE"，'
        "只略去那一处的警告。许多相同的警告只显示一次，并列出其余各处的行号。\n\n"
        "使用 --cluster（或 -n、--context、--kubeconfig）时也会询问集群：文件中提到但没有随附的 Function、Workflow、账户、"
        "ConfigMap 和 Secret 是否存在，以及 API 服务器是否会接受这些清单。不会保存任何内容。\n\n"
        "退出码：0 没有问题（警告不算），2 有问题，3 没有集群。"
    ),
    # the code of Functions
    "the code has no file {file}, which handler {name} names": (
        "代码中没有 handler {name} 所指的文件 {file}"
    ),
    "build an image that has it, and set runtime image and spec.image": (
        "请构建含有它的镜像，并使用 runtime image 和 spec.image"
    ),
    "{file}, line {line}: no Python {version}: {reason}": (
        "{file} 第 {line} 行：不是 Python {version}：{reason}"
    ),
    "handler {name} names no function": "handler {name} 没有指明函数",
    "write it as module.function: index.main_handler": (
        "请写成“模块.函数”的形式：index.main_handler"
    ),
    "{file} defines no {name}, which the handler names": "{file} 中没有定义 handler 所指的 {name}",
    "A file of a Function is no Python.": "Function 的某个文件不是 Python。",
    "The code of a Function has not what its handler names.": (
        "Function 的代码中没有其 handler 所指的内容。"
    ),
    "A Function imports a module that the image of its runtime lacks.": (
        "Function 导入了其 runtime 的镜像中没有的模块。"
    ),
    "YAML reads {word} as {read}: quote it to make it text": (
        "YAML 把 {word} 读作 {read}：加上引号使其成为文本"
    ),
    # what is not told
    "Leave out warnings of this code; may be repeated.": "略去此代码的警告；可重复给出。",
    "Let all warnings fail but those of one kind.": "除某一种外，所有警告都算失败。",
    "--ignore {code}: no such code": "--ignore {code}：没有这个代码",
    "docs/reference/findings.md names all": "docs/reference/findings.md 列出了全部代码",
    "the same at {count} more places, in lines {lines}": "另有 {count} 处相同，在第 {lines} 行",
    # the cluster
    "no {kind} {name!r}, neither in these files nor in the cluster": (
        "没有 {kind} {name!r}：这些文件和集群中都没有"
    ),
    "create it, or name one that is there": "请创建它，或使用已有的名称",
    "{kind} {name!r} has no key {key!r}": "{kind} {name!r} 没有键 {key!r}",
    "it has {names}": "它有 {names}",
    "cannot tell whether {kind} {name!r} is there: {reason}": "无法得知 {kind} {name!r} 是否存在：{reason}",
    "the cluster would refuse it: {reason}": "集群会拒绝它：{reason}",
    "Ask the cluster too: what is named, and whether it would take the manifests.": (
        "同时询问集群：所提到的对象是否存在，以及它是否会接受这些清单。"
    ),
    "Ask the cluster as well.": "同时询问集群。",
    # what each code means
    "The cluster lacks an object that a manifest names, or a key of its data.": (
        "集群中缺少清单所提到的对象，或其数据中缺少某个键。"
    ),
    "The cluster does not let its user see whether what is named is there.": (
        "集群不允许其用户查看所提到的对象是否存在。"
    ),
    "The API server would not take the manifest as it is.": "API 服务器不会照原样接受此清单。",
    "A file cannot be read as text.": "文件不能作为文本读取。",
    "The text is no YAML.": "文本不是 YAML。",
    "The text is no JSON.": "文本不是 JSON。",
    "The YAML has a value that JSON, and so Kubernetes, cannot keep.": (
        "YAML 中有 JSON（因而 Kubernetes）无法保存的值。"
    ),
    "The document is neither a manifest nor a definition.": "文档既不是清单也不是定义。",
    "No such apiVersion of asw.dev.": "asw.dev 没有这个 apiVersion。",
    "The manifest has a field that its kind has not.": "清单中有该 kind 不具有的字段。",
    "The manifest lacks a field that its kind must have.": "清单缺少该 kind 的必需字段。",
    "A field of the manifest has a wrong value.": "清单中有字段的值不正确。",
    "metadata.name is no name that Kubernetes takes.": "metadata.name 不是 Kubernetes 接受的名称。",
    "Two objects of one kind have the same name, so that one would be lost.": (
        "同一 kind 的两个对象同名，其中一个会丢失。"
    ),
    "A Task calls a Function that is not there: it fails when it runs.": (
        "Task 调用的 Function 不存在：运行时会失败。"
    ),
    "A Task calls a Function that cannot run here as it is.": "Task 调用的 Function 不能照原样在此运行。",
    "An Execution names a Workflow that is not there.": "Execution 所指的 Workflow 不存在。",
    "It is not clear which Workflow is meant.": "无法确定指的是哪个 Workflow。",
    "The input is no JSON, too large, nested too deeply, or is not there.": (
        "输入不是 JSON、太大、嵌套太深，或不存在。"
    ),
    "An argument of the command does not fit the files.": "命令的参数与文件不符。",
    "A field of the definition is missing, misspelt, of the wrong type or out of range.": (
        "定义中有字段缺失、拼写错误、类型不对或超出范围。"
    ),
    "A transition leads to a state that is not there, or none leads to this state.": (
        "转移指向不存在的状态，或没有任何转移到达此状态。"
    ),
    "Two states of the machine have the same name.": "状态机中有两个同名的状态。",
    "An object has the same field twice: one of them would be lost.": (
        "对象中同一字段出现两次：其中一个会丢失。"
    ),
    "No state of the machine ends it: End, Succeed or Fail.": (
        "状态机没有结束状态：需要 End、Succeed 或 Fail。"
    ),
    "The name of a state is empty, or longer than 80 characters.": "状态名为空，或超过 80 个字符。",
    "A Map's Label is too long, or has a character it may not have.": "Map 的 Label 太长，或含有不允许的字符。",
    "Two Maps of the machine have the same Label.": "状态机中有两个 Map 的 Label 相同。",
    "Assign sets what is no name of a variable.": "Assign 设置的名称不是合法的变量名。",
    "Assign sets 'states', which belongs to the language.": "Assign 设置了 states，这是语言保留的名称。",
    "A path or a call stands in a field whose name does not end in '.$': it is plain text.": (
        "路径或内建函数写在名称不以 .$ 结尾的字段中：会被当作普通文本。"
    ),
    "A path stands in a field whose name does not end in Path: it is plain text.": (
        "路径写在名称不以 Path 结尾的字段中：会被当作普通文本。"
    ),
    "A path stands in Result, which is taken as it is written.": "Result 中写了路径，但 Result 会原样使用。",
    "No path through a branch or an item processor ever ends.": "某个分支或 ItemProcessor 中没有任何路径会结束。",
    "States form a loop, which TCSL does not allow.": "状态构成循环，TCSL 不允许循环。",
    "The definition is larger than 1 MB, or nested too deeply.": "定义超过 1 MB，或嵌套太深。",
    "A cloud has this, asw does not have it yet.": "云上有此功能，asw 尚不支持。",
    "The field is accepted and does nothing.": "此字段会被接受，但不起作用。",
    "TCSL does not document this; it works here as in ASL.": "TCSL 文档中没有此项；在这里它与 ASL 中一样有效。",
    "Assign sets a variable of an outer scope, which an inner scope can only read.": (
        "Assign 设置了外层作用域的变量，而内层作用域只能读取它。"
    ),
    "A variable is read that no state before it assigns.": "读取的变量在此之前没有任何状态赋值。",
    "A text looks like an expression of the query language that the state does not speak.": (
        "文本看起来像另一种查询语言的表达式，而该状态并不使用那种语言。"
    ),
    "An error name begins with 'States.' and is none of the language.": (
        "错误名以 States. 开头，但不是语言定义的错误名。"
    ),
    "A JSONata expression has wrong syntax.": "JSONata 表达式语法错误。",
    "A JSONata expression reads what is not there: there is no input document but $states.": (
        "JSONata 表达式读取了不存在的内容：除 $states 外没有输入文档。"
    ),
}  # fmt: skip
