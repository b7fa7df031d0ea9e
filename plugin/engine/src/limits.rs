//! How much of anything a document or an event may hold. Each is checked before work is done for it.

/// Most bytes of a policy document, and of a text to import.
pub const DOCUMENT_BYTES: usize = 256 << 20;
/// Most rules of a document.
pub const RULES: usize = 1_000_000;
/// Most selector pairs of a rule.
pub const PAIRS_PER_RULE: usize = 1_000;
/// Most patterns of a rule, of all its selectors together.
pub const PATTERNS_PER_RULE: usize = 10_000;
/// Most patterns of a rule that are not literals: a literal is found, any other pattern has to be tried.
pub const WILDCARDS_PER_RULE: usize = 1_000;
/// Most patterns of a rule that need a regular expression, so that the first decision of a rule stays far from a host's
/// deadline: each is compiled when it is first asked.
pub const EXPRESSIONS_PER_RULE: usize = 32;
/// Most bytes of a pattern.
pub const PATTERN_BYTES: usize = 512;
/// How deep braces of a pattern nest.
pub const BRACE_DEPTH: usize = 8;
/// Greatest id of a rule, revision of a document, and `next-id` less one: what every JSON reader holds exactly.
pub const INTEGER: u64 = (1 << 53) - 1;
/// Most characters of the name of an instance.
pub const INSTANCE_CHARACTERS: usize = 255;
/// Most characters of a note.
pub const NOTE_CHARACTERS: usize = 1_000;
/// Most bytes of a change, and of a query.
pub const CHANGE_BYTES: usize = 16 << 20;
/// Most bytes of the options of an import or export.
pub const OPTIONS_BYTES: usize = 1 << 16;
/// Most problems, and most warnings, that are told one by one.
pub const DIAGNOSTICS: usize = 1_000;
/// Most tags of an event.
pub const TAGS: usize = 1_000;
/// Most bytes of an event in JSON.
pub const EVENT_BYTES: usize = 1 << 20;
/// Most pairs of an event's context.
pub const CONTEXT_PAIRS: usize = 64;
/// Most bytes of a key of the context. The least is one.
pub const CONTEXT_KEY_BYTES: usize = 128;
/// Most bytes of a value of the context.
pub const CONTEXT_VALUE_BYTES: usize = 1_024;
/// Most characters of a decision's message.
pub const MESSAGE_CHARACTERS: usize = 600;
