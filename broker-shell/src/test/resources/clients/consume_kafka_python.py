"""Consumes as a group member until SIGTERM; prints "partition TAB offset TAB key TAB value". Arguments: bootstrap, topic, group."""
import signal
import sys

from kafka import KafkaConsumer

bootstrap, topic, group = sys.argv[1:4]
running = True


def stop(_signal, _frame):
    global running
    running = False


signal.signal(signal.SIGTERM, stop)
consumer = KafkaConsumer(topic, bootstrap_servers=bootstrap, group_id=group, auto_offset_reset="earliest",
                         session_timeout_ms=10000, heartbeat_interval_ms=500)
out = sys.stdout.buffer
while running:
    for records in consumer.poll(timeout_ms=200).values():
        for record in records:
            out.write(b"%d\t%d\t%s\t%s\n" % (record.partition, record.offset, record.key, record.value))
    out.flush()
consumer.close()
