// Reads a component and works out, without running anything, how its core modules are put together.

import { BinaryReader, notAComponent, unsupported } from './binary-reader.js';
import { INTERFACE, RESOURCE } from './contract.js';
import { LoadError } from './error.js';
import { functionText } from './value-type.js';

/** @import {FunctionType, Resource, ValueType} from './value-type.js' */

/**
 * A function, a memory, a table or a global of a core instance, or one that the host provides for a resource.
 *
 * @typedef {{ instance: number, name: string } | { resource: 'new' | 'drop' | 'rep' }} CoreItem
 *
 * What makes a core instance: a module with its imports by name, or a bundle of items.
 * @typedef {{ module: number, imports: Record<string, number> } | { items: Record<string, CoreItem> }} Step
 *
 * A function of the interface: its type as text, its core function, and what is called after its result was read.
 * @typedef {{ type: string, core: CoreItem, postReturn: CoreItem | null }} PlannedFunction
 *
 * All that a host needs besides the core modules. It is plain data, which `split` writes as JSON.
 * @typedef {object} Plan
 * @property {Step[]} steps The core instances, in the order in which they are made.
 * @property {Record<string, PlannedFunction>} functions The functions of the interface.
 * @property {CoreItem | null} memory
 * @property {CoreItem | null} realloc
 * @property {CoreItem | null} destructor Called with the representation of a policy that is dropped.
 * @property {number} [memoryBytes] Bytes that each memory may hold, once that was written into the modules.
 *
 * @typedef {{ memory: CoreItem | null, realloc: CoreItem | null, postReturn: CoreItem | null }} Options
 * @typedef {{ type: FunctionType, core: CoreItem, options: Options }} Lifted
 * @typedef {Resource & { destructor: CoreItem | null }} DefinedResource
 * @typedef {{ value: ValueType } | { function: FunctionType } | { resource: DefinedResource } | { opaque: string }} Type
 * @typedef {{ sort: 'module', item: number }
 *   | { sort: 'function', item: Lifted }
 *   | { sort: 'type', item: Type }
 *   | { sort: 'component', item: ComponentDefinition }
 *   | { sort: 'instance', item: Map<string, Item> }} Item
 * @typedef {{ bytes: Uint8Array, outer: Scope }} ComponentDefinition
 */

const COMPONENT_HEADER = [0x00, 0x61, 0x73, 0x6d, 0x0d, 0x00, 0x01, 0x00];

/** Instances and components that are looked at before a component counts as one that never ends. */
const MAX_INSTANCES = 1_000;

/** Components in components. */
const MAX_DEPTH = 16;

const SORTS = /** @type {const} */ (['core', 'function', 'value', 'type', 'component', 'instance']);
const CORE_SORTS = new Map([[0x00, 'function'], [0x01, 'table'], [0x02, 'memory'], [0x03, 'global'], [0x11, 'module'], [0x12, 'instance']]);

const PRIMITIVES = new Map([
  [0x7f, 'bool'], [0x7e, 's8'], [0x7d, 'u8'], [0x7c, 's16'], [0x7b, 'u16'], [0x7a, 's32'], [0x79, 'u32'], [0x78, 's64'],
  [0x77, 'u64'], [0x76, 'f32'], [0x75, 'f64'], [0x74, 'char'], [0x73, 'string'],
]);
const KNOWN_PRIMITIVES = new Set(['bool', 'u8', 'u32', 'u64', 'string']);

/**
 * Reads a component: its plan, and the bytes of its core modules.
 *
 * @param {Uint8Array} bytes
 * @returns {{ plan: Plan, modules: Uint8Array[] }}
 * @throws {LoadError} for what is not a component, imports anything, lacks the interface or has a feature that is not known.
 */
export function readComponent(bytes) {
  if (COMPONENT_HEADER.some((byte, index) => bytes[index] !== byte)) {
    throw notAComponent(bytes.length < 8 ? 'it ends early' : 'it begins otherwise than a component');
  }
  refuseImports(bytes);
  const world = new World();
  const exports = world.instantiate({ bytes, outer: null }, new Map(), 0);
  const found = exports.get(INTERFACE);
  if (found?.sort !== 'instance') {
    throw new LoadError('interface', `the component does not export \`${INTERFACE}\`; use one that was built for it`);
  }
  return { plan: plan(world, found.item), modules: world.modules };
}

