/** The second argument of a handler: SCF's keys and Lambda's, and a sign of life. */
'use strict';

const { remainingMs } = require('./invocation.js');

const { stringify } = JSON; // user code may replace it

/** What a function may know of its own run. The request id is the task id. */
function contextOf(invocation, beat) {
  const { functionName, functionVersion, memoryMb, taskId } = invocation;
  const variables = { ...process.env };
  return {
    callbackWaitsForEmptyEventLoop: true,
    // SCF
    memory_limit_in_mb: memoryMb,
    time_limit_in_ms: invocation.timeoutSeconds * 1000 || remainingMs(invocation),
    request_id: taskId,
    environment: stringify(variables),
    environ: Object.entries(variables).map(([name, value]) => `${name}=${value}`).join(';'),
    function_version: functionVersion,
    function_name: functionName,
    namespace: invocation.namespace,
    tencentcloud_region: variables.TENCENTCLOUD_REGION ?? '',
    tencentcloud_appid: variables.TENCENTCLOUD_APPID ?? '',
    tencentcloud_uin: variables.TENCENTCLOUD_UIN ?? '',
    // Lambda
    functionName,
    functionVersion,
    memoryLimitInMB: String(memoryMb),
    logGroupName: variables.AWS_LAMBDA_LOG_GROUP_NAME ?? '',
    logStreamName: variables.AWS_LAMBDA_LOG_STREAM_NAME ?? '',
    clientContext: undefined,
    identity: undefined,
    invokedFunctionArn: arn(invocation),
    awsRequestId: taskId,
    /** What is left of the function's timeout; of a day where it has none. */
    getRemainingTimeInMillis: () => remainingMs(invocation),
    /** Tell the engine that the task is alive (ASL: HeartbeatSeconds); cheap to call often. */
    heartbeat: beat,
  };
}

function arn({ functionName, functionVersion }) {
  const region = process.env.AWS_REGION ?? 'us-east-1';
  const suffix = functionVersion === '$LATEST' ? '' : `:${functionVersion}`;
  return `arn:aws:lambda:${region}:000000000000:function:${functionName}${suffix}`;
}

module.exports = { contextOf };
