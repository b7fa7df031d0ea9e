//! The steps of the demo: what is asked, what is answered, and why.

use std::fmt::Write as _;
use std::io::Write as _;
use std::net::SocketAddr;

use tagseal::contract::{Current, Operation};
use tagseal_gateway::{AuditEntry, Gateway};
use tokio::sync::broadcast::Receiver;

use crate::command::Ending;
use crate::command::client::{Answer, Client, Error};
use crate::command::fault::Fault;
use crate::command::image::{Image, digest};
use crate::command::terminal::{BAD, GOOD, count};

const REPOSITORY: &str = "prod/app";
/// Most characters of a line of what a client shows.
const WIDTH: usize = 95;

/// The steps, shown one after the other.
pub(super) struct Story {
    client: Client,
    audit: Receiver<AuditEntry>,
    steps: usize,
    /// How many answers were not the expected ones.
    amiss: u64,
}

impl Story {
    pub(super) fn new(gateway_address: SocketAddr, gateway: &Gateway) -> Self {
        Self { client: Client::new(format!("http://{gateway_address}")), audit: gateway.audit(), steps: 0, amiss: 0 }
    }

    /// Runs and shows every step. The ending is `Fine` only if each got the expected answer.
    pub(super) async fn run(mut self) -> Result<Ending, Fault> {
        let image = |text| Image::that_says(text).map_err(|error| Fault::usage(error.to_string()));
        let (one, other) = (image("Hello from the first image.\n")?, image("Hello from another image.\n")?);
        self.push("Push an image as `v1`", "v1", &one, 201).await?;
        self.push("Push the same image as `v1` again", "v1", &one, 201).await?;
        self.push("Push another image as `v1`", "v1", &other, 409).await?;
        self.push("Push the first image as `latest`", "latest", &one, 201).await?;
        self.push("Move `latest` to the other image", "latest", &other, 201).await?;
        let deleted = self.client.delete(REPOSITORY, "v1").await.map_err(broken)?;
        self.step("Delete `v1`", &deleted, 405)?;
        let pulled = [("v1", &one), ("latest", &other)];
        for (tag, image) in pulled {
            self.pull(tag, image).await?;
        }
        self.end()
    }

    async fn push(&mut self, title: &str, tag: &str, image: &Image, expected: u16) -> Result<(), Fault> {
        let answer = self.client.push(REPOSITORY, tag, image).await.map_err(broken)?;
        self.step(title, &answer, expected)
    }

    fn step(&mut self, title: &str, answer: &Answer, expected: u16) -> Result<(), Fault> {
        self.steps += 1;
        let style = if answer.status.is_success() { GOOD } else { BAD };
        let mut text = format!("\n{}. {title}\n", self.steps);
        let entry = self.audit.try_recv().ok();
        if let Some(entry) = &entry {
            let _ = writeln!(text, "   asked     {}", asked(&entry.event.operation));
        }
        let _ = writeln!(text, "   answered  {style}{}{style:#}", answer.status);
        if let Some(entry) = &entry {
            let _ = writeln!(text, "   why       {}", why(entry));
        }
        if let Some(line) = answer.line() {
            let _ = writeln!(text, "   a client shows:");
            for line in wrapped(&line) {
                let _ = writeln!(text, "     {BAD}{line}{BAD:#}");
            }
        }
        if answer.status.as_u16() != expected || entry.is_none() {
            self.amiss += 1;
            let _ = writeln!(text, "   {BAD}The expected answer is {expected}{BAD:#}");
        }
        Ok(write!(anstream::stdout(), "{text}")?)
    }

    /// Pulls a tag, which must be that image.
    async fn pull(&mut self, tag: &str, image: &Image) -> Result<(), Fault> {
        let pulled = self.client.pull(REPOSITORY, tag).await.map_err(broken)?;
        let digest = digest(&pulled.body);
        let is_it = digest == image.digest();
        self.amiss += u64::from(!is_it);
        let (style, ending) = if is_it { (GOOD, "as expected") } else { (BAD, "which is not the expected image") };
        let intro = if tag == "v1" { "\nPulled now" } else { "          " };
        Ok(writeln!(anstream::stdout(), "{intro}  {tag:<6} is {}, {style}{ending}{style:#}", short(&digest))?)
    }

    fn end(self) -> Result<Ending, Fault> {
        if self.amiss == 0 {
            return Ok(Ending::Fine);
        }
        writeln!(
            anstream::stdout(),
            "\n{BAD}Not everything was as expected: {}{BAD:#}",
            count(self.amiss, "difference")
        )?;
        Ok(Ending::Denied)
    }
}

fn asked(operation: &Operation) -> String {
    match operation {
        Operation::Write(write) => {
            let tags = write.tags.iter().map(|tag| format!("{} of {}{}", tag.tag, write.repository, now(&tag.current)));
            format!("May {} become {}?", tags.collect::<Vec<_>>().join(" and "), short(&write.digest))
        }
        Operation::DeleteTag(delete) => format!("May {} of {} be deleted?", delete.tag, delete.repository),
        Operation::DeleteManifest(delete) => {
            format!("May {} of {} be deleted?", short(&delete.digest), delete.repository)
        }
    }
}

/// What a tag is now, where that was looked up.
fn now(current: &Current) -> String {
    match current {
        Current::Absent => ", absent now,".to_owned(),
        Current::Digest(digest) => format!(", {} now,", short(digest)),
        Current::Retired(digest) => format!(", deleted now, {} once,", short(digest)),
        Current::Unknown => String::new(),
    }
}

fn why(entry: &AuditEntry) -> String {
    let decision = &entry.decision;
    let code = decision.code.as_str();
    let Some(rule) = decision.rule else { return format!("{code}: no rule protects the tag") };
    let reason = match (code, &entry.event.operation) {
        ("first-push", _) => "and nothing has been pushed under it yet",
        ("same-digest", _) => "and it stays what it is",
        ("immutable", Operation::Write(_)) => "and it would become another image",
        ("immutable", _) => "and what is deleted could be pushed again",
        _ => "and so it was decided",
    };
    format!("{code}: rule {rule} protects the tag, {reason}")
}

/// A line in as many as it takes, between words, so that nothing has to be scrolled.
fn wrapped(text: &str) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        match lines.last_mut() {
            Some(line) if line.is_empty() => line.push_str(word),
            Some(line) if line.len() + 1 + word.len() <= WIDTH => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

/// A digest as people read it: `sha256:` and its first twelve digits.
fn short(digest: &str) -> &str {
    digest.get(..19).unwrap_or(digest)
}

fn broken(error: Error) -> Fault {
    Fault::usage(format!("the gateway could not be asked: {error}"))
}

#[cfg(test)]
mod tests {
    use super::{WIDTH, wrapped};

    #[test]
    fn lines_end_between_words_and_lose_nothing() {
        let text = "denied: tag v1 of prod/app is immutable by rule 1".repeat(5) + &" x".repeat(100) + &"y".repeat(200);
        let lines = wrapped(&text);
        assert_eq!(lines.join(" "), text);
        assert!(lines.iter().all(|line| line.len() <= WIDTH || !line.contains(' ')), "{lines:?}");
        assert_eq!(wrapped(""), [""]);
    }
}
