"""Runs the state machine on standard input in moto, so many times: prints the seconds as JSON.

For the Python that has moto, which has no asw. The seconds are the processor's; moto is asked
seldom whether it is done, which keeps the asking out of the figure.
"""

import json
import sys
import time
from typing import Any

import boto3
from moto import mock_aws

ASK_EVERY_SECONDS = 0.25
ROLE = "arn:aws:iam::123456789012:role/bench"


def main(rounds: str) -> int:
    """Run it once to warm up and then as often as is asked."""
    definition = sys.stdin.read()
    with mock_aws(config={"stepfunctions": {"execute_state_machine": True}}):
        client = boto3.client(
            "stepfunctions",
            region_name="us-east-1",
            aws_access_key_id="bench",
            aws_secret_access_key="bench",
        )
        made = client.create_state_machine(name="bench", definition=definition, roleArn=ROLE)
        arn = made["stateMachineArn"]
        seconds = [_seconds(client, arn, f"bench-{n}") for n in range(1 + int(rounds))]
    print(json.dumps(seconds[1:]))
    return 0


def _seconds(client: Any, machine: str, name: str) -> float:
    began = time.process_time()
    started = client.start_execution(stateMachineArn=machine, name=name, input="{}")
    while True:
        time.sleep(ASK_EVERY_SECONDS)
        seen = client.describe_execution(executionArn=started["executionArn"])
        if seen["status"] != "RUNNING":
            assert seen["status"] == "SUCCEEDED", seen
            return time.process_time() - began


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
