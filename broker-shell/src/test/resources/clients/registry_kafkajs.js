// @kafkajs/confluent-schema-registry: register, encode and decode in all three languages. Usage: registry_kafkajs.js URL
const assert = require('assert');
const { SchemaRegistry, SchemaType } = require('@kafkajs/confluent-schema-registry');

async function main(url) {
  const registry = new SchemaRegistry({ host: url });
  const schemas = [
    [SchemaType.AVRO, JSON.stringify({ type: 'record', name: 'Line', namespace: 'logs', fields: [{ name: 'text', type: 'string' }] })],
    [SchemaType.JSON, JSON.stringify({ type: 'object', properties: { text: { type: 'string' } } })],
    [SchemaType.PROTOBUF, 'syntax = "proto3"; package logs; message Line { string text = 1; }'],
  ];
  for (const [type, schema] of schemas) {
    const subject = `kafkajs-${type}`;
    const { id } = await registry.register({ type, schema }, { subject });
    const decoded = await registry.decode(await registry.encode(id, { text: 'a line' }));
    assert.strictEqual(decoded.text, 'a line');
    assert.strictEqual(await registry.getLatestSchemaId(subject), id);
    assert.strictEqual((await registry.register({ type, schema }, { subject })).id, id);
  }
}

main(process.argv[2]).then(() => process.exit(0), error => { console.error(error); process.exit(1); });
