//! A configuration file: the flags of a command, in TOML. A flag on the command line comes before the same one in the file.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use clap::{Arg, ArgAction, Command};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::fault::Fault;

/// The flag that names a configuration file.
const CONFIG: &str = "config";
/// The flags that make no sense in a file.
const NOT_IN_A_FILE: [&str; 4] = [CONFIG, "check", "help", "version"];

/// A flag that a file gives, with all its values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Flag {
    pub(crate) name: String,
    values: Values,
}

/// The values of a flag.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Values {
    /// A flag without a value: whether it is given.
    Switch(bool),
    Texts(Vec<String>),
}

impl Flag {
    /// Writes it as on a command line.
    fn arguments(&self) -> Vec<OsString> {
        let name = &self.name;
        match &self.values {
            Values::Switch(true) => vec![format!("--{name}").into()],
            Values::Switch(false) => Vec::new(),
            Values::Texts(texts) => texts.iter().map(|text| format!("--{name}={text}").into()).collect(),
        }
    }
}

/// Puts the flags of a configuration file into a command line whose verb is the given command and that names such a file.
/// Any other command line stays as it is.
///
/// # Errors
///
/// The file can't be read, or has something else than flags of the command.
pub(crate) fn expand(arguments: Vec<OsString>, command: &Command) -> Result<Vec<OsString>, Fault> {
    let Some(verb) = arguments.iter().position(|argument| argument.to_str() == Some(command.get_name())) else {
        return Ok(arguments);
    };
    let (before, given) = arguments.split_at(verb.saturating_add(1));
    let is_of_another_verb = before.iter().skip(1).rev().skip(1).any(|it| !is_component(it, before));
    let Some(path) = file(given).filter(|_| !is_of_another_verb) else { return Ok(arguments) };
    let flags = read(&path, command)?;
    let of_file = flags.iter().filter(|flag| !is_given(&flag.name, given)).flat_map(Flag::arguments);
    Ok(before.iter().cloned().chain(of_file).chain(given.iter().cloned()).collect())
}

/// Returns the flags that two command lines do not have alike.
pub(crate) fn differences(one: &[OsString], other: &[OsString]) -> BTreeSet<String> {
    let lacking = |these: &[OsString], those: &[OsString]| {
        let missing = these.iter().filter(|it| !those.contains(it)).filter_map(|it| it.to_str());
        missing.filter_map(|it| it.strip_prefix("--")).map(|it| it.split('=').next().unwrap_or(it).to_owned()).collect()
    };
    let (mut all, more): (BTreeSet<String>, BTreeSet<String>) = (lacking(one, other), lacking(other, one));
    all.extend(more);
    all
}

/// Returns whether an argument before the verb is the one flag that may stand there, or its value.
fn is_component(argument: &OsString, before: &[OsString]) -> bool {
    const COMPONENT: &str = "--component";
    let text = argument.to_string_lossy();
    let is_value =
        before.windows(2).any(|pair| matches!(pair, [flag, value] if flag == COMPONENT && value == argument));
    text == COMPONENT || text.starts_with("--component=") || is_value
}

/// Returns the file that a command line names.
fn file(given: &[OsString]) -> Option<PathBuf> {
    let (alone, with_value) = (format!("--{CONFIG}"), format!("--{CONFIG}="));
    let mut arguments = given.iter();
    while let Some(argument) = arguments.next() {
        if *argument == *alone {
            return arguments.next().map(PathBuf::from);
        }
        if let Some(path) = argument.to_str().and_then(|text| text.strip_prefix(&with_value)) {
            return Some(path.into());
        }
    }
    None
}

fn is_given(name: &str, given: &[OsString]) -> bool {
    let (alone, with_value) = (format!("--{name}"), format!("--{name}="));
    given.iter().any(|argument| *argument == *alone || argument.to_string_lossy().starts_with(&with_value))
}

