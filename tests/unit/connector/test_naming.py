"""Names as Step Functions spells them."""

import pytest

from asw.connector import naming

SERVICES = {
    # serviceId of the model: exception prefix (Developer Guide, table of service integrations)
    "Access Analyzer": "AccessAnalyzer",
    "ACM PCA": "AcmPca",
    "AmplifyUIBuilder": "AmplifyUiBuilder",
    "API Gateway": "ApiGateway",
    "ApiGatewayV2": "ApiGatewayV2",
    "Application Discovery Service": "ApplicationDiscovery",
    "b2bi": "B2Bi",
    "billingconductor": "Billingconductor",
    "CleanRoomsML": "CleanRoomsMl",
    "Cloud9": "Cloud9",
    "CloudFront KeyValueStore": "CloudFrontKeyValueStore",
    "CloudHSM V2": "CloudHsmV2",
    "CloudWatch Logs": "CloudWatchLogs",
    "CodeStar connections": "CodeStarConnections",
    "codestar notifications": "CodestarNotifications",
    "Config Service": "Config",
    "Cost and Usage Report Service": "CostAndUsageReport",
    "Database Migration Service": "DatabaseMigration",
    "Directory Service": "Directory",
    "Directory Service Data": "DirectoryServiceData",
    "DocDB Elastic": "DocDbElastic",
    "DynamoDB": "DynamoDb",
    "EC2 Instance Connect": "Ec2InstanceConnect",
    "ECR PUBLIC": "EcrPublic",
    "Elastic Load Balancing v2": "ElasticLoadBalancingV2",
    "Elasticsearch Service": "Elasticsearch",
    "EMR containers": "EmrContainers",
    "EventBridge": "EventBridge",
    "finspace data": "FinspaceData",
    "forecastquery": "Forecastquery",
    "FSx": "FSx",
    "Inspector2": "Inspector2",
    "IoT": "Iot",
    "IoT Wireless": "IotWireless",
    "IoTSiteWise": "IoTSiteWise",
    "IoTTwinMaker": "IoTTwinMaker",
    "ivschat": "Ivschat",
    "Kinesis Analytics V2": "KinesisAnalyticsV2",
    "Kinesis Video WebRTC Storage": "KinesisVideoWebRtcStorage",
    "Lex Model Building Service": "LexModelBuilding",
    "Lex Models V2": "LexModelsV2",
    "m2": "M2",
    "Marketplace Entitlement Service": "MarketplaceEntitlement",
    "MediaPackage Vod": "MediaPackageVod",
    "MTurk": "MTurk",
    "OpsWorksCM": "OpsWorksCm",
    "Pinpoint SMS Voice V2": "PinpointSmsVoiceV2",
    "QConnect": "QConnect",
    "Resource Explorer 2": "ResourceExplorer2",
    "Resource Groups Tagging API": "ResourceGroupsTaggingApi",
    "Route53 Recovery Cluster": "Route53RecoveryCluster",
    "S3Outposts": "S3Outposts",
    "SageMaker A2I Runtime": "SageMakerA2IRuntime",
    "Sagemaker Edge": "SagemakerEdge",
    "savingsplans": "Savingsplans",
    "Secrets Manager": "SecretsManager",
    "SESv2": "SesV2",
    "SFN": "Sfn",
    "SSM Contacts": "SsmContacts",
    "SSO OIDC": "SsoOidc",
    "Timestream InfluxDB": "TimestreamInfluxDb",
    "VPC Lattice": "VpcLattice",
    "WAFV2": "Wafv2",
    "WorkSpaces Thin Client": "WorkSpacesThinClient",
    "XRay": "XRay",
}


@pytest.mark.parametrize(("service_id", "name"), SERVICES.items())
def test_a_service_is_named_as_documented(service_id, name):
    """AWS's table of services follows from the models, with no table of ours."""
    assert naming.service_name(service_id) == name


@pytest.mark.parametrize(
    ("name", "spelt"),
    {
        "ETag": "ETag",
        "DBInstanceIdentifier": "DbInstanceIdentifier",
        "stateMachineArn": "StateMachineArn",
        "ChecksumCRC32": "ChecksumCRC32",
        "SSEKMSKeyId": "SsekmsKeyId",
        "MD5OfBody": "Md5OfBody",
        "ACL": "Acl",
        "S": "S",
        "equals": "EqualsValue",
    }.items(),
)
def test_a_member_is_spelt_as_the_sdk_does(name, spelt):
    """Parameters and results of aws-sdk calls are the properties of AWS's SDK for Java."""
    assert naming.member_name(name) == spelt


@pytest.mark.parametrize(
    ("shape", "name", "legacy"),
    [
        ("ResourceNotFoundException", "ResourceNotFoundException", "ResourceNotFoundException"),
        ("NoSuchKey", "NoSuchKeyException", "NoSuchKeyException"),
        ("InvalidToken", "InvalidTokenException", "InvalidTokenException"),
        ("DBInstanceNotFoundFault", "DbInstanceNotFoundException", "DBInstanceNotFoundException"),
    ],
)
def test_an_error_always_ends_in_exception(shape, name, legacy):
    """Developer Guide: the suffix is always there, whatever the service calls the error."""
    assert naming.exception_name(shape) == name
    assert naming.legacy_exception_name(shape) == legacy


@pytest.mark.parametrize(
    ("operation", "action"),
    [("DescribeDBInstances", "describeDBInstances"), ("GetItem", "getItem")],
)
def test_an_action_is_the_method_of_the_sdk(operation, action):
    """Only the start of an operation's name is made small."""
    assert naming.camel(operation) == action
