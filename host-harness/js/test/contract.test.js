// The contract as this package has it, against the table that is made from the WIT.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { suite, test } from 'node:test';
import { FUNCTIONS, INTERFACE, TYPES } from '../src/contract.js';
import { flatCount, functionText, layout, offsets, payloadOffset } from '../src/value-type.js';

/** @import {ValueType} from '../src/value-type.js' */

const table = JSON.parse(readFileSync(new URL('../../../wit/interface.json', import.meta.url), 'utf8'));

suite('the contract', () => {
  test('the interface has the name that the WIT gives it', () => {
    assert.equal(INTERFACE, table.interface);
  });

  test('each function has the type that the WIT gives it', () => {
    const texts = Object.fromEntries(Object.entries(FUNCTIONS).map(([name, type]) => [name, functionText(type)]));
    const expected = Object.fromEntries(Object.entries(table.functions).map(([name, { type }]) => [name, type]));
    assert.deepEqual(texts, expected);
  });

  test('each function takes as many core values as the WIT says', () => {
    for (const [name, { parameters }] of Object.entries(FUNCTIONS)) {
      const count = parameters.reduce((sum, [, type]) => sum + flatCount(type), 0);
      assert.equal(count, table.functions[name].core.params.length, name);
    }
  });

  for (const [name, type] of Object.entries(TYPES)) {
    test(`${name} lies in memory as the WIT says`, () => {
      const expected = table.types[name];
      assert.deepEqual(layout(type), { size: expected.size, alignment: expected.align });
      assert.deepEqual(starts(type), (expected.fields ?? expected.cases).map((part) => part.offset));
    });
  }
});

/** @param {ValueType} type */
function starts(type) {
  switch (type.kind) {
    case 'record':
      return offsets(type.fields.map(([, field]) => field));
    case 'variant':
      return type.cases.map(([, payload]) => (payload ? payloadOffset(type) : undefined));
    default:
      return 'names' in type ? type.names.map(() => undefined) : [];
  }
}
