"""AWS, as far as tasks of ECS go: moto's server, whose tasks really run.

moto reads the requests and keeps the state. It starts nothing, so that here a task that it made
is given to an engine: its exit code and its lines, in CloudWatch Logs, are those of the command.
Secrets of a task definition are those of moto's Secrets Manager.
"""

from __future__ import annotations

import threading
import time
from base64 import b64encode, urlsafe_b64decode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit
from urllib.request import Request, urlopen

import boto3
from moto.ecs.models import EC2ContainerServiceBackend, Task, TaskDefinition
from moto.eks.models import eks_backends
from moto.logs.models import logs_backends
from moto.server import ThreadedMotoServer

from engine import Container, Engine, Running

REGION = "eu-west-1"
ACCOUNT = "123456789012"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/eks"
LOG_GROUP, LOG_PREFIX = "/dbt", "shop"


@dataclass
class Aws:
    """The server; `asked` are the overrides of the tasks that were to be run, in their order.

    `wire` are whole requests to run a task, as moto read them.
    """

    engine: Engine
    url: str = ""
    asked: list[dict[str, Any]] = field(default_factory=list)
    wire: list[bytes] = field(default_factory=list)
    running: list[Running] = field(default_factory=list)
    of_task: dict[str, Running] = field(default_factory=dict)
    """What runs of a task of ECS, by the id of the task."""
    stopped: list[str] = field(default_factory=list)
    tasks: list[Task] = field(default_factory=list)

    @property
    def connection(self) -> dict[str, Any]:
        """An Airflow connection to it."""
        extra = {"endpoint_url": self.url, "region_name": REGION}
        return {"conn_type": "aws", "login": "test", "password": "test", "extra": extra}

    def client(self, service: str) -> Any:
        keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
        return boto3.client(service, endpoint_url=self.url, region_name=REGION, **keys)

    def network(self) -> dict[str, Any]:
        """Return a subnet and a security group that there are."""
        ec2 = self.client("ec2")
        return {
            "subnets": [ec2.describe_subnets()["Subnets"][0]["SubnetId"]],
            "securityGroups": [ec2.describe_security_groups()["SecurityGroups"][0]["GroupId"]],
        }

    def define(
        self, cluster: str, family: str, container: str, image: str, **secrets: str
    ) -> None:
        """Make a cluster, a task definition of one container, and the group of its log.

        `secrets` are the values of variables, which the definition has by reference.
        """
        manager = self.client("secretsmanager")
        references = {
            name: manager.create_secret(Name=name, SecretString=value)["ARN"]
            for name, value in secrets.items()
        }
        self.client("logs").create_log_group(logGroupName=LOG_GROUP)
        ecs = self.client("ecs")
        ecs.create_cluster(clusterName=cluster)
        options = {
            "awslogs-group": LOG_GROUP,
            "awslogs-region": REGION,
            "awslogs-stream-prefix": LOG_PREFIX,
        }
        ecs.register_task_definition(
            family=family,
            networkMode="awsvpc",
            requiresCompatibilities=["FARGATE"],
            cpu="256",
            memory="512",
            containerDefinitions=[
                {
                    "name": container,
                    "image": image,
                    "memory": 512,
                    "environment": [{"name": "OF_THE_DEFINITION", "value": "kept"}],
                    "secrets": [
                        {"name": name, "valueFrom": arn} for name, arn in references.items()
                    ],
                    "logConfiguration": {"logDriver": "awslogs", "options": options},
                }
            ],
        )

    def make_cluster(self, name: str, url: str, authority: str) -> None:
        """Make a cluster of EKS whose API is at `url`, in place of one that has its name."""
        eks = self.client("eks")
        if name in eks.list_clusters()["clusters"]:
            eks.delete_cluster(name=name)
        eks.create_cluster(name=name, roleArn=ROLE, resourcesVpcConfig={})
        made = eks_backends[ACCOUNT][REGION].clusters[name]
        made.endpoint = url
        made.certificate_authority = {"data": b64encode(authority.encode()).decode()}

    def run(self, backend: EC2ContainerServiceBackend, task: Task, family: TaskDefinition) -> None:
        """Run the one container of `task`; the task stops when it ends."""
        (stated,) = family.container_definitions
        (state,) = task.containers
        environment = {one["name"]: one["value"] for one in stated.get("environment", ())}
        for one in stated.get("secrets", ()):
            told = self.client("secretsmanager").get_secret_value(SecretId=one["valueFrom"])
            environment[one["name"]] = told["SecretString"]
        argv = stated.get("command", ())
        for override in (task.overrides or {}).get("containerOverrides", ()):
            if override["name"] == stated["name"]:
                argv = override.get("command", argv)
                environment |= {
                    one["name"]: one["value"] for one in override.get("environment", ())
                }
        state.last_status, state.exitCode = "RUNNING", None
        try:
            running = self.engine.start(Container(stated["image"], argv, environment))
        except LookupError as error:
            task.stopped_reason = f"CannotPullContainerError: {error}"
            task.stop_code, state.exitCode = "TaskFailedToStart", 1
        else:
            self.running.append(running)
            self.of_task[task.id] = running
            while (code := running.code()) is None:
                time.sleep(0.1)
            write_log(backend, task, stated, running.output())
            state.exitCode = code
        state.last_status = task.desired_status = task.last_status = "STOPPED"


