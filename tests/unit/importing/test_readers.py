"""Exports as services and frameworks write them become the manifests that are meant."""

import json

import pytest

from asw.api.function import Function
from asw.api.workflow import Workflow
from asw.failures import Failure
from tests.unit.importing import samples

ALL = {
    name: value
    for name, value in vars(samples).items()
    if name.isupper() and isinstance(value, dict)
}


@pytest.mark.parametrize("files", ALL.values(), ids=ALL)
def test_manifests_are_valid(imported, files):
    """Whatever is written is an object that the API server takes."""
    conversion = imported(files).conversion
    assert conversion.workflows
    for manifest in conversion.workflows:
        Workflow.parse(manifest)
    for manifest in conversion.functions:
        Function.parse(manifest)


def test_sam(imported):
    """Substitutions become Functions, Globals their settings; code of two files is taken along."""
    found = imported(samples.SAM)
    assert found.workflow["metadata"]["name"] == "order-machine"
    assert found.states["Check stock"]["Resource"] == "asw:function:CheckStock"
    assert found.states["Charge"]["Parameters"]["FunctionName"] == "Charge"
    check = found.function("check-stock")
    assert sorted(check["code"]["inline"]) == ["app.py", "stock.py"]
    assert check["handler"] == "app.lambda_handler"
    assert check["timeoutSeconds"] == 15
    assert check["resources"]["limits"] == {"memory": "256Mi"}
    assert {"name": "STAGE", "value": "dev"} in check["env"]
    assert "KEY" not in [variable["name"] for variable in check["env"]]
    assert found.function("charge")["image"] == "fill-in.invalid/charge"


def test_what_sam_has_and_asw_has_not_is_told_with_its_place(imported):
    """Nothing gets lost without a word; functions of others are none of the workflow's."""
    found = imported(samples.SAM)
    unsupported = "\n".join(found.notes("unsupported"))
    assert "OrderMachine.Properties.Events.Hourly" in unsupported
    functions = "\n".join(found.notes("function"))
    assert "Charge: java21 is not a runtime" in functions
    assert "Resources.Charge.Properties.Layers" in functions
    open_values = "\n".join(found.notes("open"))
    assert "OrderMachine: /States/Record/Resource: arn:aws:states:::dynamodb:putItem" in open_values
    assert "/States/Record/Parameters/TableName: the value ${Orders}" in open_values
    assert "Resources.CheckStock: KEY: the variable is a secret" in open_values
    left_out = "\n".join(found.notes("left-out"))
    assert "no state calls: Unrelated" in left_out
    assert "OrderMachine.Properties.Policies" in left_out
    assert "Unrelated." not in left_out + unsupported


@pytest.mark.parametrize(
    ("sample", "old", "new", "places"),
    [
        (
            samples.SAM,
            "DefinitionUri:",
            "KmsKeyArn: k\n      DefinitionUri:",
            ["Resources.OrderMachine.Properties.KmsKeyArn: asw has no equivalent"],
        ),
        (
            samples.PLUGIN,
            "      definition: ${file",
            "      alarms: {topics: {ok: a}}\n      definition: ${file",
            ["stateMachines.orderFlow.alarms: asw has no equivalent"],
        ),
        (
            samples.PLUGIN,
            "    handler: src/stock.check",
            "    handler: src/stock.check\n    vpc: {subnetIds: [a]}\n    snapStart: true",
            [
                "functions.check-stock.VpcConfig: subnets and security groups",
                "functions.check-stock.snapStart: asw has no equivalent",
            ],
        ),
        (
            samples.TENCENT_SERVERLESS,
            "inputs:",
            "inputs:\n  asyncInvoke: true",
            ["asyncInvoke: asw has no equivalent"],
        ),
    ],
    ids=["sam", "machine of the plugin", "function of the plugin", "component"],
)
def test_settings_that_nobody_reads_are_told(imported, sample, old, new, places):
    """Whoever moves has to know of each that it is not there any more."""
    assert any(old in text for text in sample.values())
    found = imported({name: text.replace(old, new) for name, text in sample.items()})
    left_out = "\n".join(found.notes("left-out"))
    for place in places:
        assert place in left_out


def test_parameters_may_be_set(imported):
    """A value from the command line fills what the template leaves to the deployment."""
    found = imported(samples.SAM, Orders="orders-prod", Stage="prod", Topic="topic")
    assert found.states["Record"]["Parameters"]["TableName"] == "orders-prod"
    assert {"name": "STAGE", "value": "prod"} in found.function("check-stock")["env"]
    assert [line for line in found.notes("open") if "${" in line] == []


