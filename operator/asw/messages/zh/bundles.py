"""Chinese of ``asw export`` and of the files that it writes."""

MESSAGES: dict[str, str] = {
    (
        "Write all that is known of an execution into one file.\n"
        "\n"
        "The file holds the Execution, its whole history, the definition that it ran, the engine's\n"
        "memory of it, its Workflow and Functions, its tasks, and of a distributed Map the first\n"
        "children that did not succeed. Values of Secrets are never in it.\n"
        "\n"
        "asw why, asw replay, asw history and asw graph take such a file for a NAME, without a cluster.\n"
        "\n"
        "With --redact every value is replaced by one of the same type and length: keys, lengths of\n"
        "arrays, names of states and errors stay, code and definition too. --redact-path does so where\n"
        "the names of the path follow each other, and wherever else the same text of four characters\n"
        "or more stands. In both cases causes, log lines and values of environment variables go as\n"
        "well. What is redacted cannot be replayed.\n"
        "\n"
        "The name of the file is printed on standard output."
    ): (
        "把执行的全部信息写入一个文件。\n"
        "\n"
        "文件包含 Execution、完整的历史、它所运行的定义、引擎对它的记录、它的 Workflow 和 Function、\n"
        "它的任务，以及分布式 Map 中最先的若干未成功的子执行。其中绝不包含 Secret 的值。\n"
        "\n"
        "asw why、asw replay、asw history 和 asw graph 可以把这样的文件当作 NAME，无需集群。\n"
        "\n"
        "加 --redact 时，每个值都被替换为类型和长度相同的值：键、数组长度、状态名和错误名保持不变，\n"
        "代码和定义也保持不变。--redact-path 在路径中的名称依次出现之处这样做，其他地方出现的相同\n"
        "文本（四个字符及以上）也一并隐去。\n"
        "两种情况下，原因、日志行和环境变量的值都会被隐去。被隐去的内容无法重放。\n"
        "\n"
        "文件名输出到标准输出。"
    ),
    "File to write, NAME.asw.gz by default; - is standard output.": (
        "要写入的文件，默认为 NAME.asw.gz；- 表示标准输出。"
    ),
    "Take out every value.": "隐去所有值。",
    "Take out what stands under these names, such as $.customer.email; may be repeated.": (
        "隐去位于这些名称之下的值，例如 $.customer.email；可重复使用。"
    ),
    "Leave out the code of Functions.": "不包含 Function 的代码。",
    "Put in what tasks printed.": "包含任务打印的内容。",
    "Write hello-2.asw.gz.": "写入 hello-2.asw.gz。",
    "The same of an execution on the cluster.": "对集群上的执行做同样的事。",
    "Write a file without any value, to be shown to others.": "写一个不含任何值的文件，以便给他人看。",
    "Leave out what stands under a name, and put in what tasks printed.": (
        "隐去某个名称下的值，并包含任务打印的内容。"
    ),
    "it is not gzipped": "它不是 gzip 文件",
    "it holds no JSON: {reason}": "它的内容不是 JSON：{reason}",
    "something follows its end": "在其结尾之后还有内容",
    "an object has a name twice": "某个对象中有重复的名称",
    "two executions have the same name": "有两个执行的名称相同",
    "{file} is too large for a bundle: unpacked more than {size} MiB or {count} values": (
        "{file} 太大，不能作为导出包：解压后超过 {size} MiB 或 {count} 个值"
    ),
    "export it without --logs, with --no-code; gunzip shows what is in a file": (
        "导出时请不加 --logs 并加上 --no-code；用 gunzip 可查看文件内容"
    ),
    "it does not say that it is one": "它没有声明自己是导出文件",
    "it ends in the middle": "它中途截断",
    "{file} is a bundle of version {version}; this asw reads version {known}": (
        "{file} 是版本 {version} 的导出文件；此 asw 读取版本 {known}"
    ),
    "it was made by asw {version}: use that or a newer one": (
        "它由 asw {version} 写出：请使用该版本或更新的版本"
    ),
    "{file} is no bundle: {why}": "{file} 不是导出文件：{why}",
    "asw export NAME -o FILE writes one": "用 asw export NAME -o FILE 写出一个",
    "{file} is damaged: {why}": "{file} 已损坏：{why}",
    "copy it again from where it was made, in binary mode, or export it anew": (
        "以二进制方式从原处重新复制，或重新导出"
    ),
    "it may only have names, as in $.customer.email or $..email": (
        "它只能由名称组成，例如 $.customer.email 或 $..email"
    ),
    "no path to redact: {path!r}: {why}": "不是可以隐去的路径：{path!r}：{why}",
    "write --redact-path '$.customer.email', once for each path": (
        "请写 --redact-path '$.customer.email'，每个路径写一次"
    ),
    "left out: {what}": "未包含：{what}",
    "cannot write {path}: {reason}": "无法写入 {path}：{reason}",
    "name another file with -o": "用 -o 指定另一个文件",
    "{count} more children that did not succeed": "另有 {count} 个未成功的子执行",
    "{file} has no log lines": "{file} 不含日志行",
    "asw export --logs puts them in": "用 asw export --logs 可以包含它们",
    "{file} is a file: what is in it can be looked at, not changed": (
        "{file} 是文件：其中的内容可以查看，不能更改"
    ),
    "name the execution where it is, on the cluster or with --local": (
        "请指定执行所在之处：在集群上，或用 --local"
    ),
    "no file {file}": "没有文件 {file}",
}
