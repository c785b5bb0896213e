"""Chinese of ``asw start``, ``list``, ``get``, ``logs``, ``watch`` and the cluster's errors."""

MESSAGES: dict[str, str] = {
    # where executions are
    "no {kind} {name!r} in namespace {namespace}": "命名空间 {namespace} 中没有 {kind} {name!r}",
    "no execution {name!r} in {place}": "{place} 中没有执行 {name!r}",
    "no Workflow {name!r} in {place}": "{place} 中没有 Workflow {name!r}",
    "there is: {names}": "现有：{names}",
    "there is none at all; -n names another namespace": "一个也没有；可用 -n 指定其他命名空间",
    "nothing was run there so far: asw run PATH": "那里还没有运行过任何内容：asw run PATH",
    "{folder} holds no executions": "{folder} 中没有执行",
    "name another folder with --data, or run something: asw run PATH": (
        "请用 --data 指定其他目录，或先运行：asw run PATH"
    ),
    "no label selector: {selector!r}": "不是标签选择器：{selector!r}",
    "it reads like: -l team=blue,tier!=test,env in (a, b),!old": (
        "写法示例：-l 'team=blue,tier!=test,env in (a, b),!old'"
    ),
    "a newer asw may be able to read it": "较新版本的 asw 或许能读取它",
    "waiting for {what} ...": "正在等待 {what} ……",
    # which cluster
    "the cluster of this pod": "此 Pod 所在的集群",
    "no context {name!r} in the kubeconfig": "kubeconfig 中没有上下文 {name!r}",
    "the kubeconfig has no current context": "kubeconfig 没有当前上下文",
    "name a context with --context, or act on this machine's store with --local": (
        "请用 --context 指定上下文，或用 --local 使用本机的存储"
    ),
    "no cluster: there is no kubeconfig": "没有集群：找不到 kubeconfig",
    "name one with --kubeconfig or in KUBECONFIG, or act on this machine's store with --local": (
        "请用 --kubeconfig 或 KUBECONFIG 指定，或用 --local 使用本机的存储"
    ),
    "cannot read the kubeconfig: {fault}": "无法读取 kubeconfig：{fault}",
    "name another one with --kubeconfig, or mend it": "请用 --kubeconfig 指定其他文件，或修正它",
    "cannot tell how to reach {place}: {fault}": "无法得知如何连接 {place}：{fault}",
    "see whether kubectl cluster-info can": "请看 kubectl cluster-info 是否可以",
    # what a cluster refuses
    "cannot reach {place} at {server}: {reason}": "无法连接 {place}（{server}）：{reason}",
    "its host name is not known": "主机名无法解析",
    "its certificate is not one that the kubeconfig trusts": "其证书不受 kubeconfig 信任",
    "it does not answer": "没有应答",
    "nothing listens there, or a firewall is between": "那里没有服务在监听，或被防火墙阻挡",
    "see whether kubectl cluster-info can, name another --context, or act on this machine's store with --local": (
        "请看 kubectl cluster-info 是否可以，用 --context 指定其他上下文，或用 --local 使用本机的存储"
    ),
    "{place} cannot answer now: {fault}": "{place} 目前无法应答：{fault}",
    "try again in a while": "请稍后再试",
    "{place} does not know who you are: {fault}": "{place} 无法识别您的身份：{fault}",
    "its credentials are missing or over: log in to the cluster again": (
        "凭据缺失或已过期：请重新登录该集群"
    ),
    "{user} may not {verb} {resource} in namespace {namespace}": (
        "{user} 无权在命名空间 {namespace} 中对 {resource} 执行 {verb}"
    ),
    "{user} may not {verb} {resource} in all namespaces": (
        "{user} 无权在所有命名空间中对 {resource} 执行 {verb}"
    ),
    "it takes a Role with the rule {rule}: ask for it": "需要带有规则 {rule} 的 Role：请向管理员申请",
    "the cluster forbids it: {fault}": "集群禁止此操作：{fault}",
    "ask those who administer the cluster": "请询问集群管理员",
    "the cluster refused: {fault}": "集群拒绝了：{fault}",
    "change what it names, then do it again": "请修改其指出之处，然后重试",
    "{place} has no asw: its API server knows no Executions": (
        "{place} 中没有 asw：其 API server 不认识 Execution"
    ),
    "install it: helm install asw charts/asw -n asw-system --create-namespace, or its CRDs alone: kubectl apply --server-side -f crds/": (
        "请安装：helm install asw charts/asw -n asw-system --create-namespace，"
        "或只安装 CRD：kubectl apply --server-side -f crds/"
    ),
    "no namespace {namespace!r} in {place}": "{place} 中没有命名空间 {namespace!r}",
    "kubectl get namespaces shows all; name one with -n": (
        "kubectl get namespaces 可列出全部；用 -n 指定其一"
    ),
    # acting on executions
    "Workflow {name} cannot run: {problem}": "Workflow {name} 无法运行：{problem}",
    "mend its definition; asw validate shows all that is wrong with it": (
        "请修正其定义；asw validate 会列出全部问题"
    ),
    "there is an execution {name!r} already": "已经有名为 {name!r} 的执行",
    "give it another --name, or none": "请用 --name 另取一个名字，或不指定名字",
    "execution {name} was deleted meanwhile": "执行 {name} 在此期间被删除",
    "the input has {size} bytes; the limit is {limit}": "输入有 {size} 字节；上限为 {limit}",
    "the input is nested more than {depth} deep": "输入的嵌套超过 {depth} 层",
    "hand over where the data is instead of the data": "请传递数据所在的位置，而不是数据本身",
    "{name!r} is no name of a Kubernetes object": "{name!r} 不能作为 Kubernetes 对象的名字",
    "it takes small letters, digits, dashes and dots: --name {near}": (
        "只能用小写字母、数字、连字符和点：--name {near}"
    ),
    "it takes small letters, digits, dashes and dots": "只能用小写字母、数字、连字符和点",
    "another asw that works in {folder}": "正在 {folder} 中工作的另一个 asw",
    "another asw works in {folder}, and not on {name}": "另一个 asw 正在 {folder} 中工作，但不是在处理 {name}",
    "it is noted, and done by asw resume once the other has ended": (
        "已记下此要求；待另一个结束后由 asw resume 完成"
    ),
}
