"""What people write in real templates, and AWS or a framework takes, is imported as it is meant."""

import json

import pytest

from asw.failures import Failure

_HEAD = "Transform: AWS::Serverless-2016-10-31\n"
_WAIT = (
    '{"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": ${Delay}, "Next": "T"},'
    ' "T": {"Type": "Task", "Resource": "${FnArn}", "End": true}}}'
)


def _sam(machine="", **files):
    text = f"""{_HEAD}
Parameters:
  Delay: {{Type: Number, Default: 5}}
  Later: {{Type: Number}}
Resources:
  Fn: {{Type: AWS::Serverless::Function, Properties: {{Runtime: python3.12, Handler: a.b}}}}
  Flow:
    Type: AWS::Serverless::StateMachine
    Properties:
      {machine}
"""
    return {"template.yaml": text, **{name.replace("_", "."): it for name, it in files.items()}}


def _substituted(delay):
    return (
        "DefinitionUri: flow.json\n"
        f"      DefinitionSubstitutions: {{Delay: !Ref {delay}, FnArn: !GetAtt Fn.Arn}}"
    )


def _plugin(text, **files):
    return {"serverless.yml": text, **{name.replace("_", "."): it for name, it in files.items()}}


def test_substitutions_are_made_in_the_text(imported):
    """A number is one after it took the place of ``${Delay}``, as at AWS."""
    found = imported(_sam(_substituted("Delay"), flow_json=_WAIT))
    assert found.states["W"]["Seconds"] == 5
    assert found.states["T"]["Resource"] == "asw:function:Fn"


def test_an_unknown_value_outside_of_strings_is_open(imported):
    """A bare token without a value does no harm but to be told."""
    found = imported(_sam(_substituted("Later"), flow_json=_WAIT))
    assert found.states["W"]["Seconds"] == "${Later}"
    assert any("the value ${Later} is not known" in note for note in found.notes("open"))


def test_a_bare_token_of_a_definition(imported):
    """Alone, too, a definition may have them; --set fills in numbers and texts."""
    found = imported({"flow.asl.json": _WAIT})
    assert found.states["W"]["Seconds"] == "${Delay}"
    found = imported({"flow.asl.json": _WAIT}, Delay="7", FnArn="pay")
    assert found.states["W"]["Seconds"] == 7
    assert imported({"flow.asl.json": _WAIT}, Delay="x").states["W"]["Seconds"] == "x"


@pytest.mark.parametrize(
    "text",
    [
        '{"StartAt": "P", "States": {"P": {"Type": "Pass", "End": true,},},}',
        '{"StartAt": "P",\n"States": {"P": {"Type": "Pass", "Result": [1, 2,], "End": true}}}',
    ],
)
def test_trailing_commas(imported, text):
    """AWS reads as YAML what is no JSON, so that trailing commas are let through."""
    assert imported({"flow.asl.json": text}).states["P"]["Type"] == "Pass"
    assert imported(_sam("DefinitionUri: f.json", f_json=text)).states["P"]["End"] is True


def test_escapes_of_json_beside_a_trailing_comma(imported):
    """YAML knows no characters escaped in two halves; they are read all the same."""
    state = r'{"Type": "Pass", "Result": "\ud83e\udd41 \\\\ud", "End": true,}'
    text = f'{{"StartAt": "P", "States": {{"P": {state}}}}}'
    assert imported({"flow.asl.json": text}).states["P"]["Result"] == "\U0001f941 \\\\ud"


def test_broken_json_is_told_as_json(imported):
    """What is neither JSON nor YAML is told in the words of the file's name."""
    with pytest.raises(Failure) as caught:
        imported({"flow.asl.json": '{"StartAt": "P" "States": {}}'})
    assert "flow.asl.json is neither JSON nor YAML: " in caught.value.message


@pytest.mark.parametrize(
    ("resource", "name"),
    [("!Ref Work", "Work"), ("!GetAtt Named.Arn", "by-hand"), ("!Sub '${Named}'", "by-hand")],
)
def test_references_to_activities(imported, resource, name):
    """They are ARNs of activities, and no function is made up for them."""
    found = imported(
        {
            "template.yaml": f"""
Resources:
  Work: {{Type: AWS::StepFunctions::Activity}}
  Named: {{Type: AWS::StepFunctions::Activity, Properties: {{Name: by-hand}}}}
  Flow:
    Type: AWS::StepFunctions::StateMachine
    Properties:
      Definition:
        StartAt: T
        States: {{T: {{Type: Task, Resource: {resource}, End: true}}}}
"""
        }
    )
    arn = f"arn:aws:states:us-east-1:123456789012:activity:{name}"
    assert found.states["T"]["Resource"] == arn
    assert found.conversion.functions == []
    assert any(arn in note for note in found.notes("open"))


