"""A monorepo as a platform team has one: ``python -m tests.monorepo FOLDER`` writes it, the same one each time.

``KINDS`` lists its 300 CloudFormation templates. Among them and around them stand files of all other kinds: what tools have
made, what git ignores, what the configuration excludes, and what is YAML or JSON but no template.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from itertools import cycle, islice
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from tests.outside.reading import read

ROOT = Path(__file__).parent.parent
TEAMS = (
    "orders",
    "payments",
    "search",
    "teams with blanks/data platform",
    "données/évènements",
    "日本/物流",
    "blue",
    "ml&ops",
)
LARGE = "data/events.json"
CONFIGURATION = """\
service = ["cloudtrail", "config"]
exclude = ["/legacy/", "*.draft.yaml"]
fail-on = "error"
organization-id = "o-a1b2c3d4e5"

[parameters]
LogRetentionDays = 400

[[overrides]] # one team follows AWS's examples to the letter
paths = ["/teams/blue/"]
patch-set = "documented"

[[overrides]] # the account of this folder is being closed
paths = ["/sunset/"]
fail-on = "never"

[[overrides]]
paths = ["/platform/organization/"]
parameters = {OrganizationId = "o-a1b2c3d4e5", LogPrefix = "organization"}
"""
IGNORED = "/vendor/\n*.generated.yaml\n"


class Kind(NamedTuple):
    """Templates of one kind: where they are, with ``{team}`` and ``{n}``, and how many; and what is in number n."""

    name: str
    path: str
    count: int
    text: Callable[[int], str]


def example(name: str) -> str:
    """Return a template of examples/."""
    return (ROOT / "examples" / name).read_text("utf-8")


def as_json(text: str, indent: int | None = 2) -> str:
    """Return a template in JSON."""
    return json.dumps(read(text), indent=indent, ensure_ascii=False) + "\n"


def network(n: int) -> str:
    """Return a template without logs, in YAML."""
    subnets = "".join(
        f"""  Subnet{number}:
    Type: AWS::EC2::Subnet
    Properties:
      VpcId: !Ref Vpc
      CidrBlock: 10.{n}.{number}.0/24
      AvailabilityZone: !Select [{number % 3}, !GetAZs ""]
"""
        for number in range(6)
    )
    return f"""AWSTemplateFormatVersion: "2010-09-09"
Description: Network {n}, größer als nötig
Resources:
  Vpc:
    Type: AWS::EC2::VPC
    Properties: {{CidrBlock: 10.{n}.0.0/16, EnableDnsSupport: true}}
{subnets}"""


def queues(n: int) -> str:
    """Return a template without logs, in JSON."""
    resources = {f"Queue{number}": {"Type": "AWS::SQS::Queue"} for number in range(n % 7 + 1)}
    return json.dumps({"AWSTemplateFormatVersion": "2010-09-09", "Resources": resources}, indent=n % 3 or None)


def api(n: int) -> str:
    """Return a SAM application without a trail."""
    return f"""AWSTemplateFormatVersion: "2010-09-09"
Transform: AWS::Serverless-2016-10-31
Resources:
  Function:
    Type: AWS::Serverless::Function
    Properties:
      Handler: app.handler
      Runtime: python3.13
      CodeUri: src/{n}/
      Policies: [S3ReadPolicy: {{BucketName: !Sub "${{AWS::StackName}}-in"}}]
"""


def delivery_channel(n: int) -> str:
    """Return an AWS Config delivery channel that deploys."""
    text = (ROOT / "tests/cases/config-key-access/healthy/before.yaml").read_text("utf-8")
    return f"# Account {n}\n{text}"


def central(n: int) -> str:
    """Return a trail that logs to another account's bucket, which its team has acknowledged."""
    return f"""AWSTemplateFormatVersion: "2010-09-09"
Parameters:
  CentralLogBucket: {{Type: String}}
Resources:
  # remediate: ignore[bucket-outside] the log archive account has the policy (ticket {n})
  Trail:
    Type: AWS::CloudTrail::Trail
    Properties: {{IsLogging: true, S3BucketName: !Ref CentralLogBucket}}
"""