def is_eks_token(token: str) -> bool:
    """Return whether a token has the form of EKS's: a signed request to tell who one is.

    Who signed it, only AWS can tell.
    """
    kind, _, text = token.partition(".")
    if kind != "k8s-aws-v1":
        return False
    url = urlsplit(urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode())
    query = {key: values[-1] for key, values in parse_qs(url.query).items()}
    return (
        url.hostname == f"sts.{REGION}.amazonaws.com"
        and query.get("Action") == "GetCallerIdentity"
        and "x-k8s-aws-id" in query.get("X-Amz-SignedHeaders", "")
        and bool(query.get("X-Amz-Signature"))
    )


def write_log(backend: Any, task: Task, container: dict[str, Any], text: str) -> None:
    """Put the lines of `text` where the task definition says that they go."""
    options = (container.get("logConfiguration") or {}).get("options") or {}
    if "awslogs-group" not in options:
        return
    logs = logs_backends[backend.account_id][backend.region_name]
    stream = f"{options['awslogs-stream-prefix']}/{container['name']}/{task.id}"
    logs.create_log_stream(options["awslogs-group"], stream)
    now = int(time.time() * 1000)
    lines = [{"timestamp": now, "message": line} for line in text.splitlines() if line]
    if lines:
        logs.put_log_events(options["awslogs-group"], stream, lines)


@contextmanager
def aws(engine: Engine) -> Iterator[Aws]:
    """Serve AWS until the end of the block."""
    made = Aws(engine)
    make, advance = EC2ContainerServiceBackend.run_task, Task.advance
    stop = EC2ContainerServiceBackend.stop_task

    def run_task(self: EC2ContainerServiceBackend, *args: Any, **kwargs: Any) -> list[Task]:
        tasks: list[Task] = make(self, *args, **kwargs)
        made.wire.append(repr((args, kwargs)).encode())
        for task in tasks:
            made.asked.append(task.overrides)
            made.tasks.append(task)
            family = self.describe_task_definition(task.task_definition_arn)
            threading.Thread(target=made.run, args=(self, task, family), daemon=True).start()
        return tasks

    def stop_task(self: EC2ContainerServiceBackend, *args: Any, **kwargs: Any) -> Task:
        task = stop(self, *args, **kwargs)
        made.stopped.append(task.id)
        made.of_task[task.id].stop()
        return task

    EC2ContainerServiceBackend.run_task = run_task
    EC2ContainerServiceBackend.stop_task = stop_task
    Task.advance = lambda _: None  # A task ends when its container does, not by being looked at.
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    made.url = f"http://{host}:{port}"
    # What moto keeps outlives its server, and another module of tests may have been here before.
    urlopen(Request(f"{made.url}/moto-api/reset", method="POST")).close()  # noqa: S310 (our own)
    try:
        yield made
    finally:
        for running in made.running:
            running.stop()
        server.stop()
        EC2ContainerServiceBackend.run_task, Task.advance = make, advance
        EC2ContainerServiceBackend.stop_task = stop
