"""Write docs/reference/findings.md, with the codes of ``asw.lint.rules``."""

from pathlib import Path

from asw.lint.rules import MEANINGS

PAGE = Path(__file__).parents[1] / "docs/reference/findings.md"
HEAD = """# Findings

What `asw validate`, `run`, `test` and `plan` report about files. `make docs` generates this page
from `dev/findings.py` and `asw.lint.rules`: edit those files.

```console
$ asw validate flow.yaml
flow.yaml:6:3: error: UnknownField: spec.dialekt: no such field: did you mean dialect? (Workflow x)
not valid: 1 error, 0 warnings
```

Lines and columns count from 1, in characters. A wrong value is reported at the value, a superfluous
field at its name, and a missing field at the name of its object. Definitions in
`spec.definitionText` are read as well: the line is that of the file. A terminal also shows the line
itself, with carets below.

Each mistake is reported once. What only follows from it is left out, such as states that are
unreachable because of a misspelt `Next`.

Sentences about definitions are AWS's own where they are known, followed by the remedy. In Chinese
(`ASW_LANG=zh`) AWS's sentences stay in English; nearly everything else is Chinese, including the
meaning of the code below them. Codes are the same in every language.

Words that YAML does not read as text, such as `on`, `No`, `010` or `1:30`, are shown both as they
were read and as they were written.

## Code of Functions

`asw validate` checks the code in manifests, inline or in a ConfigMap among the files, without
running it. Python is parsed by the version that asw itself runs on. JavaScript is not parsed: words
in it are looked for, so a syntax error shows only when it runs. An error is something that
fails every call: the handler's file does not parse or is missing, or it does not define the
function. A warning is another file that does not parse, or an import that is neither in the
standard library nor among the files. Imports whose `ImportError` the code catches are accepted. If
your installation uses images of its own for the runtimes, ignore `MissingModule`.

## Ignoring warnings

Up to three equal warnings are shown one by one. Of more, only the first is shown, with the lines of
the others. Reports in other formats contain all of them, and the last line counts them all.

`--ignore CODE` leaves out the warnings with a code everywhere. In the files, `asw: ignore CODE` or
`asw: ignore CODE, CODE` leaves out those of one place, for every command:

```yaml
States:
  # A greeting may fail its execution. asw: ignore UnhandledErrors
  Greet:
    Type: Task
```

Write it in a YAML comment, in the reported line or directly above it; or, also in JSON, in a
`Comment` of the definition. The `Comment` of a state covers everything in the state, that of the
state machine covers everything. Errors are always reported, because what has one cannot run.

## Formats

| `-o` | where | for |
|---|---|---|
| `text` (default) | standard error | people, and error parsers in editors |
| `json` | standard output | scripts |
| `sarif` | standard output | code scanning: SARIF 2.1.0 |
| `github` | standard output | annotations in GitHub Actions, where it is the default |

SARIF contains what GitHub's code scanning asks for. Paths are relative to the folder in which `asw`
runs; in GitHub Actions they are relative to the top of the checkout, as for annotations:

```yaml
- run: asw validate . -o sarif > asw.sarif
  continue-on-error: true
- uses: github/codeql-action/upload-sarif@v3
  with: {sarif_file: asw.sarif, category: asw}
```

JSON is one object: `errors` and `warnings` are counts, `findings` is an array of objects with these
fields; empty ones are left out:

| field | is |
|---|---|
| `file` | the file as it was named; `<stdin>` for standard input |
| `line`, `column`, `endLine`, `endColumn` | the place; the end is exclusive |
| `severity` | `error` or `warning` |
| `code` | one of those below |
| `message`, `remedy` | what is wrong, and how to fix it, in the user's language |
| `subject` | the object: `Workflow pay` |
| `pointer` | JSON Pointer into the document: `/spec/definition/States/Pay/Next` |
| `path` | place in the definition, as AWS writes it: `/States/Pay/Next` |

## Codes

Codes in capitals are AWS's.

| code | meaning |
|---|---|
"""


def page() -> str:
    """The whole page."""
    return HEAD + "".join(f"| `{code}` | {meaning} |\n" for code, meaning in MEANINGS.items())


def main() -> None:
    """Write it."""
    PAGE.write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main()
