//! How much of anything a document or an event may hold. Each is checked before work is done for it.

/// Most bytes of a policy document, and of a text to import.
pub const MAX_DOCUMENT_BYTES: usize = 256 << 20;
/// Most rules of a document.
pub const MAX_RULES: usize = 1_000_000;
/// Most selector pairs of a rule.
pub const MAX_PAIRS_PER_RULE: usize = 1_000;
/// Most patterns of a rule, of all its selectors together.
pub const MAX_PATTERNS_PER_RULE: usize = 10_000;
/// Most patterns of a rule that are not literals: a literal is found, any other pattern has to be tried.
pub const MAX_WILDCARDS_PER_RULE: usize = 1_000;
/// Most patterns of a rule that need a regular expression, so that the first decision of a rule stays far from a host's
/// deadline: each is compiled when it is first asked.
pub const MAX_EXPRESSIONS_PER_RULE: usize = 32;
/// Most bytes of a pattern.
pub const MAX_PATTERN_BYTES: usize = 512;
/// Most states of a regular expression before it is made deterministic: `a{1000}` has a thousand.
pub const MAX_REGEX_NFA_STATES: usize = 2_000;
/// Most states of a regular expression once it is deterministic. The limits of regular expressions are what keeps one
/// decision within 50 times the cost of an ordinary one, and what keeps compiling one within a tenth of a second.
pub const MAX_REGEX_STATES: usize = 2_000;
/// Most transitions of a regular expression: its states, times the classes of bytes that it distinguishes.
pub const MAX_REGEX_TRANSITIONS: usize = 20_000;
/// Most steps that computing the transitions of a regular expression may take: the places in the expression that all its
/// states stand for, times the classes of bytes that it distinguishes.
pub const MAX_REGEX_STEPS: usize = 400_000;
/// Most transitions of all different regular expressions of a document together.
pub const MAX_REGEX_TRANSITIONS_PER_DOCUMENT: usize = 4_000_000;
/// How deep braces of a pattern nest.
pub const MAX_BRACE_DEPTH: usize = 8;
/// Greatest id of a rule, revision of a document, and `next-id` less one: what every JSON reader reads exactly.
pub const MAX_INTEGER: u64 = (1 << 53) - 1;
/// Most characters of the name of an instance.
pub const MAX_INSTANCE_CHARACTERS: usize = 255;
/// Most characters of a note.
pub const MAX_NOTE_CHARACTERS: usize = 1_000;
/// Most overrides of a document.
pub const MAX_OVERRIDES: usize = 1_000;
/// Most characters of the reason of an override. The least is one.
pub const MAX_REASON_CHARACTERS: usize = 500;
/// Most characters of who made an override. The least is one.
pub const MAX_BY_CHARACTERS: usize = 128;
/// Most bytes of a change, and of a query.
pub const MAX_CHANGE_BYTES: usize = 16 << 20;
/// Most bytes of the options of an import or export.
pub const MAX_OPTIONS_BYTES: usize = 1 << 16;
/// Most problems, and most warnings, that are listed one by one.
pub const MAX_DIAGNOSTICS: usize = 1_000;
/// Most tags of an event.
pub const MAX_TAGS_PER_EVENT: usize = 1_000;
/// Most bytes of an event in JSON.
pub const MAX_EVENT_BYTES: usize = 1 << 20;
/// Most pairs of an event's context.
pub const MAX_CONTEXT_PAIRS: usize = 64;
/// Most bytes of a key of the context. The least is one.
pub const MAX_CONTEXT_KEY_BYTES: usize = 128;
/// Most bytes of a value of the context.
pub const MAX_CONTEXT_VALUE_BYTES: usize = 1_024;
/// Most characters of a decision's message.
pub const MAX_MESSAGE_CHARACTERS: usize = 600;
