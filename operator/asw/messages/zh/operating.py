"""Chinese of ``asw operator``."""

MESSAGES: dict[str, str] = {
    (
        "Run the operator in a cluster; settings come from the environment.\n"
        "\n"
        "The chart runs it in a pod, where it acts at once. Anywhere else it names the context, the\n"
        "server and the namespaces, and asks first; without a terminal --yes must be said.\n"
        "\n"
        "Where another installation acts already it waits, and says so in its log and on /readyz: one\n"
        "claim on each namespace, or on all of them, is checked by everybody. It takes over when that\n"
        "one is gone. Keys and Lease are in POD_NAMESPACE, else in the first namespace of -n, else in\n"
        "that of the context."
    ): (
        "在集群中运行 operator；设置取自环境变量。\n"
        "\n"
        "由 chart 在 Pod 中运行时立即开始工作。在其他地方，它会先说明上下文、服务器和命名空间并询问；\n"
        "没有终端时必须给出 --yes。\n"
        "\n"
        "如果另一套安装已在那里工作，它会等待，并在日志和 /readyz 中说明：每个命名空间（或全部命名空间）\n"
        "有一个声明，所有安装都会检查。待对方消失后由它接手。密钥和 Lease 位于 POD_NAMESPACE，\n"
        "否则位于 -n 的第一个命名空间，否则位于上下文的命名空间。"
    ),
    "Namespace to act on, else ASW_WATCH_NAMESPACES, else all; may be repeated.": (
        "要处理的命名空间，默认为 ASW_WATCH_NAMESPACES，否则为全部；可重复使用。"
    ),
    "Act without asking.": "不询问，直接开始。",
    "acting on context {context} ({server}): {where}": (
        "在上下文 {context}（{server}）中工作：{where}"
    ),
    "all namespaces": "所有命名空间",
    "namespaces {names}": "命名空间 {names}",
    "Run the operator on context {context} ({server}), for {where}?": (
        "要在上下文 {context}（{server}）中为{where}运行 operator 吗？"
    ),
    "asw operator asks before it acts from outside of the cluster, and nobody answers": (
        "asw operator 在集群之外开始工作前会询问，而此处无人应答"
    ),
    "say --yes to act on context {context} ({server}), for {where}": (
        "要在上下文 {context}（{server}）中为{where}工作，请加 --yes"
    ),
    "the chart sets it; docs/reference/operations.md says what it means": (
        "该变量由 chart 设置；含义见 docs/reference/operations.md"
    ),
    "cannot tell how to reach the cluster of this pod: {fault}": "无法确定如何连接此 Pod 的集群：{fault}",
    "see whether its service account's token is mounted": "请检查是否挂载了服务账号的令牌",
    "cannot listen on port {port}: {reason}": "无法监听端口 {port}：{reason}",
    "set {variable} to another one; ss -ltnp shows who has it": (
        "请把 {variable} 设为其他端口；用 ss -ltnp 查看被谁占用"
    ),
}
