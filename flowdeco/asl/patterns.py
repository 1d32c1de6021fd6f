"""The service integrations of Step Functions: which actions there are, and how each may be called.

A `Resource` is `arn:aws:states:::SERVICE:ACTION`, and behind it nothing (request and response), `.sync` or
`.sync:2` (until the job is done) or `.waitForTaskToken` (until somebody answers).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

JOB: Final = (".sync",)
TOKEN: Final = (".waitForTaskToken",)
CALL: Final[tuple[str, ...]] = ()

PATTERNS: Final[Mapping[str, Mapping[str, tuple[str, ...]]]] = {
    "apigateway": {"invoke": TOKEN},
    "athena": {
        "startQueryExecution": JOB,
        "stopQueryExecution": CALL,
        "getQueryExecution": CALL,
        "getQueryResults": CALL,
    },
    "batch": {"submitJob": JOB},
    "bedrock": {"invokeModel": CALL, "createModelCustomizationJob": JOB},
    "codebuild": {
        "startBuild": JOB,
        "stopBuild": CALL,
        "batchDeleteBuilds": CALL,
        "batchGetReports": CALL,
        "startBuildBatch": JOB,
        "stopBuildBatch": CALL,
        "retryBuildBatch": JOB,
        "deleteBuildBatch": CALL,
    },
    "databrew": {"startJobRun": JOB},
    "dynamodb": {"getItem": CALL, "putItem": CALL, "updateItem": CALL, "deleteItem": CALL},
    "ecs": {"runTask": JOB + TOKEN},
    "eks": {
        "createCluster": JOB,
        "deleteCluster": JOB,
        "createNodegroup": JOB,
        "deleteNodegroup": JOB,
        "createFargateProfile": JOB,
        "deleteFargateProfile": JOB,
        "call": CALL,
        "runJob": JOB,
    },
    "elasticmapreduce": {
        "createCluster": JOB,
        "setClusterTerminationProtection": CALL,
        "terminateCluster": JOB,
        "addStep": JOB,
        "cancelStep": CALL,
        "modifyInstanceFleetByName": CALL,
        "modifyInstanceGroupByName": CALL,
    },
    "emr-containers": {"createVirtualCluster": CALL, "deleteVirtualCluster": JOB, "startJobRun": JOB},
    "emr-serverless": {
        "createApplication": JOB,
        "startApplication": JOB,
        "stopApplication": JOB,
        "deleteApplication": JOB,
        "startJobRun": JOB,
        "cancelJobRun": JOB,
    },
    "events": {"putEvents": TOKEN},
    "glue": {"startJobRun": JOB},
    "http": {"invoke": CALL},
    "lambda": {"invoke": TOKEN},
    "mediaconvert": {"createJob": JOB},
    "sagemaker": {
        "createTrainingJob": JOB,
        "createTransformJob": JOB,
        "createProcessingJob": JOB,
        "createHyperParameterTuningJob": JOB,
        "createLabelingJob": JOB,
        "createModel": CALL,
        "createEndpointConfig": CALL,
        "createEndpoint": CALL,
        "updateEndpoint": CALL,
    },
    "sns": {"publish": TOKEN},
    "sqs": {"sendMessage": TOKEN},
    "states": {"startExecution": (".sync", ".sync:2", ".waitForTaskToken")},
}
"""Service → action → what may stand behind it. Every action can be called for its response alone."""

REQUIRED: Final[Mapping[str, tuple[str, ...]]] = {
    "lambda:invoke": ("FunctionName",),
    "states:startExecution": ("StateMachineArn",),
}
"""Parameters without which the service refuses the definition, where they are written out."""
