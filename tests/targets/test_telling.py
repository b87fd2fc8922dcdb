"""What tells others of a job: EventBridge, SES, and the keys in Secrets Manager."""

import json
import time
from typing import Any

from tests.targets.cloud import Cloud, new_name, refusal
from tests.targets.rows import row
from tests.targets.test_queues import receive
from tests.waiting import wait_for

_MADE = {
    "Resources": {
        "Keys": {
            "Type": "AWS::SecretsManager::Secret",
            "Properties": {
                "GenerateSecretString": {
                    "SecretStringTemplate": "{}",
                    "GenerateStringKey": "1",
                    "PasswordLength": 64,
                    "ExcludePunctuation": True,
                }
            },
        }
    },
    "Outputs": {"Keys": {"Value": {"Ref": "Keys"}}},
}


@row("EventBridge", "a rule of a bus sends what fits its pattern to a queue")
def test_a_rule_sends_what_fits_its_pattern(cloud: Cloud) -> None:
    events, name, queue = cloud.session.client("events"), new_name(), cloud.queue()
    found = cloud.sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])
    events.create_event_bus(Name=name)
    pattern = json.dumps({"source": ["us"], "detail": {"status": ["failed"]}})
    events.put_rule(Name=name, EventBusName=name, EventPattern=pattern)
    target: Any = {"Id": "queue", "Arn": found["Attributes"]["QueueArn"]}
    events.put_targets(Rule=name, EventBusName=name, Targets=[target])

    answer = events.put_events(
        Entries=[
            {
                "EventBusName": name,
                "Source": source,
                "DetailType": "Ended",
                "Detail": json.dumps({"status": status}),
            }
            for source, status in (("us", "completed"), ("them", "failed"), ("us", "failed"))
        ]
    )

    assert answer["FailedEntryCount"] == 0
    (message,) = wait_for(lambda: receive(cloud, queue), 20, "the event to be in the queue")
    event = json.loads(message["Body"])
    assert (event["source"], event["detail-type"]) == ("us", "Ended")
    assert event["detail"] == {"status": "failed"}
    assert not receive(cloud, queue)


@row("SQS", "`DelaySeconds` holds back one message of a standard queue")
def test_a_message_is_held_back(cloud: Cloud) -> None:
    queue = cloud.queue()
    begun = time.monotonic()
    for body, seconds in (("late", 4), ("soon", 0)):
        cloud.sqs.send_message(
            QueueUrl=queue, MessageBody=body, MessageGroupId="me", DelaySeconds=seconds
        )

    (first,) = receive(cloud, queue)
    (second,) = wait_for(lambda: receive(cloud, queue), 20, "the message that is held back")

    assert (first["Body"], second["Body"]) == ("soon", "late")
    assert time.monotonic() - begun >= 4 - 1  # the clock of SQS has whole seconds


@row("SES", "mail from an address that nobody has verified is refused")
def test_mail_from_an_unknown_address_is_refused(cloud: Cloud) -> None:
    ses = cloud.session.client("ses")
    sender = f"{new_name()}@example.com"
    mail = f"From: {sender}\r\nTo: ann@example.com\r\nSubject: Ended\r\n\r\nEnded.\r\n"

    def send() -> str | None:
        return refusal(
            ses.send_raw_email,
            Source=sender,
            Destinations=["ann@example.com"],
            RawMessage={"Data": mail.encode()},
        )

    before = send()
    ses.verify_email_identity(EmailAddress=sender)

    assert (before, send()) == ("MessageRejected", None)


@row(
    "Secrets Manager",
    "a secret that a stack makes has no punctuation (`ExcludePunctuation`)",
    ministack="has some",
)
def test_a_secret_of_a_stack_has_the_characters_that_it_is_asked_to_have(cloud: Cloud) -> None:
    cloudformation, name = cloud.session.client("cloudformation"), f"s{new_name()}"
    cloudformation.create_stack(StackName=name, TemplateBody=json.dumps(_MADE))
    cloudformation.get_waiter("stack_create_complete").wait(
        StackName=name, WaiterConfig={"Delay": 1}
    )
    (output,) = cloudformation.describe_stacks(StackName=name)["Stacks"][0]["Outputs"]

    secrets = cloud.session.client("secretsmanager")
    made = json.loads(secrets.get_secret_value(SecretId=output["OutputValue"])["SecretString"])

    assert made["1"].isalnum()
    assert len(made["1"]) == 64