def synthesized(_: int) -> str:
    """Return what the CDK makes of a trail, committed."""
    data: Any = read(example("minimal.yaml"))
    for name, resource in data["Resources"].items():
        resource["Metadata"] = {"aws:cdk:path": f"Audit/{name}/Resource"}
    return json.dumps(data, indent=1)


def indented_with_tab(_: int) -> str:
    """Return a broken trail of which nobody can tell: a tab stands in its indentation."""
    return example("minimal.yaml").replace("  LogBucket:\n", "\tLogBucket:\n")


def twice(_: int) -> str:
    """Return a template that has a key twice."""
    return example("minimal.yaml").replace("Outputs:\n", "Resources:\n")


KINDS = (
    Kind("network", "teams/{team}/network-{n}.yaml", 116, network),
    Kind("queues", "teams/{team}/queues {n}.json", 60, queues),
    Kind("api", "teams/{team}/api-{n}/template.yml", 20, api),
    Kind("healthy", "teams/{team}/audit-{n}.yaml", 30, lambda n: f"# Stack {n}\n{example('healthy.yaml')}"),
    Kind("healthy JSON", "teams/{team}/audit-{n}.json", 10, lambda n: as_json(example("healthy.yaml"), n % 3 or None)),
    Kind("broken", "teams/{team}/logs-{n}.yaml", 18, lambda n: f"# Stack {n}\n{example('minimal.yaml')}"),
    Kind("broken JSON", "teams/{team}/logs {n}.template", 10, lambda n: as_json(example("minimal.yaml"), n % 3 + 1)),
    Kind("stack", "platform/audit/stack-{n}.yaml", 2, lambda _: example("stack.yaml")),
    Kind("stack JSON", "platform/audit/stack-{n}.json", 1, lambda _: example("stack.json")),
    Kind("organization", "platform/organization/trail-{n}.yaml", 4, lambda _: example("organization.yaml")),
    Kind("broken Config", "platform/config/recorder-{n}.yaml", 5, lambda _: example("config.yaml")),
    Kind("healthy Config", "platform/config/channel-{n}.yaml", 5, delivery_channel),
    Kind("SAM", "teams/{team}/archive-{n}/template.yml", 5, lambda _: example("sam.yaml")),
    Kind("central", "accounts/{n}/trail.yaml", 6, central),
    Kind("sunset", "sunset/logs-{n}.yaml", 4, lambda _: example("minimal.yaml")),
    Kind("CDK", "platform/synthesized/App{n}.template.json", 2, synthesized),
    Kind("tab", "platform/audit/with a tab.yaml", 1, indented_with_tab),
    Kind("twice", "platform/audit/twice.yaml", 1, twice),
)
LEFT_OUT = (
    "app/cdk.out/Audit.template.json",
    "web/node_modules/@acme/infra/template.yaml",
    "teams/orders/.aws-sam/build/template.yaml",
    "vendor/landing zone/trail.yaml",
    "platform/audit/trail.generated.yaml",
    "legacy/trail.yaml",
    "teams/search/trail.draft.yaml",
)
"""Templates that are broken, and that nobody wants to hear of."""


def write(folder: Path) -> dict[str, list[str]]:
    """Write the monorepo into a folder, and return the paths of its templates by their kind, in the order of ``KINDS``."""
    made: dict[str, list[str]] = {}
    for kind in KINDS:
        teams = islice(cycle(TEAMS), kind.count)
        made[kind.name] = [kind.path.format(team=team, n=n) for n, team in enumerate(teams)]
        for n, path in enumerate(made[kind.name]):
            _put(folder, path, kind.text(n))
    for path in LEFT_OUT:
        _put(folder, path, as_json(example("minimal.yaml")) if path.endswith("json") else example("minimal.yaml"))
    for path, text in others().items():
        _put(folder, path, text)
    _put(folder, ".remediate.toml", CONFIGURATION)
    _put(folder, ".gitignore", IGNORED)
    return made


