"""Produces the lines of a file, each "key TAB value", in order. Arguments: bootstrap, topic, file."""
import sys

from kafka import KafkaProducer

bootstrap, topic, path = sys.argv[1:4]
producer = KafkaProducer(bootstrap_servers=bootstrap, acks="all", compression_type="gzip", linger_ms=5,
                         max_in_flight_requests_per_connection=1)
futures = []
with open(path, "rb") as lines:
    for line in lines:
        key, value = line.rstrip(b"\n").split(b"\t", 1)
        futures.append(producer.send(topic, key=key, value=value))
producer.flush(60)
for future in futures:
    future.get(60)
producer.close()