_PSEUDO = """
service: s
functions: {pay: {handler: a.b, runtime: python3.12}}
stepFunctions:
  stateMachines:
    flow:
      definition:
        StartAt: T
        States:
          T:
            Type: Task
            Resource: "arn:aws:lambda:#{AWS::Region}:#{AWS::AccountId}:function:s-dev-pay"
            Next: U
          U: {Type: Pass, Result: "#{Table} #{Table.Arn}", End: true}
"""


def test_pseudo_parameters_of_the_framework(imported):
    """``#{AWS::AccountId}`` is what ``${AWS::AccountId}`` is in a Sub."""
    found = imported(_plugin(_PSEUDO))
    assert found.states["T"]["Resource"] == "asw:function:pay"
    assert found.states["U"]["Result"] == "${Table} ${Table.Arn}"


_LISTS = """
service: s
provider: {runtime: python3.12}
functions:
  - ${file(functions.yml)}
  - pay: {handler: a.pay}
resources:
  - Resources: {Work: {Type: AWS::StepFunctions::Activity}}
  - ${file(resources.yml)}
stepFunctions:
  stateMachines:
    - flow:
        definition:
          StartAt: T
          States:
            T: {Type: Task, Resource: !GetAtt [check, Arn], Next: U}
            U: {Type: Task, Resource: !GetAtt [pay, Arn], Next: V}
            V: {Type: Task, Resource: !Ref Work, Next: W}
            W: {Type: Task, Resource: !Ref Other, End: true}
"""


def test_sections_of_the_framework_as_lists(imported):
    """``functions:`` and ``resources:`` may be lists of parts, each here or in a file."""
    found = imported(
        _plugin(
            _LISTS,
            functions_yml="check: {handler: a.check}",
            resources_yml="Resources: {Other: {Type: AWS::StepFunctions::Activity}}",
        )
    )
    resources = [state["Resource"].rpartition(":")[2] for state in found.states.values()]
    assert resources == ["check", "pay", "Work", "Other"]
    assert [it["metadata"]["name"] for it in found.conversion.functions] == ["check", "pay"]


_TWO = """
Resources:
  First:
    Type: AWS::StepFunctions::StateMachine
    Properties:
      StateMachineName: flow
      Definition:
        StartAt: T
        States:
          T:
            Type: Task
            Resource: arn:aws:states:::states:startExecution
            Parameters: {StateMachineArn: !Ref Second}
            End: true
  Second:
    Type: AWS::StepFunctions::StateMachine
    Properties:
      StateMachineName: SECOND
      DefinitionString: '{"StartAt": "P", "States": {"P": {"Type": "Pass", "End": true}}}'
"""


def _specs(found):
    return [it["spec"] | {"metadata": it["metadata"]["name"]} for it in found.conversion.workflows]


def test_two_machines_of_one_template(imported):
    """Each becomes a Workflow, and one that starts the other names it as it is called here."""
    first, second = _specs(imported({"template.yaml": _TWO.replace("SECOND", "other")}))
    assert (first["metadata"], second["metadata"]) == ("flow", "other")
    arn = first["definition"]["States"]["T"]["Parameters"]["StateMachineArn"]
    assert arn == "arn:aws:states:us-east-1:123456789012:stateMachine:other"


def test_two_machines_of_one_name(imported):
    """Names that are the same, as of two stages, are kept apart."""
    first, second = _specs(imported({"template.yaml": _TWO.replace("SECOND", "flow")}))
    assert first["metadata"] != second["metadata"]
    assert first.get("name", first["metadata"]) != second.get("name", second["metadata"])


def test_one_of_two_machines_is_not_there(imported):
    """The other is imported all the same."""
    text = _TWO.replace("DefinitionString: '{", "DefinitionUri: nowhere.json\n      Comment: '{")
    found = imported({"template.yaml": text})
    assert found.workflow["metadata"]["name"] == "flow"
    assert any("no file nowhere.json" in note for note in found.notes("open"))


