"""Write docs/reference/findings.md, with the codes of ``asw.lint.rules``."""

from pathlib import Path

from asw.lint.rules import MEANINGS

PAGE = Path(__file__).parents[1] / "docs/reference/findings.md"
HEAD = """# Findings

What `asw validate`, `run`, `test` and `plan` say of files. Written by `make docs` from
`dev/findings.py` and `asw.lint.rules`: edit those.

```console
$ asw validate flow.yaml
flow.yaml:6:3: error: UnknownField: spec.dialekt: no such field: did you mean dialect? (Workflow x)
not valid: 1 error, 0 warnings
```

Line and column count from 1, in characters. A wrong value is told at the value, a field that should
not be there at its name, what an object lacks at the object's name. Definitions in
`spec.definitionText` are looked into: the line is that of the file. A terminal shows the line
itself, with carets below.

A mistake is told once: what only follows from it, as that states are not reachable which a misspelt
`Next` should lead to, is left out.

The sentences about definitions are AWS's own, as far as they are known, with what would mend it
behind them; in Chinese (`ASW_LANG=zh`) those stay, the rest is Chinese but for few sentences, and
what the code means stands below. Codes are the same in every language.

Words that YAML does not read as text, such as `on`, `No`, `010` or `1:30`, are told as what they
became and as they were written.

## Code of Functions

`asw validate` looks into the code that manifests bring, inline or in a ConfigMap of the files, and
runs none of it. Python is parsed by the version that asw itself runs on. An error is what fails
every call: the file of the handler does not parse or is not there, or defines no such function. A
warning is another file that does not parse, or an import that is neither of the standard library
nor among the files; imports whose `ImportError` the code takes are left alone. An installation that
gives runtime python3 an image of its own ignores `MissingModule`.

## What is not to be told

Warnings that say the same are told one by one up to three; of more the first is told, with the
lines of the others. Reports in other formats have all of them, and the last line counts them all.

`--ignore CODE` leaves out the warnings of a code, everywhere. In the files `asw: ignore CODE`, or
`asw: ignore CODE, CODE`, leaves out those of one place, for every verb:

```yaml
States:
  # A greeting may fail its execution. asw: ignore UnhandledErrors
  Greet:
    Type: Task
```

It stands in a comment of YAML, in the line that is told or right above it; or in a `Comment` of the
definition, which JSON has too: of a state for all that is in the state, of the machine for all of
it. Errors are always told: what has one cannot run.

## Formats

| `-o` | where | for |
|---|---|---|
| `text` (default) | standard error | people, compilers' error parsers in editors |
| `json` | standard output | scripts |
| `sarif` | standard output | code scanning: SARIF 2.1.0 |
| `github` | standard output | annotations of GitHub Actions, where they come unasked |

SARIF has what GitHub's code scanning asks for. Files below the folder that `asw` runs in are told
from there, in GitHub Actions those of the checkout from its top, as annotations are:

```yaml
- run: asw validate . -o sarif > asw.sarif
  continue-on-error: true
- uses: github/codeql-action/upload-sarif@v3
  with: {sarif_file: asw.sarif, category: asw}
```

JSON is one object: `errors` and `warnings` count, `findings` is an array of objects with these
fields, of which those that say nothing are left out:

| field | is |
|---|---|
| `file` | as it was named; `<stdin>` for standard input |
| `line`, `column`, `endLine`, `endColumn` | the place; the end is behind it |
| `severity` | `error` or `warning` |
| `code` | one of those below |
| `message`, `remedy` | what is wrong, and what would mend it, in the user's language |
| `subject` | the object: `Workflow pay` |
| `pointer` | JSON Pointer into the document: `/spec/definition/States/Pay/Next` |
| `path` | place in the definition, as AWS tells it: `/States/Pay/Next` |

## Codes

Those in capitals are AWS's.

| code | means |
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
