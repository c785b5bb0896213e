/** The variables of the platforms that functions are written for, set before user code runs. */
'use strict';

/** Tell user code where it runs in the words of SCF and of Lambda; what is set already stays. */
function announce(invocation, folder) {
  const { functionName, functionVersion } = invocation;
  const [major, minor] = process.versions.node.split('.');
  const variables = {
    TENCENTCLOUD_RUNENV: 'SCF',
    SCF_FUNCTIONNAME: functionName,
    SCF_FUNCTIONVERSION: functionVersion,
    SCF_NAMESPACE: invocation.namespace,
    SCF_RUNTIME: `Nodejs${major}.${minor}`,
    USER_CODE_ROOT: `${folder}/`,
    AWS_LAMBDA_FUNCTION_NAME: functionName,
    AWS_LAMBDA_FUNCTION_VERSION: functionVersion,
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(invocation.memoryMb),
    AWS_LAMBDA_LOG_GROUP_NAME: `/aws/lambda/${functionName}`,
    AWS_LAMBDA_LOG_STREAM_NAME: process.env.HOSTNAME ?? '',
    LAMBDA_TASK_ROOT: folder,
    _HANDLER: invocation.handler,
  };
  for (const [name, value] of Object.entries(variables)) {
    // a warm process may learn its function's name only with the first request
    if (value && process.env[name] === undefined) process.env[name] = value;
  }
}

module.exports = { announce };