_CONDITIONS = """
Parameters:
  Stage: {Type: String, Default: dev}
  Open: {Type: String}
  Zones: {Type: CommaDelimitedList, Default: 'a,b'}
Conditions:
  IsProd: !Equals [!Ref Stage, prod]
  IsDev: !Not [!Condition IsProd]
  IsBoth: !And [!Condition IsDev, !Equals [!Ref Stage, dev]]
  IsEither: !Or [!Condition IsProd, !Condition IsUnknown, !Condition IsDev]
  IsUnknown: !Equals [!Ref Open, x]
  IsNeither: !And [!Condition IsUnknown, !Condition IsProd]
  IsLoop: !Not [!Condition IsLoop]
  IsOdd: !Equals [a]
Resources:
  Flow:
    Type: AWS::StepFunctions::StateMachine
    Properties:
      Definition:
        StartAt: P
        States: {P: {Type: Pass, Result: RESULT, End: true}}
"""


@pytest.mark.parametrize(
    ("value", "result"),
    [
        ("!If [IsProd, 1, 2]", 2),
        ("!If [IsDev, 1, 2]", 1),
        ("!If [IsBoth, 1, 2]", 1),
        ("!If [IsEither, 1, 2]", 1),
        ("!If [IsNeither, 1, 2]", 2),
        ("!If [IsProd, 1, !If [IsDev, 3, 4]]", 3),
        ("!If [IsUnknown, 1, 2]", "${If IsUnknown}"),
        ("!If [IsLoop, 1, 2]", "${If IsLoop}"),
        ("!If [IsOdd, 1, 2]", "${If IsOdd}"),
        ("!If [IsNone, 1, 2]", "${If IsNone}"),
        ("!If [IsProd]", "${If IsProd}"),
        ("{a: !If [IsProd, 1, !Ref AWS::NoValue], b: 2}", {"b": 2}),
        ("[1, !If [IsProd, 1, !Ref AWS::NoValue]]", [1]),
        ("!Join ['-', !Ref Zones]", "a-b"),
        ("!Select [1, !Ref Zones]", "b"),
    ],
)
def test_conditions_by_the_defaults_of_parameters(imported, value, result):
    """A condition is decided by defaults where they tell, and a token where they do not."""
    found = imported({"template.yaml": _CONDITIONS.replace("RESULT", value)})
    assert found.states["P"]["Result"] == result


def test_each_join_has_a_name_of_its_own(imported):
    """Functions that nobody can name here are not taken for one."""
    task = "{Type: Task, Resource: !Join ['', !GetAtt Lookup%s], Next: N%s}"
    states = ", ".join(f"N{n}: {task % (name, n + 1)}" for n, name in enumerate(("A.x", "B.x")))
    text = _CONDITIONS.replace("P: {Type: Pass", f"{states}, N2: {{Type: Pass").replace(
        "StartAt: P", "StartAt: N0"
    )
    found = imported({"template.yaml": text.replace("RESULT", "1")})
    assert len({json.dumps(found.states[f"N{n}"]["Resource"]) for n in range(2)}) == 2
    assert len(found.conversion.functions) == 2


def test_what_reads_the_same_stays_apart(imported):
    """Joins whose texts are the same but not their parts get a number."""
    text = _CONDITIONS.replace(
        "RESULT", "[!Join ['', {a: b}], !Join ['', {b: b}], !Join ['', {a: b}]]"
    )
    one, two, again = imported({"template.yaml": text}).states["P"]["Result"]
    assert (one, two, again) == ("${Join b}", "${Join b 2}", "${Join b}")


_SCRIPTED = """
service: s
stepFunctions:
  stateMachines:
    made: {definition: '${file(made.js)}'}
    plain: {definition: {StartAt: P, States: {P: {Type: Pass, End: true}}}}
"""


def test_one_of_the_framework_is_made_by_a_script(imported):
    """The others are imported all the same."""
    found = imported(_plugin(_SCRIPTED))
    assert found.workflow["metadata"]["name"] == "plain"
    assert any("made: definition is not a definition" in note for note in found.notes("open"))


def test_one_of_two_definitions_is_no_object(imported):
    """One that a transform would make is told, and the other imported."""
    text = _TWO.replace(
        "DefinitionString: '{", "Definition: {'Fn::Transform': x}\n      Comment: '{"
    )
    found = imported({"template.yaml": text})
    assert found.workflow["metadata"]["name"] == "flow"
    assert any("Second: the definition is not an object" in note for note in found.notes("open"))
