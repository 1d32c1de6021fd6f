"""Calls of AWS through boto3, as Step Functions makes them: names in PascalCase, JSON in and out, its error names.

The same for what stands for AWS: an endpoint like moto's server. boto3 is imported with the first call.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from threading import Lock
from typing import Any, Final

from flowdeco.asl.model import JSON
from flowdeco.engine import ObjectError, ObjectInfo, TaskFailure
from flowdeco.server.texts import json_text

_CLIENTS: Final[Mapping[str, str]] = {
    "bedrock": "bedrock-runtime",
    "cloudwatchlogs": "logs",
    "cognitoidentityprovider": "cognito-idp",
    "costexplorer": "ce",
    "elasticloadbalancingv2": "elbv2",
    "elasticmapreduce": "emr",
    "eventbridge": "events",
    "rdsdata": "rds-data",
    "sfn": "stepfunctions",
    "states": "stepfunctions",
}
"""Services that Step Functions calls otherwise than boto3 does."""


class AwsCalls:
    """Calls with the credentials boto3 finds, or given ones.

    `endpoint` is a URL that all services answer at, instead of AWS. Safe to use from any thread.
    """

    def __init__(
        self,
        *,
        endpoint: str | None = None,
        region: str = "us-east-1",
        credentials: tuple[str, str] | None = None,
    ) -> None:
        self._endpoint = endpoint
        self._region = region
        self._credentials = credentials
        self._clients: dict[str, Any] = {}
        self._lock = Lock()

    def client(self, name: str) -> Any:
        """The boto3 client of a service."""
        with self._lock:
            if name not in self._clients:
                import boto3

                key, secret = self._credentials or (None, None)
                session = boto3.session.Session(aws_access_key_id=key, aws_secret_access_key=secret)
                region = session.region_name if self._credentials is None else None
                self._clients[name] = session.client(
                    name, region_name=region or self._region, endpoint_url=self._endpoint
                )
            return self._clients[name]

    def function(self, name: str, payload: JSON) -> JSON:
        """Invokes a Lambda function, by its name or ARN."""
        answer = self._call(
            "lambda", "Lambda", "invoke", {"FunctionName": name, "Payload": json_text(payload).encode()}
        )
        text = answer["Payload"].read().decode()
        if "FunctionError" in answer:
            raise TaskFailure(_type_of(text), text)
        return json.loads(text) if text else None

    def integration(self, resource: str, arguments: JSON) -> JSON:
        """Calls the API that a Task's `Resource` names."""
        service, action, direct = read_resource(resource)
        client = self._client_of(service, resource)
        operations = {name.lower(): name for name in client.meta.service_model.operation_names}
        name = operations.get(action.lower())
        if name is None:
            raise _refused(f"{resource}: the service has no operation {action}")
        model = client.meta.service_model.operation_model(name)
        try:
            request = _to_request(model.input_shape, arguments) if model.input_shape is not None else {}
        except (TypeError, ValueError, AttributeError) as error:
            raise _refused(f"{resource}: the arguments do not fit: {error}") from error
        method = next(python for python, api in client.meta.method_to_api_mapping.items() if api == name)
        prefix = error_prefix(client.meta.service_model.service_id, direct)
        answer = self._call_client(client, prefix, method, request)
        about = answer.pop("ResponseMetadata", {})
        result = _from_response(model.output_shape, answer) if model.output_shape is not None else {}
        if not direct:
            result["SdkHttpMetadata"] = {"HttpStatusCode": about.get("HTTPStatusCode", 200)}
            result["SdkResponseMetadata"] = {"RequestId": about.get("RequestId", "")}
        return result

    def _client_of(self, service: str, resource: str) -> Any:
        from botocore.exceptions import UnknownServiceError

        try:
            return self.client(boto_name(service))
        except UnknownServiceError as error:
            raise _refused(f"{resource}: boto3 has no service {service!r}") from error

    def _call(self, service: str, prefix: str, method: str, request: Mapping[str, Any]) -> Any:
        return self._call_client(self.client(service), prefix, method, request)

    def _call_client(self, client: Any, prefix: str, method: str, request: Mapping[str, Any]) -> Any:
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            return getattr(client, method)(**request)
        except ClientError as error:
            told = error.response
            code = told["Error"].get("Code", "Unknown")
            name = code.rpartition(".")[2].removesuffix("Exception")
            about = told.get("ResponseMetadata", {})
            raise TaskFailure(
                f"{prefix}.{name}Exception",
                f"{told['Error'].get('Message', '')} (Service: {prefix}, Status Code: {about.get('HTTPStatusCode')},"
                f" Request ID: {about.get('RequestId')})",
            ) from error
        except BotoCoreError as error:
            raise TaskFailure(f"{prefix}.SdkClientException", str(error)) from error