def others() -> dict[str, str]:
    """Return what is YAML or JSON and no template, by its path."""
    found = {f"k8s/service-{n}/deployment.yaml": deployment(n) for n in range(60)}
    found |= {f".github/workflows/{name}.yml": workflow(name) for name in ("build", "deploy", "audit trail")}
    found |= {f"api/v{n}/openapi.{kind}": openapi(n, kind) for n in range(5) for kind in ("yaml", "json")}
    found |= {f"{name}/docker-compose.yml": f"services: {{{name}: {{image: nginx}}}}\n" for name in ("web", "app")}
    found |= {
        "charts/trail/values.yaml": "resources: {}\nbucket: audit-logs\n",
        "charts/trail/templates/job.yaml": "{{- if .Values.on }}\nmetadata: {name: {{ .Release.Name }}}\n{{- end }}\n",
        "ansible/site.yml": "- hosts: all\n  tasks:\n\t- debug: {msg: a tab}\n",
        "web/package.json": '{"name": "web", "dependencies": {"aws-cdk-lib": "^2.0.0"}}\n',
        "web/tsconfig.json": '{\n  // comments are allowed here\n  "compilerOptions": {"strict": true,},\n}\n',
        "teams/orders/parameters.json": '[{"ParameterKey": "LogRetentionDays", "ParameterValue": "400"}]\n',
        "policies/deny.json": '{"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "cloudtrail:*"}]}\n',
        "empty.yaml": "",
        LARGE: large(),
    }
    return found


def deployment(n: int) -> str:
    """Return a Kubernetes deployment and its service, in one file of two documents."""
    container = {"name": "app", "image": f"registry.example.com/app:{n}", "env": [{"name": "TRAIL", "value": "cloudtrail"}]}
    one = {"apiVersion": "apps/v1", "kind": "Deployment", "spec": {"template": {"spec": {"containers": [container]}}}}
    return yaml.safe_dump_all([one, {"apiVersion": "v1", "kind": "Service", "metadata": {"name": f"service-{n}"}}])


def workflow(name: str) -> str:
    """Return a GitHub workflow."""
    steps = [{"uses": "actions/checkout@v4"}, {"run": "aws cloudformation deploy --template-file ${{ matrix.file }}"}]
    return yaml.safe_dump({"name": name, "on": "push", "jobs": {"all": {"runs-on": "ubuntu-latest", "steps": steps}}})


def openapi(n: int, kind: str) -> str:
    """Return an OpenAPI document with what API Gateway adds to it."""
    uri = {"Fn::Sub": "arn:${AWS::Partition}:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/${Function.Arn}"}
    get = {
        "responses": {"200": {"description": "yes"}},
        "x-amazon-apigateway-integration": {"type": "aws_proxy", "uri": uri},
    }
    data = {"openapi": "3.0.1", "info": {"title": "Orders", "version": str(n)}, "paths": {"/orders": {"get": get}}}
    return json.dumps(data, indent=2) if kind == "json" else yaml.safe_dump(data)


def large(megabytes: int = 30) -> str:
    """Return a JSON file of so many megabytes that is no template, though CloudTrail wrote it."""
    row = json.dumps(
        {"eventSource": "cloudtrail.amazonaws.com", "eventName": "CreateTrail", "resources": ["AWS::S3::Bucket"]}
    )
    return '{"Records": [\n' + ",\n".join([row] * (megabytes * 1_000_000 // len(row))) + "\n]}\n"


def change(folder: Path) -> None:
    """Make the changes of a pull request: a trail gets another prefix, one is repaired, one is new, and one is deleted."""
    audit = folder / "teams/orders/audit-0.yaml"
    audit.write_text(audit.read_text("utf-8").replace("S3KeyPrefix: audit", "S3KeyPrefix: logs"), "utf-8")
    _put(folder, "teams/日本/物流/neu & schön.yaml", example("minimal.yaml"))
    (folder / "teams/payments/audit-1.yaml").unlink()
    (folder / "teams/search/logs-2.yaml").write_text(example("healthy.yaml"), "utf-8")
    _put(folder, "k8s/service-0/deployment.yaml", deployment(100))
    _put(folder, "vendor/landing zone/trail.yaml", example("stack.yaml"))


def _put(folder: Path, path: str, text: str) -> None:
    file = folder / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(text.encode())


def main() -> None:
    """Write the monorepo, and print how many templates of each kind it has."""
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    made = write(Path(sys.argv[1]))
    for kind, paths in made.items():
        sys.stdout.write(f"{len(paths):4} {kind:16} {paths[0]}\n")
    sys.stdout.write(f"{sum(map(len, made.values())):4} templates\n")


if __name__ == "__main__":
    main()
