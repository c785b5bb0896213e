"""CloudFormation's functions, as far as a template tells."""

import pytest

from asw.importing.cloud_yaml import read_export
from asw.importing.intrinsics import Resolver

TEMPLATE = """
Parameters:
  Stage: {Type: String, Default: dev}
  Bucket: {Type: String}
Mappings: {Sizes: {dev: {cpu: small}}}
Resources:
  F: {Type: 'AWS::Lambda::Function'}
  V: {Type: 'AWS::Lambda::Version', Properties: {FunctionName: !GetAtt F.Arn}}
  M: {Type: 'AWS::StepFunctions::StateMachine'}
"""
ARN = "arn:aws:lambda:us-east-1:123456789012:function:pay"


@pytest.mark.parametrize(
    ("yaml", "expected", "open_tokens"),
    [
        ("!Ref Stage", "dev", set()),
        ("!Ref Bucket", "${Bucket}", {"${Bucket}"}),
        ("!Ref F", "pay", set()),
        ("!Ref V", ARN, set()),
        ("!GetAtt F.Arn", ARN, set()),
        ("{'Fn::GetAtt': [F, Arn]}", ARN, set()),
        ("!GetAtt Table.Arn", "${Table.Arn}", {"${Table.Arn}"}),
        ("!Sub 'x-${Stage}-${F.Arn}'", f"x-dev-{ARN}", set()),
        ("!Sub ['${a}/${Stage}', {a: !Ref F}]", "pay/dev", set()),
        ("!Sub '${!Keep}'", "${Keep}", set()),
        ("!Join ['-', [a, !Ref Stage, 3]]", "a-dev-3", set()),
        ("!Select [1, !Split [',', 'a,b']]", "b", set()),
        ("!FindInMap [Sizes, !Ref Stage, cpu]", "small", set()),
        (
            "!FindInMap [Sizes, prod, cpu]",
            "${FindInMap Sizes prod cpu}",
            {"${FindInMap Sizes prod cpu}"},
        ),
        ("!ImportValue shared", "${ImportValue shared}", {"${ImportValue shared}"}),
        ("!If [IsProd, a, b]", "${If IsProd}", {"${If IsProd}"}),
        ("!Base64 abc", "${Base64 abc}", {"${Base64 abc}"}),
        ("!Select [9, [a]]", "${Select a}", {"${Select a}"}),
        ("[!Ref Stage, {k: !Ref Stage}]", ["dev", {"k": "dev"}], set()),
    ],
)
def test_resolve(yaml, expected, open_tokens):
    """What is known is filled in; what is not stays visible, and is remembered."""
    resolver = Resolver(read_export(TEMPLATE, "t"), {"F": "pay"})
    found = resolver.resolve(read_export(f"v: {yaml}", "t")["v"])
    assert found == expected
    assert resolver.open_tokens.keys() == open_tokens


def test_conditions_may_be_told():
    """``--set IsProd=true`` chooses the branch."""
    argument = read_export("v: !If [IsProd, a, b]", "t")["v"]
    assert Resolver({}, {}, {"IsProd": "true"}).resolve(argument) == "a"
    assert Resolver({}, {}, {"IsProd": "false"}).resolve(argument) == "b"


@pytest.mark.parametrize(
    "argument",
    [{"Ref": "M"}, {"Fn::GetAtt": ["M", "Arn"]}, {"Fn::Sub": "${M}"}, {"Fn::Sub": "${M.Arn}"}],
    ids=["Ref", "GetAtt", "Sub", "Sub of an attribute"],
)
def test_state_machines_are_known_by_their_names(argument):
    """A Task that starts an execution of another machine of the template names its Workflow."""
    template = {"Resources": {"M": {"Type": "AWS::Serverless::StateMachine"}}}
    resolver = Resolver(template, {"M": "billing"})
    arn = "arn:aws:states:us-east-1:123456789012:stateMachine:billing"
    assert resolver.resolve(argument) == arn
    assert resolver.resolve({"Fn::GetAtt": ["M", "Name"]}) == "billing"
