"""Jobs of services that answer as AWS's do, from their start to their result. They are moto's."""

import pytest

from asw.connector import jobs
from asw.connector.calls import Call, Done
from asw.connector.connector import Connector
from tests.support.moto import access_to, running_moto

ROLE = "arn:aws:iam::123456789012:role/service-role/r"
TRAINING = {
    "TrainingJobName": "train",
    "AlgorithmSpecification": {"TrainingImage": "i", "TrainingInputMode": "File"},
    "RoleArn": ROLE,
    "OutputDataConfig": {"S3OutputPath": "s3://b"},
    "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 1},
    "StoppingCondition": {"MaxRuntimeInSeconds": 60},
    "InputDataConfig": [
        {
            "ChannelName": "c",
            "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "s3://b"}},
        }
    ],
}
CLUSTER = {
    "Name": "c",
    "ReleaseLabel": "emr-6.0.0",
    "Instances": {
        "InstanceCount": 1,
        "MasterInstanceType": "m5.xlarge",
        "KeepJobFlowAliveWhenNoSteps": True,
    },
    "JobFlowRole": "r",
    "ServiceRole": "s",
}


@pytest.fixture(scope="module")
def endpoint():
    """The address of all services."""
    with running_moto() as address:
        yield address


@pytest.fixture
async def services(endpoint):
    """Makes calls, and runs jobs."""
    async with Connector() as connector:
        yield Services(connector, access_to(endpoint))


class Services:
    """All services at one address."""

    def __init__(self, connector, access):
        self._connector = connector
        self._access = access

    async def make(self, resource, **parameters):
        """The answer of a call, without what belongs to transport."""
        outcome = await self._connector.make(a_call(resource, parameters), self._access)
        assert isinstance(outcome, Done), outcome
        hidden = ("SdkHttpMetadata", "SdkResponseMetadata")
        return {name: it for name, it in outcome.output.items() if name not in hidden}

    async def start(self, resource, **parameters):
        """The call that started a job, its kind, and what names it."""
        call = a_call(resource, parameters)
        kind = jobs.kind_of(call)
        outcome = await self._connector.make(call, self._access)
        assert isinstance(outcome, Done), outcome
        return call, kind, jobs.handle_of(kind, parameters, outcome.output)

    async def ask(self, started, kind, handle):
        """What the answer to a question means."""
        asked = jobs.question(started, kind, handle)
        return jobs.verdict(kind, handle, await self._connector.make(asked, self._access))

    async def result(self, resource, **parameters):
        """The result of a job that ends at once, as moto's do."""
        end = await self.ask(*await self.start(resource, **parameters))
        assert isinstance(end, Done), end
        return end.output


def a_call(resource, parameters):
    """A call whose job is awaited."""
    service, _, action = resource.removeprefix("aws-sdk:").rpartition(":")
    sdk = resource.startswith("aws-sdk:")
    return Call(
        service=service, action=action, sdk=sdk, parameters=parameters, task_id="u", is_job=True
    )


async def test_athena(services):
    """A query is in a member, and its times are numbers."""
    where = {"OutputLocation": "s3://b/"}
    result = await services.result(
        "athena:startQueryExecution", QueryString="select 1", ResultConfiguration=where
    )
    assert result.keys() == {"QueryExecution"}
    status = result["QueryExecution"]["Status"]
    assert status["State"] == "SUCCEEDED"
    assert isinstance(status["CompletionDateTime"], int)


async def test_glue(services):
    """A run is the result itself."""
    command = {"Name": "glueetl", "ScriptLocation": "s3://b/s"}
    await services.make("aws-sdk:glue:createJob", Name="etl", Role="r", Command=command)
    result = await services.result("glue:startJobRun", JobName="etl")
    assert (result["JobName"], result["JobRunState"]) == ("etl", "SUCCEEDED")


async def test_emr(services):
    """A cluster is ready, its step goes on, and it is terminated."""
    cluster = await services.result("elasticmapreduce:createCluster", **CLUSTER)
    assert cluster["Cluster"]["Status"]["State"] == "WAITING"
    given = {"ClusterId": cluster["ClusterId"]}
    step = {"Name": "s", "HadoopJarStep": {"Jar": "j"}}
    started = await services.start("elasticmapreduce:addStep", Step=step, **given)
    assert await services.ask(*started) is None
    ended = await services.result("elasticmapreduce:terminateCluster", **given)
    assert ended["Cluster"]["Status"]["State"] == "TERMINATED"


async def test_sagemaker(services):
    """A training job is described by its name."""
    result = await services.result("sagemaker:createTrainingJob", **TRAINING)
    assert (result["TrainingJobName"], result["TrainingJobStatus"]) == ("train", "Completed")


async def test_codebuild(services):
    """A build is in a member."""
    await services.make(
        "aws-sdk:codebuild:createProject",
        Name="project",
        Source={"Type": "S3", "Location": "bucket/path"},
        Artifacts={"Type": "NO_ARTIFACTS"},
        Environment={
            "Type": "LINUX_CONTAINER",
            "Image": "image",
            "ComputeType": "BUILD_GENERAL1_SMALL",
        },
        ServiceRole=ROLE,
    )
    result = await services.result("codebuild:startBuild", ProjectName="project")
    assert result.keys() == {"Build"}
    assert result["Build"]["BuildStatus"] == "SUCCEEDED"


async def test_emr_serverless(services):
    """An application is created, and runs a job."""
    application = await services.result(
        "emr-serverless:createApplication", Name="a", ReleaseLabel="emr-6.6.0", Type="SPARK"
    )
    run = await services.result(
        "emr-serverless:startJobRun",
        ApplicationId=application["ApplicationId"],
        ExecutionRoleArn=ROLE,
        JobDriver={"SparkSubmit": {"EntryPoint": "s"}},
    )
    assert run["State"] == "SUCCESS"