/// Reads the flags of a file. `[tls]` and `certificate` in it are `--tls-certificate`.
pub(crate) fn read(path: &Path, command: &Command) -> Result<Vec<Flag>, Fault> {
    let text = fs::read_to_string(path).map_err(|error| Fault::file("read", path, &error))?;
    let at = |offset: usize| {
        let before = text.get(..offset).unwrap_or(&text);
        format!("{}:{}", path.display(), before.matches('\n').count().saturating_add(1))
    };
    let table = DeTable::parse(&text).map_err(|error| {
        let offset = error.span().map_or(0, |span| span.start);
        Fault::usage(format!("{}: the configuration is not TOML: {}", at(offset), error.message()))
    })?;
    let mut flags = Vec::new();
    collect(table.get_ref(), "", command, &mut flags)
        .map_err(|Misplaced { offset, message, help }| Fault::usage(format!("{}: {message}", at(offset))).help(help))?;
    Ok(flags)
}

/// What is wrong in a file, and where.
struct Misplaced {
    offset: usize,
    message: String,
    help: String,
}

fn collect(table: &DeTable<'_>, prefix: &str, command: &Command, flags: &mut Vec<Flag>) -> Result<(), Misplaced> {
    for (key, value) in table {
        let name = if prefix.is_empty() { key.get_ref().to_string() } else { format!("{prefix}-{}", key.get_ref()) };
        let argument = command.get_arguments().find(|it| it.get_long() == Some(&name));
        let offset = key.span().start;
        match (value.get_ref(), argument.filter(|_| !NOT_IN_A_FILE.contains(&name.as_str()))) {
            (_, Some(argument)) => flags.push(Flag { values: values(value, argument, &name)?, name }),
            (DeValue::Table(inner), None) => collect(inner, &name, command, flags)?,
            (_, None) => {
                let message = format!("there is no setting `{name}`");
                return Err(Misplaced { offset, message, help: nearest(&name, command) });
            }
        }
    }
    Ok(())
}

/// Names the flag that is most like a name, if one is like it.
fn nearest(name: &str, command: &Command) -> String {
    let names = command.get_arguments().filter_map(Arg::get_long).filter(|it| !NOT_IN_A_FILE.contains(it));
    let likeness = |it: &&str| similar::TextDiff::from_chars(name, *it).ratio();
    let best = names.max_by(|a, b| likeness(a).total_cmp(&likeness(b)));
    match best.filter(|best| likeness(best) > 0.6) {
        Some(best) => format!("write `{best}`"),
        None => format!("`tagseal {} --help` lists all flags", command.get_name()),
    }
}

fn values(value: &Spanned<DeValue<'_>>, argument: &Arg, name: &str) -> Result<Values, Misplaced> {
    let is_switch = matches!(argument.get_action(), ArgAction::SetTrue | ArgAction::SetFalse);
    let is_list = matches!(argument.get_action(), ArgAction::Append);
    let wrong = |expected: &str| Misplaced {
        offset: value.span().start,
        message: format!("`{name}` is {}, not {expected}", described(value.get_ref())),
        help: format!("`tagseal serve --help` says what `--{name}` takes"),
    };
    match value.get_ref() {
        DeValue::Boolean(given) if is_switch => Ok(Values::Switch(*given)),
        _ if is_switch => Err(wrong("`true` or `false`")),
        DeValue::Array(items) if is_list => {
            let texts: Option<Vec<_>> = items.iter().map(|item| text(item.get_ref())).collect();
            texts.map(Values::Texts).ok_or_else(|| wrong("a list of texts"))
        }
        single => text(single).map(|text| Values::Texts(vec![text])).ok_or_else(|| wrong("a text or a number")),
    }
}

fn text(value: &DeValue<'_>) -> Option<String> {
    match value {
        DeValue::String(text) => Some(text.to_string()),
        DeValue::Integer(number) => Some(number.as_str().to_owned()),
        DeValue::Float(number) => Some(number.as_str().to_owned()),
        _ => None,
    }
}

