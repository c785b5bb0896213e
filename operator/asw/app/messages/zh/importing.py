"""Chinese of ``asw init`` and ``asw import``."""

MESSAGES: dict[str, str] = {
    "One function and a Retry: the smallest workflow.": "一个函数和一个 Retry：最小的工作流。",
    "no template {name!r}": "没有模板 {name!r}",
    "asw init --list shows all": "用 asw init --list 查看全部模板",
    "cannot write {path}: {reason}": "无法写入 {path}：{reason}",
    "name a folder that you may write to": "请指定一个您有写权限的目录",
    "{name!r} is no name of a Workflow": "{name!r} 不能作为 Workflow 的名称",
    "use up to {count} lower case letters, digits and dashes, such as my-flow": (
        "请使用不超过 {count} 个小写字母、数字和连字符，例如 my-flow"
    ),
    "already there: {paths}": "已经存在：{paths}",
    "name another folder, or --force to overwrite them": "请指定另一个目录，或加 --force 覆盖这些文件",
    "Next:": "接下来：",
    "Write the smallest workflow into the folder hello.": "把最小的工作流写入目录 hello。",
    "See which templates there are.": "查看有哪些模板。",
    "Name the Workflow and the folder.": "指定 Workflow 的名称和目录。",
    "Write into this folder, over files of before.": "写入当前目录，覆盖以前的文件。",
    "Name of the Workflow, else the template's.": "Workflow 的名称，默认为模板的名称。",
    "Show the templates, and write nothing.": "显示模板，不写任何文件。",
    "Overwrite files that are there.": "覆盖已有的文件。",
    "Print the names of files only.": "只输出文件名。",
    """Begin a workflow from a template.

Writes a folder with the Workflow, its Functions, a test file and a README in English and
Chinese. They run as they are: asw run and asw test on this machine, kubectl apply on a cluster.

TEMPLATE is hello unless another is named; --list shows all. FOLDER is one of the Workflow's
name unless another is named. Files that are there already are never overwritten without
--force: all of them are named, and nothing is written.

The paths of the files are printed on standard output, one a line.""": """从模板创建工作流。

写出一个目录，其中有 Workflow、它的 Function、测试文件，以及中英文 README。无需修改即可运行：
在本机用 asw run 和 asw test，在集群上用 kubectl apply。

TEMPLATE 默认为 hello，用 --list 查看全部模板。FOLDER 默认为与 Workflow 同名的目录。已有的文件
在没有 --force 时绝不覆盖：会列出所有这样的文件，并且什么也不写。

写出的文件路径输出到标准输出，每行一个。""",
}