/** @param {Uint8Array} bytes */
function refuseImports(bytes) {
  /** @type {string[]} */
  const names = [];
  for (const { id, content } of new BinaryReader(bytes.subarray(8)).sections()) {
    if (id === 10) {
      const reader = new BinaryReader(content);
      reader.list(() => {
        names.push(externalName(reader));
        externalType(reader);
      });
    }
  }
  if (names.length > 0) {
    const list = names.map((name) => `\`${name}\``).join(', ');
    throw new LoadError('imports', `the component imports ${list}; a policy component imports nothing`);
  }
}

/** @param {World} world @param {Map<string, Item>} exports @returns {Plan} */
function plan(world, exports) {
  const policy = exports.get(RESOURCE.name);
  const resource = policy?.sort === 'type' && 'resource' in policy.item ? policy.item.resource : null;
  if (resource) {
    resource.name = RESOURCE.name;
  }
  /** @type {Record<string, PlannedFunction>} */
  const functions = {};
  /** @type {Options} */
  const shared = { memory: null, realloc: null, postReturn: null };
  for (const [name, { sort, item }] of exports) {
    if (sort === 'function') {
      shared.memory = same(shared.memory, item.options.memory, 'several memories');
      shared.realloc = same(shared.realloc, item.options.realloc, 'several functions that allocate');
      functions[name] = { type: functionText(item.type), core: item.core, postReturn: item.options.postReturn };
    }
  }
  const { memory, realloc } = shared;
  return { steps: world.steps, functions, memory, realloc, destructor: resource?.destructor ?? null };
}

/**
 * @param {CoreItem | null} before
 * @param {CoreItem | null} item
 * @param {string} otherwise
 */
function same(before, item, otherwise) {
  if (before && item && JSON.stringify(before) !== JSON.stringify(item)) {
    throw unsupported(otherwise);
  }
  return item ?? before;
}

/** What is gathered over all components in a component. */
class World {
  /** @type {Uint8Array[]} */
  modules = [];
  /** @type {Step[]} */
  steps = [];
  #instances = 0;

  /**
   * @param {{ bytes: Uint8Array, outer: Scope | null }} definition
   * @param {Map<string, Item>} args
   * @param {number} depth
   * @returns {Map<string, Item>} its exports
   */
  instantiate({ bytes, outer }, args, depth) {
    this.count();
    if (depth > MAX_DEPTH) {
      throw unsupported('too many components in components');
    }
    const scope = new Scope(this, args, outer, depth);
    for (const { id, content } of new BinaryReader(bytes.subarray(8)).sections()) {
      scope.section(id, content);
    }
    return scope.exports;
  }

  count() {
    this.#instances += 1;
    if (this.#instances > MAX_INSTANCES) {
      throw unsupported('too many instances');
    }
  }
}

/** The index spaces of one component, as far as its sections were read. */
class Scope {
  /** @type {Map<string, Item>} */
  exports = new Map();
  /** @type {Record<'module' | 'type' | 'function' | 'component' | 'instance', any[]>} */
  #items = { module: [], type: [], function: [], component: [], instance: [] };
  /** @type {Record<'function' | 'table' | 'memory' | 'global' | 'instance', any[]>} */
  #core = { function: [], table: [], memory: [], global: [], instance: [] };

  /**
   * @param {World} world
   * @param {Map<string, Item>} args
   * @param {Scope | null} outer
   * @param {number} depth
   */
  constructor(world, args, outer, depth) {
    this.world = world;
    this.args = args;
    this.outer = outer;
    this.depth = depth;
  }