fn described(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a text",
        DeValue::Integer(_) | DeValue::Float(_) => "a number",
        DeValue::Boolean(_) => "`true` or `false`",
        DeValue::Datetime(_) => "a time",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn command() -> Command {
        let flag = |name: &'static str| Arg::new(name).long(name);
        Command::new("serve")
            .arg(flag("config"))
            .arg(flag("policy"))
            .arg(flag("listen"))
            .arg(flag("denied-status"))
            .arg(flag("tls-certificate"))
            .arg(flag("monitor").action(ArgAction::SetTrue))
            .arg(flag("pass-prefix").action(ArgAction::Append))
    }

    #[track_caller]
    fn expanded(file: &str, given: &[&str]) -> Result<String, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("gateway.toml");
        fs::write(&path, file).unwrap();
        let path = path.to_str().unwrap();
        let arguments = given.iter().map(|it| it.replace("FILE", path).into()).collect();
        let expanded = expand(arguments, &command()).map_err(|fault| format!("{fault:?}").replace(path, "FILE"))?;
        Ok(expanded.iter().map(|it| it.to_string_lossy().replace(path, "FILE")).collect::<Vec<_>>().join(" "))
    }

    const FILE: &str = "\
policy = \"-p.json\"
denied-status = 403
monitor = true
pass-prefix = [\"/api\", \"/c\"]
[tls]
certificate = \"c.pem\"
";

    #[test]
    fn the_flags_of_a_file_come_after_the_verb_unless_they_are_given() {
        let table = [
            (
                &["tagseal", "serve", "--config", "FILE", "--listen", "a"][..],
                "tagseal serve --denied-status=403 --monitor --pass-prefix=/api --pass-prefix=/c --policy=-p.json \
                 --tls-certificate=c.pem --config FILE --listen a",
            ),
            (
                &["tagseal", "--component", "c", "serve", "--config=FILE", "--policy", "q", "--pass-prefix=/d"],
                "tagseal --component c serve --denied-status=403 --monitor --tls-certificate=c.pem --config=FILE \
                 --policy q --pass-prefix=/d",
            ),
            (&["tagseal", "serve", "--policy", "p"], "tagseal serve --policy p"),
            (&["tagseal", "help", "serve", "--config", "FILE"], "tagseal help serve --config FILE"),
            (&["tagseal", "check", "p", "--config", "FILE"], "tagseal check p --config FILE"),
        ];
        for (given, expected) in table {
            assert_eq!(expanded(FILE, given).unwrap(), expected);
        }
        let switched_off = expanded("monitor = false", &["tagseal", "serve", "--config", "FILE"]);
        assert_eq!(switched_off.unwrap(), "tagseal serve --config FILE");
    }

    #[test]
    fn flags_that_have_changed_are_named() {
        let line = |text: &str| -> Vec<OsString> { text.split(' ').map(OsString::from).collect() };
        let before = line("tagseal serve --listen=a --monitor --pass-prefix=/a --pass-prefix=/b --config c");
        let after = line("tagseal serve --listen=b --pass-prefix=/a --grace=5s --config c");
        let names: Vec<_> = differences(&before, &after).into_iter().collect();
        assert_eq!(names, ["grace", "listen", "monitor", "pass-prefix"]);
        assert!(differences(&before, &before).is_empty());
    }

    #[test]
    fn what_is_wrong_is_reported_with_its_line() {
        let table = [
            ("policy = ", "FILE:1: the configuration is not TOML"),
            ("policy = \"a\"\n\nlisten = true", "FILE:3: `listen` is `true` or `false`, not a text or a number"),
            ("policy = \"a\"\nlitsen = 1", "FILE:2: there is no setting `litsen`"),
            ("litsen = 1", "write `listen`"),
            ("[tls]\nkey = 1", "FILE:2: there is no setting `tls-key`"),
            ("config = \"b\"", "there is no setting `config`"),
            ("monitor = \"yes\"", "`monitor` is a text, not `true` or `false`"),
            ("pass-prefix = [true]", "`pass-prefix` is a list, not a list of texts"),
            ("listen = [\"a\"]", "`listen` is a list"),
            ("xyz = 1", "lists all flags"),
        ];
        for (file, part) in table {
            let error = expanded(file, &["tagseal", "serve", "--config", "FILE"]).unwrap_err();
            assert!(error.contains(part), "{file}: {error}");
        }
        let missing = expand(["tagseal", "serve", "--config", "/none"].map(OsString::from).to_vec(), &command());
        assert!(format!("{missing:?}").contains("could not read `/none`"), "{missing:?}");
    }
}
