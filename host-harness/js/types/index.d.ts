/** Tagseal: decides by a WebAssembly component whether a tag of a container registry may be written or deleted. */

/** Whether something may happen. */
export type Outcome = 'allow' | 'deny';

/** What must still hold for a tag at the moment in which a write commits. */
export type Precondition = 'unconditional' | 'absent' | 'unchanged';

/** What a tag resolves to: `absent`, `unknown`, a digest, or that it was deleted and had a digest once. */
export type Current = 'absent' | 'unknown' | `${string}:${string}` | { retired: string };

/** One tag that a write sets, and what it resolves to before. */
export interface TagWrite {
  tag: string;
  current: Current;
}

/** A manifest is about to be stored, under tags or by its digest alone. */
export interface Write {
  repository: string;
  digest: string;
  tags: TagWrite[];
}

/** A tag is about to be deleted. */
export interface DeleteTag {
  repository: string;
  tag: string;
  /** Whether the host will remember the tag's digest. False where it is missing. */
  remembers?: boolean;
}

/** A manifest is about to be deleted, and the tags that need it with it. */
export interface DeleteManifest {
  repository: string;
  digest: string;
  tags: string[] | 'unknown';
  remembers?: boolean;
}

/** Facts about a request: its `time`, and who asks (`actor`). */
export type Context = Record<string, string>;

/** Something that is about to happen to a tag or a manifest. */
export type Event =
  | { write: Write; context?: Context }
  | { 'delete-tag': DeleteTag; context?: Context }
  | { 'delete-manifest': DeleteManifest; context?: Context };

/** Why, as a stable word. More may be added. */
export type DecisionCode =
  | 'unprotected'
  | 'first-push'
  | 'same-digest'
  | 'exempt'
  | 'deletion-allowed'
  | 'override'
  | 'immutable'
  | 'retired'
  | 'state-unknown'
  | 'malformed'
  | 'unavailable'
  | (string & {});

/** What was decided for one tag of an event. */
export interface TagDecision {
  tag: string;
  outcome: Outcome;
  code: DecisionCode;
  rule: number | null;
  namespace: string | null;
  pair: number | null;
  precondition: Precondition;
}

/** The answer to an event. */
export interface Decision {
  outcome: Outcome;
  code: DecisionCode;
  rule: number | null;
  namespace: string | null;
  pair: number | null;
  revision: number;
  /** For people: one line, empty where all is allowed. */
  message: string;
  tags: TagDecision[];
}

/** One thing that is wrong with a text: where, what, and what to do. */
export interface Diagnostic {
  severity: 'problem' | 'warning';
  pointer: string;
  line: number;
  column: number;
  message: string;
  help: string;
}

/** Why a change or a question was refused. */
export interface Refusal {
  code: string;
  message: string;
  rule: number | null;
  diagnostics: Diagnostic[];
}

/** A rule that a change was for: its text after the change, null after a delete, and the warnings about it. */
export interface ChangedRule {
  id: number;
  rule: string | null;
  warnings: Diagnostic[];
}

/** The result of a change. */
export interface Changed {
  document: string;
  revision: number;
  rules: ChangedRule[];
}

/** The result of an import or an export. */
export interface Converted {
  text: string;
  losses: Diagnostic[];
}

/** Which rules to list: those that all of the fields select. */
export interface ListQuery {
  enabled?: boolean;
  namespaces?: string[];
  ids?: number[];
}

/** The rules that were listed: as the document has them, and with their defaults filled in. */
export interface RuleList {
  revision: number;
  rules: Record<string, unknown>[];
  described: Record<string, unknown>[];
  overrides: Record<string, unknown>[];
  'without-rule'?: string[];
}

/** What is to be explained. */
export interface ExplainQuestion {
  repository: string;
  tag: string;
  context?: Context;
}

/** What a policy does to one tag. A question that can't be read has `malformed` alone. */
export interface Explanation {
  malformed?: string;
  repository?: string;
  tag?: string;
  revision?: number;
  rules?: Record<string, unknown>[];
  override?: Record<string, unknown> | null;
  outcomes?: Record<'push' | 'push-again' | 'push-other' | 'delete', Pick<Decision, 'outcome' | 'code' | 'rule' | 'namespace' | 'pair'>>;
}

/** How much a component and its instances may use. */
export interface Settings {
  /** Bytes that each memory of an instance may hold. */
  memoryBytes?: number;
  /** Bytes by which an instance may grow before it is replaced, because memory never shrinks. */
  growthBytes?: number;
  /** Bytes that one answer may have. */
  answerBytes?: number;
  /** Bytes that a component's file may have. */
  componentBytes?: number;
}

export const DEFAULT_SETTINGS: Readonly<Required<Settings>>;

/** What `tagseal split` writes: the core modules, and how they are put together. */
export interface Parts {
  plan: object;
  modules: WebAssembly.Module[];
}

/** A component that was checked and can be started. */
export class Component {
  private constructor();

  /** Checks a component, and compiles its code. None of it runs. Throws a `LoadError`. */
  static load(bytes: Uint8Array | ArrayBuffer, settings?: Settings): Promise<Component>;

  /** The same without a promise. Browsers allow it in workers only. */
  static loadSync(bytes: Uint8Array | ArrayBuffer, settings?: Settings): Component;

  /** A component that `tagseal split` took apart, for platforms where code may not be made from bytes. */
  static fromModules(parts: Parts, settings?: Settings): Component;

