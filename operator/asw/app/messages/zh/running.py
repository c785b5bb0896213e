"""Chinese of ``asw run``."""

MESSAGES: dict[str, str] = {
    (
        "Run what manifests or a definition describe, on this machine.\n"
        "\n"
        "PATHS are files, or folders of them, of YAML or JSON: Workflows, Functions, Executions and\n"
        "ConfigMaps as kubectl takes them, or a bare definition. Without an Execution, the only\n"
        "Workflow is run."
    ): (
        "在本机运行清单或定义所描述的工作流。\n"
        "\n"
        "PATHS 是 YAML 或 JSON 文件，或其目录：kubectl 所接受的 Workflow、Function、Execution 和\n"
        "ConfigMap，或单独的定义. 没有 Execution 时，运行唯一的 Workflow。"
    ),
    "Input, whatever manifests say.": "输入，优先于清单中的输入。",
    "Name of the execution.": "执行的名称。",
    "Those of distributed Maps as well.": "包括分布式 Map 的子执行。",
    "Run the only Workflow of this folder on its default input.": (
        "用默认输入运行此目录中唯一的 Workflow。"
    ),
    "Run it on another input and print the output alone.": "换一个输入运行，只输出结果。",
}
