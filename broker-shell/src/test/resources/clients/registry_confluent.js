// Confluent's own client and its Avro and JSON serializers: register, serialize, read back, evolve, be refused.
// Usage: registry_confluent.js URL
const assert = require('assert');
const { SchemaRegistryClient, AvroSerializer, AvroDeserializer, JsonSerializer, JsonDeserializer, SerdeType, Compatibility,
  RestError } = require('@confluentinc/schemaregistry');

async function main(url) {
  const client = new SchemaRegistryClient({ baseURLs: [url], cacheCapacity: 100 });
  const v1 = { schemaType: 'AVRO', schema: JSON.stringify({ type: 'record', name: 'Person',
    fields: [{ name: 'name', type: 'string' }] }) };
  const id = await client.register('js-avro-value', v1);
  assert.ok(id > 0);
  assert.deepStrictEqual(JSON.parse((await client.getBySubjectAndId('js-avro-value', id)).schema), JSON.parse(v1.schema));
  assert.deepStrictEqual(await client.getAllVersions('js-avro-value'), [1]);
  assert.strictEqual(await client.getId('js-avro-value', v1), id);
  assert.strictEqual((await client.getLatestSchemaMetadata('js-avro-value')).version, 1);
  assert.ok((await client.getAllSubjects()).includes('js-avro-value'));
  const bad = { schemaType: 'AVRO', schema: v1.schema.replace('"string"', '"int"') };
  assert.strictEqual(await client.testSubjectCompatibility('js-avro-value', bad), false);
  await assert.rejects(client.register('js-avro-value', bad), error => error.status === 409 || error.errorCode === 409);
  assert.strictEqual(await client.updateCompatibility('js-avro-value', Compatibility.NONE), Compatibility.NONE);
  assert.ok(await client.register('js-avro-value', bad) > id);

  const avro = new AvroSerializer(client, SerdeType.VALUE, { useLatestVersion: false, autoRegisterSchemas: false });
  avro.config().useLatestVersion = true;
  await client.register('js-serde-value', v1);
  const bytes = await avro.serialize('js-serde', { name: 'Ada' });
  assert.strictEqual(bytes[0], 0);
  const back = await new AvroDeserializer(client, SerdeType.VALUE, {}).deserialize('js-serde', bytes);
  assert.strictEqual(back.name, 'Ada');

  await client.register('js-json-value', { schemaType: 'JSON', schema: JSON.stringify({ type: 'object',
    properties: { name: { type: 'string' } } }) });
  const json = new JsonSerializer(client, SerdeType.VALUE, { useLatestVersion: true, autoRegisterSchemas: false });
  const text = await json.serialize('js-json', { name: 'Grace' });
  assert.deepStrictEqual(await new JsonDeserializer(client, SerdeType.VALUE, {}).deserialize('js-json', text), { name: 'Grace' });

  await client.deleteSubject('js-json-value', false);
  await client.deleteSubject('js-json-value', true);
  // Another client: the first one keeps what it has read.
  const other = new SchemaRegistryClient({ baseURLs: [url], cacheCapacity: 100 });
  await assert.rejects(other.getLatestSchemaMetadata('js-json-value'), error => error.errorCode === 40401);
}

main(process.argv[2]).then(() => process.exit(0), error => { console.error(error); process.exit(1); });