def test_cdk(imported):
    """A joined definition is put together; the asset's folder has the code, the path the names."""
    found = imported(samples.CDK)
    assert found.workflow["spec"]["name"] == "OrderMachine"
    assert found.workflow["spec"]["definition"]["TimeoutSeconds"] == 300
    assert found.states["Check"]["Resource"] == "arn:aws:states:::lambda:invoke"
    assert found.states["Check"]["Parameters"]["FunctionName"] == "Check"
    assert found.function("check")["code"]["inline"]["index.py"].startswith("def handler")
    assert "asset" not in "".join(found.notes("function"))
    assert found.notes("unsupported") == []
    callback = "/States/Tell/Resource: arn:aws:states:::sqs:sendMessage.waitForTaskToken"
    assert any(callback in line for line in found.notes("open"))
    assert any("${Queue4A7E3555}" in line for line in found.notes("open"))


def test_cloudformation(imported):
    """Alias, ARN, mapping and Sub all lead to the Function; a literal is no open value."""
    found = imported(samples.CLOUDFORMATION)
    assert found.workflow["spec"]["name"] == "Take_Order"
    resources = [found.states[name]["Resource"] for name in "AB"]
    assert resources == ["asw:function:check-prod"] * 2
    assert found.states["C"]["Result"] == "${Prefix}-x ${literal}"
    (open_value,) = found.notes("open")
    assert "/States/C/Result: the value ${Prefix}" in open_value
    assert "imports boto3" in "".join(found.notes("function"))
    assert "alias live" in "".join(found.notes("left-out"))
    assert "Express" in "".join(found.notes("unsupported"))


def test_the_level_of_lines_is_kept(imported):
    """Where they go is not the Workflow's business."""
    found = imported(samples.SAM)
    assert found.workflow["spec"]["logging"] == {"level": "ALL"}
    assert "setting of the operator" in "".join(found.notes("left-out"))
    off = '"level": "OFF", "includeExecutionData": false'
    new = '"level": "ERROR", "includeExecutionData": true'
    found = imported({name: text.replace(off, new) for name, text in samples.DESCRIBED.items()})
    assert found.workflow["spec"]["logging"] == {"level": "ERROR", "includeExecutionData": True}


def test_described_machine(imported):
    """The definition is text in it; an alias of a function is left out, with a word."""
    found = imported(samples.DESCRIBED)
    assert found.states["Resize"]["Resource"] == "asw:function:resize-image"
    assert "alias prod" in "".join(found.notes("left-out"))
    assert "LoggingConfiguration" not in "".join(found.notes("left-out"))
    code = found.function("resize-image")["code"]["inline"]["index.py"]
    assert "NotImplementedError" in code


def test_tencent_component(imported):
    """Definition and function are found in the files that the components name."""
    found = imported(samples.TENCENT_SERVERLESS)
    spec = found.workflow["spec"]
    assert found.workflow["metadata"]["name"] == "asw-demo-flow"
    assert spec["dialect"] == "TCSL"
    assert spec["defaultInput"] == {"key": "value"}
    resource = found.states["查库存"]["Resource"]
    assert resource == "qrn:qcs:asw:ap-guangzhou:1250000000:sdk:json:qcloud:scf:Invoke/stock"
    assert found.function("stock")["env"] == [{"name": "CITY", "value": "广州"}]
    assert "/States/转码/Resource" in "".join(found.notes("unsupported"))
    assert "SCF namespace prod" in "".join(found.notes("left-out"))


def test_several_components_in_a_file(imported):
    """Older files of Tencent's components hold instances under names of their own."""
    flow = samples.TENCENT_SERVERLESS["workflow.json"].replace("\n", "")
    text = (
        "stock:\n  component: '@serverless/tencent-scf'\n  inputs: {name: stock, codeUri: ./src}\n"
        f"flow:\n  component: '@serverless/tencent-asw'\n  inputs: {{definition: '{flow}'}}\n"
    )
    code = {"src/index.py": "def main_handler(event, context):\n    return 1\n"}
    found = imported({"serverless.yml": text, **code})
    assert found.workflow["metadata"]["name"] == "flow"
    assert "index.py" in found.function("stock")["code"]["inline"]


def test_tencent_flow_service(imported):
    """An answer of DescribeFlowServiceDetail is TCSL; a default input that is no JSON is none."""
    found = imported(samples.FLOW_SERVICE)
    spec = found.workflow["spec"]
    assert spec["dialect"] == "TCSL"
    assert "defaultInput" not in spec
    inner = found.states["Map"]["Iterator"]["States"]["My Stage"]
    assert inner["Parameters"]["FunctionName"] == "some-lambda"


