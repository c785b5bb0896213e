"""Exports in the style of real ones, each a set of files by path."""

ORDER_ASL = """{
  "Comment": "Take an order",
  "StartAt": "Check stock",
  "States": {
    "Check stock": {
      "Type": "Task",
      "Resource": "${CheckStockFunctionArn}",
      "Retry": [{"ErrorEquals": ["States.TaskFailed"], "MaxAttempts": 2}],
      "Next": "Charge"
    },
    "Charge": {
      "Type": "Task",
      "Resource": "arn:aws:states:::lambda:invoke",
      "Parameters": {"FunctionName": "${ChargeFunctionArn}", "Payload.$": "$"},
      "OutputPath": "$.Payload",
      "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Tell"}],
      "Next": "Record"
    },
    "Record": {
      "Type": "Task",
      "Resource": "arn:aws:states:::dynamodb:putItem",
      "Parameters": {"TableName": "${OrdersTable}", "Item": {"id": {"S.$": "$.id"}}},
      "End": true
    },
    "Tell": {
      "Type": "Task",
      "Resource": "arn:aws:states:::sns:publish",
      "Parameters": {"TopicArn": "${Topic}", "Message.$": "$.Cause"},
      "End": true
    }
  }
}
"""

SAM = {
    "template.yaml": """AWSTemplateFormatVersion: '2010-09-09'
Transform: AWS::Serverless-2016-10-31
Parameters:
  Stage:
    Type: String
    Default: dev
Globals:
  Function:
    Runtime: python3.12
    Timeout: 15
    Environment:
      Variables:
        STAGE: !Ref Stage
Resources:
  OrderMachine:
    Type: AWS::Serverless::StateMachine
    Properties:
      DefinitionUri: statemachine/order.asl.json
      DefinitionSubstitutions:
        CheckStockFunctionArn: !GetAtt CheckStock.Arn
        ChargeFunctionArn: !GetAtt Charge.Arn
        OrdersTable: !Ref Orders
      Policies:
        - LambdaInvokePolicy:
            FunctionName: !Ref CheckStock
      Events:
        Hourly:
          Type: Schedule
          Properties:
            Schedule: rate(1 hour)
      Logging:
        Level: ALL
  CheckStock:
    Type: AWS::Serverless::Function
    Properties:
      FunctionName: !Sub "${AWS::StackName}-check-stock"
      CodeUri: functions/check_stock/
      Handler: app.lambda_handler
      MemorySize: 256
      Environment:
        Variables:
          TABLE: !Ref Orders
          KEY: "{{resolve:secretsmanager:api:SecretString:key}}"
  Charge:
    Type: AWS::Serverless::Function
    Properties:
      Runtime: java21
      CodeUri: functions/charge/
      Handler: app.handler
      Layers: [!Ref Common]
  Unrelated:
    Type: AWS::Serverless::Function
    Properties:
      InlineCode: "def handler(event, context): pass"
      Handler: index.handler
      Events:
        Api: {Type: Api, Properties: {Path: /, Method: get}}
  Orders:
    Type: AWS::DynamoDB::Table
""",
    "statemachine/order.asl.json": ORDER_ASL,
    "functions/check_stock/app.py": (
        "import json\nfrom stock import count\n\n\n"
        "def lambda_handler(event, context):\n    return {'inStock': count(event['item'])}\n"
    ),
    "functions/check_stock/stock.py": "def count(item):\n    return 3\n",
    "functions/check_stock/test_app.py": "import pytest\n",
    "functions/charge/app.js": "exports.handler = async () => 1;\n",
}