class AwsObjects:
    """The objects of S3, for the item readers and result writers of distributed Maps."""

    def __init__(self, calls: AwsCalls) -> None:
        self._calls = calls

    def get(self, bucket: str, key: str) -> bytes:
        answer = self._do("get_object", Bucket=bucket, Key=key)
        found: bytes = answer["Body"].read()
        return found

    def list(self, bucket: str, prefix: str) -> Sequence[ObjectInfo]:
        found = []
        more: dict[str, str] = {}
        while True:
            answer = self._do("list_objects_v2", Bucket=bucket, Prefix=prefix, **more)
            found += [
                ObjectInfo(
                    one["Key"],
                    one["Size"],
                    one["ETag"],
                    one["LastModified"].timestamp(),
                    one.get("StorageClass", "STANDARD"),
                )
                for one in answer.get("Contents", ())
            ]
            if "NextContinuationToken" not in answer:
                return found
            more = {"ContinuationToken": answer["NextContinuationToken"]}

    def put(self, bucket: str, key: str, data: bytes) -> None:
        self._do("put_object", Bucket=bucket, Key=key, Body=data)

    def _do(self, method: str, **request: Any) -> Any:
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            return getattr(self._calls.client("s3"), method)(**request)
        except ClientError as error:
            told = error.response["Error"]
            raise ObjectError(told.get("Code", "Unknown"), told.get("Message", "")) from error
        except BotoCoreError as error:
            raise ObjectError("SdkClientException", str(error)) from error


# --- names -------------------------------------------------------------------------------------------------


def boto_name(service: str) -> str:
    """What boto3 calls a service of a `Resource`.

    >>> boto_name("states"), boto_name("sqs")
    ('stepfunctions', 'sqs')
    """
    return _CLIENTS.get(service, service)


def read_resource(resource: str) -> tuple[str, str, bool]:
    """The service and the action of a `Resource`, and whether it is an `aws-sdk` one. Raises TaskFailure.

    >>> read_resource("arn:aws:states:::aws-sdk:s3:getObject")
    ('s3', 'getObject', True)
    """
    parts = resource.removesuffix(".waitForTaskToken").split(":")[5:]
    direct = parts[:1] == ["aws-sdk"]
    names = parts[1:] if direct else parts
    if len(names) != 2 or "." in names[1]:
        raise _refused(f"{resource}: only calls that do not wait for a job can be made from here")
    return names[0], names[1], direct


def error_prefix(service_id: str, direct: bool) -> str:
    """What the names of a service's errors begin with.

    >>> error_prefix("DynamoDB", True), error_prefix("DynamoDB", False), error_prefix("Secrets Manager", True)
    ('DynamoDb', 'DynamoDB', 'SecretsManager')
    """
    if not direct:
        return service_id.replace(" ", "")
    return "".join(
        word.capitalize() for word in re.findall(r"[A-Z]+(?![a-z])[0-9]*|[A-Z]?[a-z0-9]+", service_id)
    )


def _refused(problem: str) -> TaskFailure:
    return TaskFailure("Flowdeco.NotSupported", problem)


def _type_of(text: str) -> str:
    """The type of the error that a function reports."""
    try:
        return str(json.loads(text)["errorType"])
    except (ValueError, KeyError, TypeError):
        return "Unknown"


# --- values ------------------------------------------------------------------------------------------------


def _to_request(shape: Any, value: Any) -> Any:
    """Arguments with the names of the API, and with its types where JSON has them not."""
    match shape.type_name:
        case "structure":
            names = {name.lower(): name for name in shape.members}
            known = {names.get(name.lower(), name): part for name, part in value.items()}
            return {
                name: _to_request(shape.members[name], part) if name in shape.members else part
                for name, part in known.items()
            }
        case "list":
            return [_to_request(shape.member, item) for item in value]
        case "map":
            return {name: _to_request(shape.value, item) for name, item in value.items()}
        case "blob":
            return value.encode() if isinstance(value, str) else json_text(value).encode()
        case "string" if not isinstance(value, str):
            return json_text(value)
        case _:
            return value


def _from_response(shape: Any, value: Any) -> Any:
    """A response as JSON, its names in PascalCase."""
    match shape.type_name:
        case "structure":
            return {
                name[0].upper() + name[1:]: _from_response(shape.members[name], part)
                for name, part in value.items()
                if name in shape.members
            }
        case "list":
            return [_from_response(shape.member, item) for item in value]
        case "map":
            return {name: _from_response(shape.value, item) for name, item in value.items()}
        case "blob":
            data = value if isinstance(value, bytes) else value.read()
            return data.decode("utf-8", "replace")
        case "timestamp" if isinstance(value, datetime):
            return value.isoformat().replace("+00:00", "Z")
        case _:
            return value