  /** Validates and compiles a policy document. Throws a `DocumentError` with every problem of an invalid document. */
  compile(document: string): Policy;

  /** Lists rules of a document. Throws a `RefusedError`. */
  listRules(document: string, query?: ListQuery): RuleList;

  /** The same in JSON, where the rules are those of the document byte for byte. */
  listRulesJson(document: string, query: string): string;

  /** Makes one change to a document. Throws a `RefusedError`. */
  changeRules(document: string, change: string | object): Changed;

  /** Turns the rules of another registry into a policy document. Throws a `RefusedError`. */
  importRules(format: string, text: string, options?: string | object): Converted;

  /** Turns a policy document into the rules of another registry. Throws a `RefusedError`. */
  exportRules(format: string, document: string, options?: string | object): Converted;
}

/** A compiled policy. It never changes. */
export class Policy implements Disposable {
  private constructor();

  /** The revision of the document, 0 where it has none. */
  readonly revision: number;

  /** Decides an event. It never throws: where no decision could be made, it denies with the code `unavailable`. */
  decide(event: Event): Decision;

  /** The same in JSON. */
  decideJson(event: string): string;

  /** Decides an event, or throws a `CallError`. */
  tryDecide(event: Event): Decision;

  /** Decides an event in JSON, or throws a `CallError`. */
  tryDecideJson(event: string): string;

  /** Decides several events, each by itself, or throws a `CallError`. */
  tryDecideBatch(events: Event[]): Decision[];

  /** Explains what the policy does to one tag. Throws a `CallError`. */
  explain(question: ExplainQuestion): Explanation;

  /** The same in JSON. */
  explainJson(question: string): string;

  /** What is valid in the document but almost certainly not meant. Throws a `CallError`. */
  warnings(): Diagnostic[];

  /** Frees the policy. Where it is not called, the garbage collector frees the policy with its instance. */
  close(): void;

  [Symbol.dispose](): void;
}

/** Takes a component apart: its plan, and its core modules with a limit for their memory. Throws a `LoadError`. */
export function split(bytes: Uint8Array, memoryBytes?: number): { plan: object; modules: Uint8Array<ArrayBuffer>[] };

/** The bytes of the component that this package brings. */
export function builtInBytes(): Promise<Uint8Array<ArrayBuffer>>;

/** The denial that stands for a decision that could not be made. */
export function denial(failure: unknown, revision: number): Decision;

/** What all errors of this package have in common. */
export class TagsealError extends Error {}

/** Why a component was refused. */
export type LoadErrorCode = 'imports' | 'interface' | 'memory' | 'size' | 'not-a-component' | 'unsupported';

/** A component was refused before any of its code ran. */
export class LoadError extends TagsealError {
  constructor(code: LoadErrorCode, message: string, options?: ErrorOptions);
  readonly code: LoadErrorCode;
}

/** A document is invalid. */
export class DocumentError extends TagsealError {
  constructor(diagnostics: Diagnostic[]);
  /** Every problem. */
  readonly diagnostics: Diagnostic[];
}

/** The component refused to list, change, import or export rules, and says why. */
export class RefusedError extends TagsealError {
  constructor(refusal: Refusal);
  readonly refusal: Refusal;
}

/** Why a call got no answer. */
export type CallErrorCode = 'trap' | 'memory' | 'answer' | 'deadline' | 'changed' | 'closed';

/** A call got no answer. The instance that failed is gone, and the next call gets another one. */
export class CallError extends TagsealError {
  constructor(code: CallErrorCode, message: string, options?: ErrorOptions);
  readonly code: CallErrorCode;
}

/** How long calls may take, in milliseconds. */
export interface Deadlines {
  /** To compile a document, or to change, list, import or export rules. */
  compileMs?: number;
  /** To decide or to explain. */
  decideMs?: number;
}

export const DEFAULT_DEADLINES: Readonly<Required<Deadlines>>;

/** A component in threads of its own, where calls that take too long are ended. */
export class ThreadedComponent {
  private constructor();

  /** Checks a component, and compiles its code. None of it runs. Fails with a `LoadError`. */
  static load(bytes: Uint8Array, settings?: Settings & Deadlines): Promise<ThreadedComponent>;

  /** Validates and compiles a policy document, in a thread of its own. */
  compile(document: string): Promise<ThreadedPolicy>;

  listRules(document: string, query?: ListQuery): Promise<RuleList>;
  changeRules(document: string, change: string | object): Promise<Changed>;
  importRules(format: string, text: string, options?: string | object): Promise<Converted>;
  exportRules(format: string, document: string, options?: string | object): Promise<Converted>;

  /** Ends the component's thread. Policies have their own. */
  close(): void;
}

/** A compiled policy whose decisions end at a deadline. */
export class ThreadedPolicy {
  private constructor();

  /** The revision of the document, 0 where it has none. */
  readonly revision: number;

  /** Decides an event. Where no decision could be made, it denies with the code `unavailable`. */
  decide(event: Event): Promise<Decision>;

  /** Decides an event, or fails with a `CallError`. */
  tryDecide(event: Event): Promise<Decision>;

  /** Explains what the policy does to one tag. The document is read again for it, within the deadline for compiling. */
  explain(question: ExplainQuestion): Promise<Explanation>;

  /** Frees the policy and ends its thread. */
  close(): void;
}
