'use strict';
// Lets Azurite begin with the rows of a file, named by its last argument: one row to a line, as an
// SDK would send it. Written over HTTP, 100,000 leads take hours, because Azurite looks through the
// whole partition before it inserts a row. Its own code makes the table and reads the rows.

const { createReadStream } = require('fs');
const { createRequire } = require('module');
const { createInterface } = require('readline');

const fromAzurite = createRequire(`${process.cwd()}/`);
const table = (path) => fromAzurite(`azurite/dist/src/table/${path}`);
const Store = table('persistence/LokiTableMetadataStore').default;
const { NormalizedEntity } = table('entity/NormalizedEntity');
const { newTableEntityEtag } = table('utils/utils');

const ACCOUNT = 'devstoreaccount1';
const TABLE = 'Leads';
const rows = process.argv.pop();

function entityOf(line) {
  const properties = JSON.parse(line);
  const lastModifiedTime = properties.ReceivedAt || properties.LastSeen;
  const entity = {
    PartitionKey: properties.PartitionKey,
    RowKey: properties.RowKey,
    properties,
    lastModifiedTime,
    eTag: newTableEntityEtag(lastModifiedTime),
  };
  return new NormalizedEntity(entity).normalize();
}

const init = Store.prototype.init;
Store.prototype.init = async function () {
  await init.call(this);
  await this.createTable(undefined, { account: ACCOUNT, table: TABLE });
  const entities = [];
  for await (const line of createInterface({ input: createReadStream(rows) })) {
    entities.push(entityOf(line));
  }
  this.getEntityCollection(ACCOUNT, TABLE).insert(entities, true); // true: sort the index once
};
