// Produces the lines of a file, each "key TAB value", in order. Arguments: bootstrap, topic, file.
const fs = require('fs');
const { Kafka, CompressionTypes, Partitioners, logLevel } = require('kafkajs');

const [bootstrap, topic, path] = process.argv.slice(2);
const kafka = new Kafka({ clientId: 'kafkajs-producer', brokers: [bootstrap], logLevel: logLevel.ERROR });
const BATCH = 500;

async function main() {
  const messages = fs.readFileSync(path, 'utf8').split('\n').filter((line) => line.length > 0).map((line) => {
    const tab = line.indexOf('\t');
    return { key: line.slice(0, tab), value: line.slice(tab + 1) };
  });
  const producer = kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner });
  await producer.connect();
  for (let from = 0; from < messages.length; from += BATCH) {
    await producer.send({ topic, acks: -1, compression: CompressionTypes.GZIP, messages: messages.slice(from, from + BATCH) });
  }
  await producer.disconnect();
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
