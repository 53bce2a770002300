"""Consumes as a group member until SIGTERM; prints "partition TAB offset TAB key TAB value". Arguments: bootstrap, topic, group."""
import signal
import sys

from confluent_kafka import Consumer

bootstrap, topic, group = sys.argv[1:4]
running = True


def stop(_signal, _frame):
    global running
    running = False


signal.signal(signal.SIGTERM, stop)
consumer = Consumer({
    "bootstrap.servers": bootstrap,
    "group.id": group,
    "auto.offset.reset": "earliest",
    "session.timeout.ms": 10000,
})
consumer.subscribe([topic])
out = sys.stdout.buffer
while running:
    message = consumer.poll(0.2)
    if message is None:
        out.flush()
        continue
    if message.error():
        print(message.error(), file=sys.stderr)
        continue
    out.write(b"%d\t%d\t%s\t%s\n" % (message.partition(), message.offset(), message.key(), message.value()))
out.flush()
consumer.close()
