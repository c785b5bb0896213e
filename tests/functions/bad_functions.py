"""Bad functions by language: the code, and error and message of its outcome."""

from tests.functions.tasks import TASK_ID

PYTHON: dict[str, tuple[str, str, str]] = {
    "an exception": (
        "def main_handler(event, context):\n    raise ValueError('没有 stock')",
        "ValueError",
        "没有 stock",
    ),
    "an exception without words": (
        (
            "class CustomException(Exception):\n"
            "    def __init__(self):\n"
            "        self.message = 'unused'\n"
            "def main_handler(event, context):\n"
            "    raise CustomException()"
        ),
        "CustomException",
        "",
    ),
    "an exception that cannot be printed": (
        (
            "class Odd(Exception):\n"
            "    def __str__(self):\n"
            "        raise RuntimeError\n"
            "def main_handler(event, context):\n"
            "    raise Odd"
        ),
        "Odd",
        "<unprintable Odd object>",
    ),
    "a coroutine that raises": (
        "async def main_handler(event, context):\n    raise KeyError('x')",
        "KeyError",
        "'x'",
    ),
    "a set": (
        "def main_handler(event, context):\n    return {1, 2}",
        "Runtime.MarshalError",
        "Unable to marshal response: Object of type set is not JSON serializable",
    ),
    "a set deep inside": (
        "def main_handler(event, context):\n    return {'a': [0, {'b c': {1}}]}",
        "Runtime.MarshalError",
        (
            "Unable to marshal response: Object of type set is not JSON serializable"
            " (at $.a[1]['b c'])"
        ),
    ),
    "a key that is no text": (
        "def main_handler(event, context):\n    return {(1, 2): 3}",
        "Runtime.MarshalError",
        (
            "Unable to marshal response: keys must be str, int, float, bool or None, not tuple"
            " (at $, key (1, 2))"
        ),
    ),
    "a circle": (
        "def main_handler(event, context):\n    event['me'] = event\n    return event",
        "Runtime.MarshalError",
        "Unable to marshal response: Circular reference detected (at $.me)",
    ),
    "sys.exit with a status": (
        "import sys\ndef main_handler(event, context):\n    sys.exit(3)",
        "Runtime.ExitError",
        f"RequestId: {TASK_ID} Error: Runtime exited with error: exit status 3",
    ),
    "exit without a reason": (
        "def main_handler(event, context):\n    exit()",
        "Runtime.ExitError",
        f"RequestId: {TASK_ID} Error: Runtime exited without providing a reason",
    ),
    "a syntax error": (
        "def main_handler(event, context:\n    pass",
        "Runtime.UserCodeSyntaxError",
        "Syntax error in module 'index': '(' was never closed (index.py, line 1)",
    ),
    "a missing import": (
        "import no_such_module",
        "Runtime.ImportModuleError",
        "Unable to import module 'index': No module named 'no_such_module' (the code has index.py)",
    ),
    "a module that fails": ("1 / 0", "ZeroDivisionError", "division by zero"),
    "a missing handler": (
        "def handler(event, context):\n    pass",
        "Runtime.HandlerNotFound",
        "Handler 'main_handler' missing on module 'index'; it has handler",
    ),
    "a handler that is no function": (
        "main_handler = 3",
        "Runtime.HandlerNotFound",
        "Handler 'main_handler' no function but int on module 'index'",
    ),
    "one parameter too few": (
        "def main_handler(event):\n    pass",
        "TypeError",
        "main_handler() takes 1 positional argument but 2 were given",
    ),
}

NODEJS: dict[str, tuple[str, str, str]] = {
    "an exception": (
        "exports.main_handler = async () => { throw new RangeError('没有 stock'); };",
        "RangeError",
        "没有 stock",
    ),
    "an exception with a name": (
        (
            "class OutOfStock extends Error { name = 'OutOfStock'; }\n"
            "exports.main_handler = async () => { throw new OutOfStock(); };"
        ),
        "OutOfStock",
        "",
    ),
    "an exception before the first await": (
        "exports.main_handler = () => { throw new TypeError('at once'); };",
        "TypeError",
        "at once",
    ),
    "an exception after the handler has returned": (
        "exports.main_handler = () => { setTimeout(() => { throw new TypeError('later'); }); };",
        "TypeError",
        "later",
    ),
    "an exception that is a text": (
        "exports.main_handler = async () => { throw 'words'; };",
        "string",
        "words",
    ),
    "an exception that cannot be read": (
        (
            "const odd = new Error();\n"
            "Object.defineProperty(odd, 'name', { get() { throw new Error(); } });\n"
            "exports.main_handler = async () => { throw odd; };"
        ),
        "handled",
        "an error was thrown whose name, message or stack cannot be read",
    ),
    "a rejection without a reason": (
        "exports.main_handler = () => Promise.reject();",
        "undefined",
        "undefined",
    ),
    "an error for the callback": (
        "exports.main_handler = (event, context, callback) => callback(new Error('told'));",
        "Error",
        "told",
    ),
    "a rejection that nobody handles": (
        (
            "exports.main_handler = async () => {\n"
            "  Promise.reject(new Error('lost'));\n"
            "  await new Promise((resolve) => setTimeout(resolve, 20_000));\n};"
        ),
        "Runtime.UnhandledPromiseRejection",
        "Error: lost",
    ),
    "a promise that never settles": (
        "exports.main_handler = () => new Promise(() => {});",
        "Runtime.NodeJsExit",
        (
            "The Lambda runtime client detected an unexpected Node.js exit code: a promise of the"
            " function never settles, and nothing is left to wait for"
        ),
    ),
    "a circle": (
        "exports.main_handler = async (event) => { event.me = event; return event; };",
        "Runtime.MarshalError",
        (
            "Unable to marshal response: Converting circular structure to JSON\n"
            "    --> starting at object with constructor 'Object'\n"
            "    --- property 'me' closes the circle"
        ),
    ),
    "a big integer deep inside": (
        "exports.main_handler = async () => ({ a: [0, { b: 1n }] });",
        "Runtime.MarshalError",
        "Unable to marshal response: Do not know how to serialize a BigInt (at $.a[1].b)",
    ),
    "process.exit with a status": (
        "exports.main_handler = async () => { process.exit(3); };",
        "Runtime.ExitError",
        f"RequestId: {TASK_ID} Error: Runtime exited with error: exit status 3",
    ),
    "process.exit without a reason": (
        "exports.main_handler = () => { setTimeout(process.exit, 1); };",
        "Runtime.ExitError",
        f"RequestId: {TASK_ID} Error: Runtime exited without providing a reason",
    ),
    "a syntax error": (
        "exports.main_handler = async () => {\n  return [;\n};",
        "Runtime.UserCodeSyntaxError",
        "Syntax error in module 'index': Unexpected token ';'",
    ),
    "a missing import": (
        "require('no_such_module');",
        "Runtime.ImportModuleError",
        (
            "Unable to import module 'index': Cannot find module 'no_such_module'"
            " (the code has index.js)"
        ),
    ),
    "a module that fails": ("null.x", "TypeError", "Cannot read properties of null (reading 'x')"),
    "a missing handler": (
        "exports.handler = async () => {};",
        "Runtime.HandlerNotFound",
        "Handler 'main_handler' missing on module 'index'; it has handler",
    ),
    "a handler that is no function": (
        "exports.main_handler = 3;",
        "Runtime.HandlerNotFound",
        "Handler 'main_handler' no function but number on module 'index'",
    ),
}

CASES = [
    (language, *case, name)
    for language, table in (("python", PYTHON), ("nodejs", NODEJS))
    for name, case in table.items()
]
