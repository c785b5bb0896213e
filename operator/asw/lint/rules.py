"""The codes of findings and their meanings: asw's own, and those of definitions.

Codes are the same in every language; their meanings are translated.
"""

from collections.abc import Mapping
from typing import Final

from asw.api.nulls import NULLS_AT_RISK, NULLS_LOST
from asw.asl import problems
from asw.lint.analysis import codes
from asw.lint.faults import INVALID_JSON, INVALID_YAML

UNREADABLE: Final = "UnreadableFile"
NO_JSON_VALUE: Final = "NoJsonValue"
NO_MANIFEST: Final = "NoManifest"
UNKNOWN_VERSION: Final = "UnknownApiVersion"
UNKNOWN_FIELD: Final = "UnknownField"
MISSING_FIELD: Final = "MissingField"
INVALID_FIELD: Final = "InvalidField"
INVALID_NAME: Final = "InvalidObjectName"
DUPLICATE_OBJECT: Final = "DuplicateObject"
MISSING_FUNCTION: Final = "MissingFunction"
MISSING_CONNECTION: Final = "MissingConnection"
UNUSABLE_FUNCTION: Final = "UnusableFunction"
INVALID_CODE: Final = "InvalidCode"
MISSING_HANDLER: Final = "MissingHandler"
MISSING_MODULE: Final = "MissingModule"
MISSING_WORKFLOW: Final = "MissingWorkflow"
MISSING_OBJECT: Final = "MissingObject"
UNTOLD: Final = "Untold"
REFUSED_BY_CLUSTER: Final = "RefusedByCluster"
AMBIGUOUS_WORKFLOW: Final = "AmbiguousWorkflow"
INVALID_INPUT: Final = "InvalidInput"
INVALID_ARGUMENT: Final = "InvalidArgument"
STALE_NOTE: Final = "StaleNote"

