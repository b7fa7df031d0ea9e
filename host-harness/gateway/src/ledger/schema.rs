//! The tables of a ledger, and how they come to be.

use super::error::DatabaseError;
use super::statement::{Statements, Value};

/// The migrations, in order. One that was released never changes.
///
/// Times are milliseconds of the database's clock. A text or time that is not known is empty or 0, never null, so that
/// both databases compare it in the same way.
const MIGRATIONS: [&[&str]; 3] = [
    &[
        // Gateways that use this ledger, or used it: when each was last seen alive.
        "CREATE TABLE gateways (id BIGINT PRIMARY KEY, name TEXT NOT NULL, started BIGINT NOT NULL, seen BIGINT NOT NULL)",
        // Writes that were forwarded, or are about to be, and whose outcome is not known.
        "CREATE TABLE writes (
        id BIGINT PRIMARY KEY,
        repository TEXT NOT NULL,
        kind TEXT NOT NULL,
        tag TEXT NOT NULL,
        digest TEXT NOT NULL,
        other_digest TEXT NOT NULL,
        parts TEXT NOT NULL,
        state_before TEXT NOT NULL,
        is_protected BIGINT NOT NULL,
        rivals BIGINT NOT NULL,
        gateway BIGINT NOT NULL,
        actor TEXT NOT NULL,
        begun BIGINT NOT NULL,
        left_at BIGINT NOT NULL,
        answer TEXT NOT NULL)",
        "CREATE INDEX writes_by_tag ON writes (repository, tag)",
        "CREATE INDEX writes_by_gateway ON writes (gateway)",
        // For one tag, open protected writes have one effect: the key makes sure of it.
        "CREATE TABLE held_tags (
        repository TEXT NOT NULL,
        tag TEXT NOT NULL,
        effect TEXT NOT NULL,
        writes BIGINT NOT NULL,
        PRIMARY KEY (repository, tag))",
        // What each tag was bound to last.
        "CREATE TABLE bindings (
        repository TEXT NOT NULL,
        tag TEXT NOT NULL,
        digest TEXT NOT NULL,
        parts TEXT NOT NULL,
        state TEXT NOT NULL,
        since BIGINT NOT NULL,
        actor TEXT NOT NULL,
        PRIMARY KEY (repository, tag))",
        "CREATE INDEX bindings_by_digest ON bindings (repository, digest)",
        // Repositories whose every tag has a binding.
        "CREATE TABLE adopted_repositories (repository TEXT PRIMARY KEY, since BIGINT NOT NULL)",
        // What was learned about the registry.
        "CREATE TABLE facts (name TEXT PRIMARY KEY, value TEXT NOT NULL, since BIGINT NOT NULL)",
        // What operators and overrides did, and what was found to have happened without a gateway.
        "CREATE TABLE audit (
        id BIGINT PRIMARY KEY,
        happened BIGINT NOT NULL,
        what TEXT NOT NULL,
        repository TEXT NOT NULL,
        tag TEXT NOT NULL,
        digest TEXT NOT NULL,
        other_digest TEXT NOT NULL,
        actor TEXT NOT NULL,
        reason TEXT NOT NULL)",
    ],
    // The policy document, where it is kept here: the row with id 1.
    &[
        "CREATE TABLE policy (id BIGINT PRIMARY KEY, document TEXT NOT NULL, version BIGINT NOT NULL, changed BIGINT NOT NULL)",
    ],
    &[
        // The audit is now that of the gateways: each line as JSON, in the order in which they came, with how it is found.
        "DROP TABLE audit",
        "CREATE TABLE audit (
        id BIGINT PRIMARY KEY,
        happened BIGINT NOT NULL,
        kind TEXT NOT NULL,
        rule BIGINT NOT NULL,
        actor TEXT NOT NULL,
        subjects TEXT NOT NULL,
        line TEXT NOT NULL)",
        "CREATE INDEX audit_by_time ON audit (happened)",
    ],
];

/// The last version of the tables that is known here.
pub(crate) const KNOWN: i64 = 3;

/// Brings the tables to the last version that is known here, and returns the version that they have.
pub(crate) async fn migrate(statements: &mut impl Statements) -> Result<i64, DatabaseError> {
    statements.run("CREATE TABLE IF NOT EXISTS ledger_version (version BIGINT PRIMARY KEY)", &[]).await?;
    for (version, migration) in (1..).zip(MIGRATIONS) {
        let text = "INSERT INTO ledger_version (version) VALUES ($1) ON CONFLICT (version) DO NOTHING";
        if statements.run(text, &[Value::Number(version)]).await? == 1 {
            for statement in migration {
                statements.run(statement, &[]).await?;
            }
        }
    }
    let rows = statements.rows("SELECT MAX(version) FROM ledger_version", &[]).await?;
    rows.first().map_or(Ok(0), |row| row.number(0))
}
