// Every vector of `tests/vectors`, each as a test with the vector's sentence as its name.

import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { component, vectorsPath } from './support.js';
import { readFolder } from './vectors/folder.js';
import { KINDS } from './vectors/kinds.js';

for (const file of readFolder(vectorsPath)) {
  suite(file.name, () => {
    for (const vector of file.vectors) {
      test(vector.name, () => {
        const wrong = KINDS[file.kind]?.check(vector, component);
        assert.deepEqual(wrong, [], wrong?.join('\n'));
      });
    }
  });
}