CDK = {
    "Shop.template.json": """{
 "Resources": {
  "CheckServiceRole1": {"Type": "AWS::IAM::Role"},
  "CheckF6D2228A": {
   "Type": "AWS::Lambda::Function",
   "Properties": {
    "Code": {"S3Bucket": {"Fn::Sub": "cdk-assets-${AWS::AccountId}"}, "S3Key": "a1b2.zip"},
    "Handler": "index.handler", "Runtime": "python3.11", "Timeout": 30, "MemorySize": 512,
    "Role": {"Fn::GetAtt": ["CheckServiceRole1", "Arn"]},
    "Environment": {"Variables": {"TOPIC": {"Ref": "TopicBFC7AF6E"}}}
   },
   "Metadata": {"aws:cdk:path": "Shop/Check/Resource", "aws:asset:path": "asset.a1b2"}
  },
  "MachineB1": {
   "Type": "AWS::StepFunctions::StateMachine",
   "Properties": {
    "RoleArn": {"Fn::GetAtt": ["MachineRole", "Arn"]},
    "DefinitionString": {"Fn::Join": ["", [
     "{\\"StartAt\\":\\"Check\\",\\"States\\":{\\"Check\\":{\\"Next\\":\\"Tell\\",\\"Retry\\":[{\\"ErrorEquals\\":[\\"Lambda.ServiceException\\"],\\"IntervalSeconds\\":2,\\"MaxAttempts\\":6,\\"BackoffRate\\":2}],\\"Type\\":\\"Task\\",\\"OutputPath\\":\\"$.Payload\\",\\"Resource\\":\\"arn:",
     {"Ref": "AWS::Partition"},
     ":states:::lambda:invoke\\",\\"Parameters\\":{\\"FunctionName\\":\\"",
     {"Fn::GetAtt": ["CheckF6D2228A", "Arn"]},
     "\\",\\"Payload.$\\":\\"$\\"}},\\"Tell\\":{\\"End\\":true,\\"Type\\":\\"Task\\",\\"Resource\\":\\"arn:",
     {"Ref": "AWS::Partition"},
     ":states:::sqs:sendMessage.waitForTaskToken\\",\\"Parameters\\":{\\"QueueUrl\\":\\"",
     {"Ref": "Queue4A7E3555"},
     "\\",\\"MessageBody.$\\":\\"$\\"}}},\\"TimeoutSeconds\\":300}"
    ]]}
   },
   "Metadata": {"aws:cdk:path": "Shop/OrderMachine/Resource"}
  }
 }
}
""",
    "asset.a1b2/index.py": "def handler(event, context):\n    return event\n",
}

CLOUDFORMATION = {
    "stack.yaml": """Parameters:
  Prefix: {Type: String}
Mappings:
  Names: {prod: {check: check-prod}}
Resources:
  Check:
    Type: AWS::Lambda::Function
    Properties:
      FunctionName: !FindInMap [Names, prod, check]
      Runtime: python3.9
      Handler: index.handler
      Code:
        ZipFile: |
          import boto3

          def handler(event, context):
              return 1
  Live:
    Type: AWS::Lambda::Alias
    Properties: {FunctionName: !Ref Check, Name: live, FunctionVersion: "3"}
  Machine:
    Type: AWS::StepFunctions::StateMachine
    Properties:
      StateMachineName: Take_Order
      StateMachineType: EXPRESS
      DefinitionString: !Sub |
        {"StartAt": "A", "States": {
          "A": {"Type": "Task", "Resource": "${Live}", "Next": "B"},
          "B": {"Type": "Task", "Resource": "${Check.Arn}", "Next": "C"},
          "C": {"Type": "Pass", "Result": "${Prefix}-x ${!literal}", "End": true}}}
""",
}

DESCRIBED = {
    "machine.json": """{
    "stateMachineArn": "arn:aws:states:eu-west-1:111122223333:stateMachine:Resize",
    "name": "Resize",
    "status": "ACTIVE",
    "definition": "{\\"StartAt\\": \\"Resize\\", \\"States\\": {\\"Resize\\": {\\"Type\\": \\"Task\\", \\"Resource\\": \\"arn:aws:lambda:eu-west-1:111122223333:function:resize-image:prod\\", \\"End\\": true}}}",
    "roleArn": "arn:aws:iam::111122223333:role/resize",
    "type": "STANDARD",
    "creationDate": "2024-05-01T10:00:00+00:00",
    "loggingConfiguration": {"level": "OFF", "includeExecutionData": false},
    "tracingConfiguration": {"enabled": true}
}
"""
}