MEANINGS: Final[Mapping[str, str]] = {
    UNREADABLE: "A file cannot be read as text.",
    INVALID_YAML: "The text is not valid YAML.",
    INVALID_JSON: "The text is not valid JSON.",
    NO_JSON_VALUE: "The YAML has a value that JSON, and so Kubernetes, cannot keep.",
    NO_MANIFEST: "The document is neither a manifest nor a definition.",
    UNKNOWN_VERSION: "No such apiVersion of asw.dev.",
    UNKNOWN_FIELD: "The manifest has a field that its kind does not have.",
    MISSING_FIELD: "The manifest lacks a field that its kind must have.",
    INVALID_FIELD: "A field of the manifest has a wrong value.",
    INVALID_NAME: "metadata.name is not a name that Kubernetes accepts.",
    DUPLICATE_OBJECT: "Two objects of one kind have the same name, so that one would be lost.",
    MISSING_FUNCTION: "A Task calls a Function that does not exist: it fails when it runs.",
    MISSING_CONNECTION: "A Task calls a service, and no Connection says where it is.",
    UNUSABLE_FUNCTION: "A Task calls a Function that cannot run here as it is.",
    INVALID_CODE: "A file of a Function is not valid Python.",
    MISSING_HANDLER: "The code of a Function lacks what its handler names.",
    MISSING_MODULE: "A Function imports a module that the image of its runtime lacks.",
    MISSING_WORKFLOW: "An Execution, a Schedule or a Trigger names a Workflow that does not exist.",
    MISSING_OBJECT: "The cluster lacks an object that a manifest names, or a key of its data.",
    UNTOLD: "The cluster does not let you see whether a named object exists.",
    REFUSED_BY_CLUSTER: "The API server would not accept the manifest as it is.",
    NULLS_AT_RISK: (
        "A Workflow has nulls that a merge patch, as Helm and kubectl edit send it, would silently"
        " drop."
    ),
    NULLS_LOST: "A member is not null, though spec.nulls says so: the operator refuses that.",
    AMBIGUOUS_WORKFLOW: "It is not clear which Workflow is meant.",
    INVALID_INPUT: "The input is missing, not JSON, too large, or nested too deeply.",
    INVALID_ARGUMENT: "An argument of the command does not fit the files.",
    STALE_NOTE: "A note tells asw to ignore a warning that there is not.",
    problems.SCHEMA_VALIDATION_FAILED: (
        "A field of the definition is missing, misspelt, of the wrong type or out of range."
    ),
    problems.MISSING_TRANSITION_TARGET: (
        "A transition leads to a state that does not exist, or none leads to this state."
    ),
    problems.DUPLICATE_STATE_NAME: "Two states of the machine have the same name.",
    problems.DUPLICATE_FIELD: "An object has the same field twice: one of them would be lost.",
    problems.MISSING_END_STATE: "No state of the machine ends it: End, Succeed or Fail.",
    problems.INVALID_STATE_NAME: "The name of a state is empty, or longer than 80 characters.",
    problems.INVALID_LABEL_NAME: "A Map's Label is too long, or has a character it may not have.",
    problems.DUPLICATE_LABEL_NAME: "Two Maps of the machine have the same Label.",
    problems.INVALID_VARIABLE_NAME: "Assign sets something that is not a valid variable name.",
    problems.RESERVED_VARIABLE_NAME: "Assign sets 'states', which belongs to the language.",
    problems.NO_DOLLAR: (
        "A path or a call stands in a field whose name does not end in '.$': it is plain text."
    ),
    problems.NO_PATH: "A path stands in a field whose name does not end in Path: it is plain text.",
    problems.PASS_RESULT_IS_STATIC: "A path stands in Result, which is taken as it is written.",
    problems.ENDLESS_BLOCK: "No path through a branch or an item processor ever ends.",
    problems.FORBIDDEN_LOOP: "States form a loop, which TCSL does not allow.",
    problems.TOO_LARGE: "The definition is larger than 1 MB, or nested too deeply.",
    problems.NOT_SUPPORTED: "A cloud supports this, asw does not yet.",
    problems.IGNORED: "The field is accepted and does nothing.",
    problems.BEYOND_DIALECT: "TCSL does not document this; it works here as in ASL.",
    problems.DUPLICATE_VARIABLE_NAME: (
        "Assign sets a variable of an outer scope, which an inner scope can only read."
    ),
    problems.POSSIBLY_UNDEFINED_VARIABLE: "A variable is read that no state before it assigns.",
    problems.OTHER_LANGUAGE: (
        "A text looks like an expression of the query language that the state does not speak."
    ),
    problems.UNKNOWN_ERROR_NAME: (
        "An error name begins with 'States.' and is not one of the language."
    ),
    codes.PATH_NEVER_FOUND: "A path or an expression never finds anything.",
    codes.PATH_MAY_BE_MISSING: "A path or an expression finds nothing on some way.",
    codes.FIELD_ALWAYS_FAILS: (
        "A field never gets a value that it accepts, a call in it always fails, or its"
        " result has no place."
    ),
    codes.RULE_NEVER_MATCHES: "No run goes by this Choice rule.",
    codes.RULE_ALWAYS_MATCHES: "Every run that gets to this Choice rule goes by it.",
    codes.CHOICE_WITHOUT_DEFAULT: (
        "A Choice without a Default has no rule for some values that may come."
    ),
    codes.STATE_NEVER_REACHED: "No run gets to this state, though others lead to it.",
    codes.ENDLESS_LOOP: "Runs get into a loop that no way leads out of.",
    codes.UNHANDLED_ERRORS: "No Retry and no Catch takes these errors on their way out.",
    codes.HANDLER_NEVER_MATCHES: "No error ever gets to this Retrier or Catcher, or to this name.",
    codes.RETRIER_NEVER_RETRIES: "A Retrier with MaxAttempts 0 that keeps errors from no other.",
    codes.DATA_LIMIT_RISK: "A value may grow over 256 KiB, the most that a state may have.",
    codes.VALUE_NEVER_READ: "Nothing reads this variable or this result.",
    codes.DOUBTFUL_REQUEST: (
        "A request to a service of AWS does not fit the model of its API: AWS refuses that."
    ),
    problems.INVALID_JSONATA_EXPRESSION: "A JSONata expression has wrong syntax.",
    problems.UNSUPPORTED_JSONATA_EXPRESSION: (
        "A JSONata expression reads what does not exist: the only input document is $states."
    ),
}
"""What each code means: the help of a rule in SARIF, and what Chinese users read beside AWS's own
sentence."""
