// Consumes as a group member until SIGTERM; prints "partition TAB offset TAB key TAB value". Arguments: bootstrap, topic, group.
const { Kafka, logLevel } = require('kafkajs');

const [bootstrap, topic, groupId] = process.argv.slice(2);
const kafka = new Kafka({ clientId: 'kafkajs-consumer', brokers: [bootstrap], logLevel: logLevel.ERROR });
const consumer = kafka.consumer({ groupId, sessionTimeout: 10000, heartbeatInterval: 500, maxWaitTimeInMs: 200 });

async function main() {
  process.on('SIGTERM', async () => {
    await consumer.disconnect();
    process.exit(0);
  });
  await consumer.connect();
  await consumer.subscribe({ topics: [topic], fromBeginning: true });
  await consumer.run({
    eachMessage: async ({ partition, message }) => {
      process.stdout.write(`${partition}\t${message.offset}\t${message.key}\t${message.value}\n`);
    },
  });
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
