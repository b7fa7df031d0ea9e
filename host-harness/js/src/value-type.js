// The types of values that cross the border of a component, and how they lie in memory: the canonical ABI's layout.

/**
 * @typedef {{ name: string }} Resource
 * @typedef {'bool' | 'u8' | 'u32' | 'u64' | 'string'} Primitive
 * @typedef {{ kind: Primitive }
 *   | { kind: 'list', element: ValueType }
 *   | { kind: 'record', fields: [string, ValueType][] }
 *   | { kind: 'tuple', elements: ValueType[] }
 *   | { kind: 'variant', cases: [string, ValueType | null][] }
 *   | { kind: 'enum', names: string[] }
 *   | { kind: 'option', some: ValueType }
 *   | { kind: 'result', ok: ValueType | null, error: ValueType | null }
 *   | { kind: 'own', resource: Resource }
 *   | { kind: 'borrow', resource: Resource }
 *   | { kind: 'other', text: string }} ValueType
 * @typedef {{ parameters: [string, ValueType][], result: ValueType | null }} FunctionType
 */

/**
 * @template {Primitive} Kind
 * @param {Kind} kind
 * @returns {{ kind: Kind }}
 */
export const primitive = (kind) => ({ kind });

/** @param {ValueType} element @returns {ValueType} */
export const list = (element) => ({ kind: 'list', element });

/** @param {Record<string, ValueType>} fields @returns {ValueType} */
export const record = (fields) => ({ kind: 'record', fields: Object.entries(fields) });

/** @param {ValueType[]} elements @returns {ValueType} */
export const tuple = (...elements) => ({ kind: 'tuple', elements });

/** @param {Record<string, ValueType | null>} cases @returns {ValueType} */
export const variant = (cases) => ({ kind: 'variant', cases: Object.entries(cases) });

/** @param {string[]} names @returns {ValueType} */
export const enumeration = (...names) => ({ kind: 'enum', names });

/** @param {ValueType} some @returns {ValueType} */
export const option = (some) => ({ kind: 'option', some });

/** @param {ValueType | null} ok @param {ValueType | null} error @returns {ValueType} */
export const result = (ok, error) => ({ kind: 'result', ok, error });

/** @param {Resource} resource @returns {ValueType} */
export const own = (resource) => ({ kind: 'own', resource });

/** @param {Resource} resource @returns {ValueType} */
export const borrow = (resource) => ({ kind: 'borrow', resource });

/**
 * The type as text, fully expanded. Two types are the same where their texts are.
 *
 * @param {ValueType} type
 * @returns {string}
 */
export function typeText(type) {
  switch (type.kind) {
    case 'list':
      return `list<${typeText(type.element)}>`;
    case 'record':
      return `record { ${type.fields.map(([name, field]) => `${name}: ${typeText(field)}`).join(', ')} }`;
    case 'tuple':
      return `tuple<${type.elements.map(typeText).join(', ')}>`;
    case 'variant':
      return `variant { ${type.cases.map(([name, payload]) => (payload ? `${name}(${typeText(payload)})` : name)).join(', ')} }`;
    case 'enum':
      return `enum { ${type.names.join(', ')} }`;
    case 'option':
      return `option<${typeText(type.some)}>`;
    case 'result':
      return `result<${type.ok ? typeText(type.ok) : '_'}, ${type.error ? typeText(type.error) : '_'}>`;
    case 'own':
      return `own<${type.resource.name}>`;
    case 'borrow':
      return `borrow<${type.resource.name}>`;
    case 'other':
      return type.text;
    default:
      return type.kind;
  }
}

/**
 * A function's type as text.
 *
 * @param {FunctionType} type
 */
export function functionText({ parameters, result }) {
  const list = parameters.map(([name, type]) => `${name}: ${typeText(type)}`).join(', ');
  return `(${list})${result ? ` -> ${typeText(result)}` : ''}`;
}

/** @typedef {{ size: number, alignment: number }} Layout */

/** @type {Map<ValueType, Layout>} */
const layouts = new Map();

/**
 * How many bytes a value takes in memory, and on which multiple of bytes it begins.
 *
 * @param {ValueType} type
 * @returns {Layout}
 */
export function layout(type) {
  let found = layouts.get(type);
  if (!found) {
    found = computeLayout(type);
    layouts.set(type, found);
  }
  return found;
}

/** @param {ValueType} type @returns {Layout} */
function computeLayout(type) {
  switch (type.kind) {
    case 'bool':
    case 'u8':
    case 'enum':
      return { size: 1, alignment: 1 };
    case 'u32':
    case 'own':
    case 'borrow':
      return { size: 4, alignment: 4 };
    case 'u64':
      return { size: 8, alignment: 8 };
    case 'string':
    case 'list':
      return { size: 8, alignment: 4 };
    case 'record':
      return sequence(type.fields.map(([, field]) => field));
    case 'tuple':
      return sequence(type.elements);
    case 'other':
      throw new TypeError(`the contract has no ${type.text}`);
    default: {
      const payloads = cases(type).map((payload) => (payload ? layout(payload) : { size: 0, alignment: 1 }));
      const alignment = Math.max(...payloads.map((payload) => payload.alignment));
      const size = align(1, alignment) + Math.max(...payloads.map((payload) => payload.size));
      return { size: align(size, alignment), alignment };
    }
  }
}

/** @param {ValueType[]} types @returns {Layout} */
function sequence(types) {
  let [size, alignment] = [0, 1];
  for (const type of types) {
    const part = layout(type);
    size = align(size, part.alignment) + part.size;
    alignment = Math.max(alignment, part.alignment);
  }
  return { size: align(size, alignment), alignment };
}

/**
 * Where the parts of a record or a tuple begin.
 *
 * @param {ValueType[]} types
 */
export function offsets(types) {
  let end = 0;
  return types.map((type) => {
    const { size, alignment } = layout(type);
    const start = align(end, alignment);
    end = start + size;
    return start;
  });
}

/**
 * Where the payload of a variant, an option or a result begins. The byte at its start says which case it is.
 *
 * @param {ValueType} type
 */
export const payloadOffset = (type) => layout(type).alignment;

/**
 * The payloads of a variant's cases. An option and a result are variants too.
 *
 * @param {ValueType} type
 * @returns {(ValueType | null)[]}
 */
export function cases(type) {
  switch (type.kind) {
    case 'variant':
      return type.cases.map(([, payload]) => payload);
    case 'option':
      return [null, type.some];
    case 'result':
      return [type.ok, type.error];
    default:
      throw new TypeError(`${type.kind} has no cases`);
  }
}

/**
 * How many core values a value takes when it is passed flat, as a parameter. All of them are `i32` in this contract.
 *
 * @param {ValueType} type
 * @returns {number}
 */
export function flatCount(type) {
  switch (type.kind) {
    case 'string':
    case 'list':
      return 2;
    case 'record':
      return type.fields.reduce((sum, [, field]) => sum + flatCount(field), 0);
    case 'tuple':
      return type.elements.reduce((sum, element) => sum + flatCount(element), 0);
    case 'variant':
    case 'option':
    case 'result':
      return 1 + Math.max(...cases(type).map((payload) => (payload ? flatCount(payload) : 0)));
    default:
      return 1;
  }
}

/** @param {number} offset @param {number} alignment */
const align = (offset, alignment) => Math.ceil(offset / alignment) * alignment;