TENCENT_SERVERLESS = {
    "serverless.yml": """app: appDemo
stage: dev
component: asw
name: asw-demo
inputs:
  src:
    src: ./
    exclude: [.env]
  region: ap-guangzhou
  name: ${name}-flow
  definition: ./workflow.json
  roleArn: qcs::cam::uin/100000000001:roleName/asw-demo
  chineseName: 订单流程
  type: STANDARD
  enableCls: true
  input: '{"key":"value"}'
""",
    "workflow.json": """{
  "Comment": "订单", "StartAt": "查库存",
  "States": {
    "查库存": {"Type": "Task", "Comment": "云函数",
      "Resource": "qrn:qcs:asw:ap-guangzhou:1250000000:sdk:json:qcloud:scf:Invoke/stock/2/prod",
      "Next": "转码"},
    "转码": {"Type": "Task",
      "Resource": "qrn:qcs:asw:ap-guangzhou:1250000000:sdk:json:qcloud:mps:ProcessMedia",
      "End": true}
  }
}
""",
    "stock/serverless.yml": """component: scf
name: scfstock
inputs:
  name: stock
  src: ./src
  handler: index.main_handler
  runtime: Python3.6
  memorySize: 128
  timeout: 20
  environment:
    variables:
      CITY: 广州
""",
    "stock/src/index.py": "def main_handler(event, context):\n    return {'stock': 1}\n",
}

FLOW_SERVICE = {
    "flow.json": """{
    "Response": {
        "FlowServiceName": "flowservicetest",
        "FlowServiceChineseName": "状态机中文名称",
        "Status": "Online",
        "Definition": "{\\"StartAt\\":\\"Map\\",\\"States\\":{\\"Map\\":{\\"Type\\":\\"Map\\",\\"ItemsPath\\":\\"$.items\\",\\"MaxConcurrency\\":2,\\"Next\\":\\"Final State\\",\\"Iterator\\":{\\"StartAt\\":\\"My Stage\\",\\"States\\":{\\"My Stage\\":{\\"Type\\":\\"Task\\",\\"Resource\\":\\"arn:aws:states:::lambda:invoke\\",\\"Parameters\\":{\\"FunctionName\\":\\"arn:aws:lambda:us-east-1:111122223333:function:some-lambda:$LATEST\\",\\"Payload\\":{\\"Input.$\\":\\"$\\"}},\\"End\\":true}}}},\\"Final State\\":{\\"Type\\":\\"Pass\\",\\"End\\":true}}}",
        "RoleResource": "qcs::cam::uin/100000000001:roleName/flow",
        "Type": "EXPRESS",
        "CreateDate": "1595227100",
        "EnableCLS": 1,
        "FlowInput": "xx"
    }
}
"""
}

PLUGIN = {
    "serverless.yml": """service: shop
plugins: [serverless-step-functions]
provider:
  name: aws
  runtime: python3.11
  stage: ${opt:stage, 'dev'}
  environment: {STAGE: "${self:provider.stage}"}
functions:
  check-stock:
    handler: src/stock.check
    timeout: 10
  ship:
    handler: src/ship.main
    runtime: nodejs18.x
stepFunctions:
  stateMachines:
    orderFlow:
      name: order-${self:provider.stage}
      role: arn:aws:iam::111122223333:role/x
      events:
        - http: {path: order, method: POST}
        - schedule: rate(10 minutes)
      definition: ${file(flow.yml)}
""",
    "flow.yml": """StartAt: Check
States:
  Check:
    Type: Task
    Resource: {Fn::GetAtt: [CheckDashstockLambdaFunction, Arn]}
    Next: Ship
  Ship:
    Type: Task
    Resource: !Sub arn:aws:lambda:${AWS::Region}:${AWS::AccountId}:function:shop-dev-ship
    Next: Start other
  Start other:
    Type: Task
    Resource: arn:aws:states:::states:startExecution.sync
    Parameters: {StateMachineArn: !Ref Other}
    End: true
""",
    "src/stock.py": "def check(event, context):\n    return event\n",
}