  /** @param {number} id @param {Uint8Array} content */
  section(id, content) {
    const reader = new BinaryReader(content);
    switch (id) {
      case 0: // custom
      case 3: // core types, which only components with imports of modules need
        return;
      case 1:
        this.#items.module.push(this.world.modules.push(content) - 1);
        return;
      case 4:
        this.#items.component.push({ bytes: content, outer: this });
        return;
      case 2:
        reader.list(() => this.#coreInstance(reader));
        break;
      case 5:
        reader.list(() => this.#instance(reader));
        break;
      case 6:
        reader.list(() => this.#alias(reader));
        break;
      case 7:
        reader.list(() => this.#items.type.push(this.#type(reader)));
        break;
      case 8:
        reader.list(() => this.#canonical(reader));
        break;
      case 10:
        reader.list(() => this.#import(reader));
        break;
      case 11:
        reader.list(() => this.#export(reader));
        break;
      default:
        throw unsupported(`a section of the kind ${id}`);
    }
    if (!reader.isAtEnd) {
      throw notAComponent('a section is longer than its content');
    }
  }

  /** @param {BinaryReader} reader */
  #coreInstance(reader) {
    this.world.count();
    if (reader.byte() === 0) {
      const module = at(this.#items.module, reader.u32());
      /** @type {Record<string, number>} */
      const imports = record();
      reader.list(() => {
        const name = reader.name();
        reader.byte();
        imports[name] = at(this.#core.instance, reader.u32());
      });
      this.#core.instance.push(this.world.steps.push({ module, imports }) - 1);
      return;
    }
    /** @type {Record<string, CoreItem>} */
    const items = record();
    reader.list(() => {
      const name = reader.name();
      items[name] = at(this.#coreSpace(reader.byte()), reader.u32());
    });
    this.#core.instance.push(this.world.steps.push({ items }) - 1);
  }

  /** @param {BinaryReader} reader */
  #instance(reader) {
    if (reader.byte() === 0) {
      const definition = at(this.#items.component, reader.u32());
      const args = new Map(reader.list(() => [reader.name(), this.#item(reader)]));
      this.#items.instance.push(this.world.instantiate(definition, args, this.depth + 1));
      return;
    }
    this.world.count();
    this.#items.instance.push(new Map(reader.list(() => [externalName(reader), this.#item(reader)])));
  }

  /** @param {BinaryReader} reader */
  #alias(reader) {
    const sort = this.#sort(reader);
    switch (reader.byte()) {
      case 0: {
        const instance = at(this.#items.instance, reader.u32());
        const found = instance.get(reader.name());
        if (!found || found.sort !== sort) {
          throw notAComponent('an alias is of something that is not there');
        }
        this.#push(found);
        return;
      }
      case 1: {
        const instance = at(this.#core.instance, reader.u32());
        this.#coreSpace(sort).push({ instance, name: reader.name() });
        return;
      }
      default: {
        /** @type {Scope | null} */
        let scope = this;
        for (let count = reader.u32(); count > 0 && scope; count -= 1) {
          scope = scope.outer;
        }
        if (!scope) {
          throw notAComponent('an alias is of a component that is not there');
        }
        this.#push(scope.#find(sort, reader.u32()));
      }
    }
  }

  /** @param {BinaryReader} reader */
  #canonical(reader) {
    const kind = reader.byte();
    switch (kind) {
      case 0x00: {
        reader.byte();
        const core = at(this.#core.function, reader.u32());
        const options = this.#options(reader);
        const type = at(this.#items.type, reader.u32());
        if (!('function' in type)) {
          throw notAComponent('a function has a type that is not one of a function');
        }
        this.#items.function.push({ type: type.function, core, options });
        return;
      }
      case 0x02:
      case 0x03:
      case 0x04:
        at(this.#items.type, reader.u32());
        this.#core.function.push({ resource: kind === 2 ? 'new' : kind === 3 ? 'drop' : 'rep' });
        return;
      default:
        throw unsupported(`a canonical function of the kind ${kind}`);
    }
  }

  /** @param {BinaryReader} reader @returns {Options} */
  #options(reader) {
    /** @type {Options} */
    const options = { memory: null, realloc: null, postReturn: null };
    reader.list(() => {
      const option = reader.byte();
      switch (option) {
        case 0x00: // UTF-8
          return;
        case 0x03:
          options.memory = at(this.#core.memory, reader.u32());
          return;
        case 0x04:
          options.realloc = at(this.#core.function, reader.u32());
          return;
        case 0x05:
          options.postReturn = at(this.#core.function, reader.u32());
          return;
        default:
          throw unsupported(`an option of the kind ${option}`);
      }
    });
    return options;
  }

  /** @param {BinaryReader} reader */
  #import(reader) {
    const argument = this.args.get(externalName(reader));
    externalType(reader);
    if (!argument) {
      throw notAComponent('an import of an inner component is missing');
    }
    this.#push(argument);
  }

  /** @param {BinaryReader} reader */
  #export(reader) {
    const name = externalName(reader);
    const item = this.#item(reader);
    reader.optional(() => externalType(reader));
    this.exports.set(name, item);
    this.#push(item);
  }

  /** @param {BinaryReader} reader @returns {Type} */
  #type(reader) {
    const kind = reader.byte();
    switch (kind) {
      case 0x3f:
        reader.byte();
        return { resource: { name: 'another resource', destructor: reader.optional(() => at(this.#core.function, reader.u32())) } };
      case 0x40: {
        /** @type {[string, ValueType][]} */
        const parameters = reader.list(() => [reader.name(), this.#valueType(reader)]);
        if (reader.byte() === 0) {
          return { function: { parameters, result: this.#valueType(reader) } };
        }
        reader.byte();
        return { function: { parameters, result: null } };
      }
      case 0x41:
      case 0x42:
      case 0x43:
        throw unsupported('types of components, of instances or of asynchronous functions');
      default:
        return { value: this.#definedType(kind, reader) };
    }
  }

  /** @param {number} kind @param {BinaryReader} reader @returns {ValueType} */
  #definedType(kind, reader) {
    const valueType = () => this.#valueType(reader);
    switch (kind) {
      case 0x72:
        return { kind: 'record', fields: reader.list(() => [reader.name(), valueType()]) };
      case 0x71:
        return { kind: 'variant', cases: reader.list(() => this.#case(reader)) };
      case 0x70:
        return { kind: 'list', element: valueType() };
      case 0x6f:
        return { kind: 'tuple', elements: reader.list(valueType) };
      case 0x6e:
        return { kind: 'other', text: `flags { ${reader.list(() => reader.name()).join(', ')} }` };
      case 0x6d:
        return { kind: 'enum', names: reader.list(() => reader.name()) };
      case 0x6b:
        return { kind: 'option', some: valueType() };
      case 0x6a:
        return { kind: 'result', ok: reader.optional(valueType), error: reader.optional(valueType) };
      case 0x69:
      case 0x68: {
        const type = at(this.#items.type, reader.u32());
        if (!('resource' in type)) {
          throw notAComponent('a handle is of something that is not a resource');
        }
        return { kind: kind === 0x69 ? 'own' : 'borrow', resource: type.resource };
      }
      default:
        return primitiveType(kind);
    }
  }

  /** @param {BinaryReader} reader @returns {[string, ValueType | null]} */
  #case(reader) {
    const name = reader.name();
    const payload = reader.optional(() => this.#valueType(reader));
    reader.byte();
    return [name, payload];
  }

  /** A primitive type by its code, or the type with an index. @param {BinaryReader} reader @returns {ValueType} */
  #valueType(reader) {
    const first = reader.next ?? 0;
    if (first >= 0x40 && first < 0x80) {
      return primitiveType(reader.byte());
    }
    const type = at(this.#items.type, reader.u32());
    if (!('value' in type)) {
      throw notAComponent('a value has a type that is not one of values');
    }
    return type.value;
  }

  /** @param {BinaryReader} reader @returns {Item} */
  #item(reader) {
    return this.#find(this.#sort(reader), reader.u32());
  }

  /** @param {string | number} sort @param {number} index @returns {Item} */
  #find(sort, index) {
    if (sort === 'module' || sort === 'function' || sort === 'type' || sort === 'component' || sort === 'instance') {
      return { sort, item: at(this.#items[sort], index) };
    }
    throw unsupported(`an item of the kind ${sort}`);
  }

  /** @param {Item} item */
  #push({ sort, item }) {
    this.#items[sort].push(item);
  }

  /** The sort of an item of a component, as its name, or that of a core item, as its code. @param {BinaryReader} reader */
  #sort(reader) {
    const sort = SORTS[reader.byte()];
    if (sort === 'core') {
      const code = reader.byte();
      return code === 0x11 ? 'module' : code;
    }
    return sort ?? 'unknown';
  }

  /** @param {string | number} code */
  #coreSpace(code) {
    const sort = typeof code === 'number' ? CORE_SORTS.get(code) : undefined;
    if (sort === 'function' || sort === 'table' || sort === 'memory' || sort === 'global') {
      return this.#core[sort];
    }
    throw unsupported(`a core item of the kind ${code}`);
  }
}

/** @param {number} code @returns {ValueType} */
function primitiveType(code) {
  const name = PRIMITIVES.get(code);
  if (!name) {
    throw unsupported(`a type of the kind ${code}`);
  }
  return KNOWN_PRIMITIVES.has(name)
    ? { kind: /** @type {import('./value-type.js').Primitive} */ (name) }
    : { kind: 'other', text: name };
}

/** @param {BinaryReader} reader */
function externalName(reader) {
  const form = reader.byte();
  if (form > 1) {
    throw unsupported(`a name of the kind ${form}`);
  }
  return reader.name();
}

/** Passes over the type of an import or an export. @param {BinaryReader} reader */
function externalType(reader) {
  const kind = reader.byte();
  if (kind === 0x00) {
    reader.byte();
  }
  if (kind !== 0x03 || reader.byte() === 0) {
    reader.u32();
  }
}

/**
 * @template T
 * @param {T[]} list
 * @param {number} index
 * @returns {T}
 */
function at(list, index) {
  const item = list[index];
  if (item === undefined) {
    throw notAComponent('an index is of something that is not there');
  }
  return item;
}

/** An object that inherits nothing, so that every name is safe as a key. @returns {any} */
const record = () => Object.create(null);
