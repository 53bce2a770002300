"""Produces the lines of a file, each "key TAB value", in order. Arguments: bootstrap, topic, file."""
import sys

from confluent_kafka import Producer

bootstrap, topic, path = sys.argv[1:4]
failures = []


def delivered(error, _message):
    if error is not None:
        failures.append(error)


producer = Producer({
    "bootstrap.servers": bootstrap,
    "partitioner": "murmur2_random",
    "enable.idempotence": True,
    "compression.type": "zstd",
})
with open(path, "rb") as lines:
    for line in lines:
        key, value = line.rstrip(b"\n").split(b"\t", 1)
        while True:
            try:
                producer.produce(topic, key=key, value=value, on_delivery=delivered)
                break
            except BufferError:
                producer.poll(0.1)
        producer.poll(0)
left = producer.flush(60)
if failures or left:
    sys.exit(f"{len(failures)} failed, {left} not delivered, first: {failures[:1]}")
