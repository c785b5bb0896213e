"""Chinese of ``asw keys``."""

MESSAGES: dict[str, str] = {
    "Show or rotate the keys that sign the tokens of tasks.": "显示或轮换签发任务令牌的密钥。",
    "Rotate though tasks may lose the key of their token.": (
        "即使有任务的令牌会因此失效，也进行轮换。"
    ),
    "Say which keys tokens are signed with.": "显示令牌由哪些密钥签发。",
    "Sign with a new key, whatever becomes of tasks with tokens of the one before last.": (
        "改用新密钥签发，不论持有上上个密钥所签令牌的任务会怎样。"
    ),
    "key {id} signs the tokens of tasks": "任务令牌由密钥 {id} 签发",
    "tokens of key {id} hold until the next rotation": (
        "密钥 {id} 签发的令牌在下次轮换之前仍然有效"
    ),
    "key {id} signs from now on": "从现在起由密钥 {id} 签发",
    "tokens of key {id} hold until the next rotation; tasks that run go on": (
        "密钥 {id} 签发的令牌在下次轮换之前仍然有效，运行中的任务不受影响"
    ),
    "tokens of key {id} hold no more": "密钥 {id} 签发的令牌已失效",
    "no Secret {name} in namespace {namespace}": "命名空间 {namespace} 中没有 Secret {name}",
    "name the namespace of the operator with -n": "请用 -n 指定 operator 所在的命名空间",
    "the keys were rotated at {instant}: a replica may sign with the old one": (
        "密钥已在 {instant} 轮换过：可能还有副本在用旧密钥签发"
    ),
    "wait two minutes, or say --now": "请等待两分钟，或加上 --now",
    "tasks still run with tokens of the key before: {names}": (
        "仍有任务持有上一个密钥签发的令牌在运行：{names}"
    ),
    "wait until they ended, or say --now: their results may be lost": (
        "请等它们结束，或加上 --now：它们的结果可能会丢失"
    ),
    """Show or rotate the keys that sign the tokens of tasks.

-n names the namespace of the operator, which holds the Secret asw-keys. rotate makes a new key
sign; the operator notices it within a minute, without a restart. Tokens of the key before hold
until the next rotation, so tasks that run go on and deliver.

A second rotation is refused, with exit code 1, while tasks run whose token it would make
worthless, and within two minutes of the one before. With --now it is done all the same: the
results of such tasks come from the termination messages of their pods, and larger ones than
4,096 bytes are lost.

The certificate authority of the result server is not rotated: every task that runs was told
it at its start. It takes rights to read and patch that Secret, and to list Jobs.""": """显示或轮换签发任务令牌的密钥。

用 -n 指定 operator 所在的命名空间，其中的 Secret asw-keys 保存密钥。rotate 生成新密钥用于签发；
operator 无需重启，一分钟内就会发现。上一个密钥签发的令牌在下次轮换之前仍然有效，
因此运行中的任务可以继续并交付结果。

如果仍有任务在运行，而再次轮换会使其令牌失效，或者距上次轮换不足两分钟，则拒绝轮换，
退出码为 1。加上 --now 则照样轮换：这些任务的结果改由其 Pod 的终止消息得到，
超过 4,096 字节的结果会丢失。

结果服务器的证书颁发机构不会轮换：每个运行中的任务在启动时就已得到它。
执行此命令需要读取和修改该 Secret 以及列出 Job 的权限。""",
}