def test_plugin(imported):
    """Functions are known by logical ids and by names with service and stage."""
    found = imported(samples.PLUGIN)
    assert found.workflow["metadata"]["name"] == "order-dev"
    assert found.states["Check"]["Resource"] == "asw:function:check-stock"
    assert found.states["Ship"]["Resource"] == "asw:function:ship"
    assert found.function("check-stock")["handler"] == "stock.check"
    assert found.function("check-stock")["env"] == [{"name": "STAGE", "value": "dev"}]
    unsupported = "\n".join(found.notes("unsupported"))
    assert "startExecution.sync" not in unsupported
    assert "trigger of type schedule" in unsupported


def test_stage_of_the_plugin_may_be_set(imported):
    """``--set stage=prod`` is what ``--stage prod`` is to the framework."""
    found = imported(samples.PLUGIN, stage="prod")
    assert found.workflow["metadata"]["name"] == "order-prod"


def test_bare_definition_with_placeholders(imported):
    """A file of SAM alone tells no Functions: their names are read off the placeholders."""
    found = imported({"order.asl.json": samples.ORDER_ASL})
    assert found.workflow["metadata"]["name"] == "order"
    assert found.states["Check stock"]["Resource"] == "asw:function:CheckStock"
    assert sorted(it["metadata"]["name"] for it in found.conversion.functions) == [
        "charge",
        "check-stock",
    ]


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"x.json": '{"a": 1}'}, "not an export that asw knows"),
        ({"x.yaml": "Resources: {Q: {Type: 'AWS::SQS::Queue'}}"}, "has no state machine"),
        ({"x.yaml": "component: scf\ninputs: {name: f}"}, "has no state machine"),
        ({"x.yaml": "component: asw\ninputs: {definition: ./flow.json}"}, "no file ./flow.json"),
        ({"x.yaml": "component: asw\ninputs: {}"}, "inputs.definition is not a definition"),
        ({"x.yaml": "Resources: {M: 3}"}, "has no state machine"),
        (
            {
                "x.yaml": "Resources: {M: {Type: 'AWS::StepFunctions::StateMachine', Properties: "
                "{DefinitionS3Location: {Bucket: b, Key: flow.json}}}}"
            },
            "x.yaml: Resources.M: its definition is not in the export",
        ),
        ({"x.yaml": "a: 1\n b: 2"}, "line 2, column 3"),
        ({"x.yaml": "a: &a [*a]"}, "an alias that contains itself"),
        ({"x.json": '{"a": 1,'}, "neither JSON nor YAML"),
    ],
)
def test_what_is_no_export_is_told(imported, files, message):
    """What is wrong, and never a traceback."""
    with pytest.raises(Failure) as caught:
        imported(files)
    assert message in caught.value.message
    assert caught.value.remedy


def test_aliases_of_yaml_cannot_fill_the_memory(imported):
    """A few lines that stand for billions of values are refused."""
    lines = ["a0: &a0 [1, 2, 3, 4, 5, 6, 7, 8, 9]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12)]
    with pytest.raises(Failure, match="more than"):
        imported({"x.yaml": "\n".join(lines)})


def test_nulls_of_a_default_input_are_listed(imported):
    """They have no text to be kept in, so the operator refuses what lost one."""
    flow = {"StartAt": "A", "States": {"A": {"Type": "Pass", "End": True}}}
    given = {"Definition": json.dumps(flow), "Input": '{"a": null, "b": {"c/d": null}}'}
    spec = imported({"flow.json": json.dumps({"FlowServiceName": "flow", **given})}).workflow[
        "spec"
    ]
    assert spec["defaultInput"] == {"a": None, "b": {"c/d": None}}
    assert spec["nulls"] == ["/defaultInput/a", "/defaultInput/b/c~1d"]


@pytest.mark.parametrize("wanted", ["asl", "sam", "cdk", "serverless", "asw-export"])
@pytest.mark.parametrize("files", ALL.values(), ids=ALL)
def test_a_wrong_format_is_no_fault_of_asw(imported, files, wanted):
    """Whatever is claimed of a file, the answer is manifests or a Failure."""
    try:
        found = imported(files, wanted)
    except Failure as failure:
        assert failure.remedy  # noqa: PT017 -- either way is right, a traceback is not
    else:
        assert found.conversion.workflows


def test_what_the_api_server_would_change_is_kept_as_text(imported):
    """1.0, which becomes 1 there, is kept in a text; so are nulls, which Helm's patches drop."""
    number, null, other = '"Result": 1.0, ', '"ResultPath": null, ', '"Result": [null], '
    kept_in = {number: "definitionText", null: "definitionText", other: "definition"}
    for fields, place in kept_in.items():
        state = f'{{"Type": "Pass", {fields}"End": true}}'
        found = imported({"x.asl.json": f'{{"StartAt": "A", "States": {{"A": {state}}}}}'})
        (kept,) = found.workflow["spec"].keys() & {"definition", "definitionText"}
        assert kept == place
        assert fields.rstrip(", ") in found.workflow["spec"].get("definitionText", fields)
