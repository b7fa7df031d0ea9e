//! The policy of a gateway that runs, read and replaced over HTTP.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use hyper::header::{AUTHORIZATION, CONTENT_TYPE, ETAG, HeaderValue, IF_MATCH};
use hyper::{HeaderMap, Method, StatusCode};
use serde::Deserialize;
use tagseal_distribution::body::full;
use tagseal_distribution::client::{self, RegistryClient};

use super::fault::Fault;
use super::runtime::new_runtime;

/// The path of the whole policy document.
const POLICY: &str = "/tagseal/v1/policy";
/// The environment variable that names a file with a token.
const TOKEN_FILE: &str = "TAGSEAL_TOKEN_FILE";
/// The greatest length of an answer.
const MAX_ANSWER_BYTES: usize = 256 << 20;
/// How long a gateway may take. It compiles the policy before it answers.
const TIMEOUT: Duration = Duration::from_secs(120);

/// The policy of a gateway.
pub(crate) struct GatewayPolicy {
    client: RegistryClient,
    address: String,
    token: HeaderValue,
}

/// A document as a gateway has it.
pub(crate) struct Current {
    pub(crate) text: String,
    /// What names exactly this document.
    tag: HeaderValue,
}

/// The answer of a gateway.
struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    text: String,
}

impl GatewayPolicy {
    /// Returns the gateway that is named in place of a file: `http://HOST:PORT` or `https://HOST`. None where it is a file.
    pub(crate) fn named(policy: &Path) -> Option<Result<Self, Fault>> {
        let address = policy.to_str().filter(|it| it.starts_with("http://") || it.starts_with("https://"))?;
        Some(Self::at(address, env::var_os(TOKEN_FILE).map(PathBuf::from).as_deref()))
    }

    /// Names the gateway at an address, and the file with the token for it.
    pub(crate) fn at(address: &str, token_file: Option<&Path>) -> Result<Self, Fault> {
        let path = token_file.ok_or_else(|| {
            let help = format!("name the file with your token in {TOKEN_FILE}, or with `--token-file`");
            Fault::usage(format!("the gateway at `{address}` wants to know who asks")).help(help)
        })?;
        let token = fs::read_to_string(path).map_err(|error| Fault::file("read", path, &error))?;
        let invalid = || Fault::usage(format!("`{}` has something else than one token", path.display()));
        let mut token = HeaderValue::try_from(format!("Bearer {}", token.trim_ascii())).map_err(|_| invalid())?;
        token.set_sensitive(true);
        let client = RegistryClient::new(address);
        let client =
            client.map_err(|error| Fault::usage(format!("`{address}` is not the address of a gateway: {error}")))?;
        Ok(Self { client, address: address.to_owned(), token })
    }

    /// Reads the document.
    pub(crate) fn read(&self) -> Result<Current, Fault> {
        let answer = self.ask(Method::GET, None, String::new())?;
        let tag = answer.headers.get(ETAG).cloned();
        match (answer.status, tag) {
            (StatusCode::OK, Some(tag)) => Ok(Current { text: answer.text, tag }),
            _ => Err(self.refused(&answer)),
        }
    }

    /// Replaces the document, unless it is another one than that which was read.
    pub(crate) fn replace(&self, current: &Current, text: String) -> Result<(), Fault> {
        let answer = self.ask(Method::PUT, Some(&current.tag), text)?;
        if answer.status == StatusCode::NO_CONTENT { Ok(()) } else { Err(self.refused(&answer)) }
    }

    fn ask(&self, method: Method, tag: Option<&HeaderValue>, body: String) -> Result<Answer, Fault> {
        let mut headers = HeaderMap::new();
        headers.insert(AUTHORIZATION, self.token.clone());
        if let Some(tag) = tag {
            headers.insert(IF_MATCH, tag.clone());
            headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        }
        let failed = |error: &dyn std::fmt::Display| Fault::usage(format!("`{}`: {error}", self.address));
        new_runtime()?.block_on(async {
            let answer = self.client.send(method, POLICY, headers, full(body), Some(TIMEOUT)).await;
            // The client calls everything that it asks a registry, and here it is a gateway.
            let answer = answer.map_err(|error| failed(&error.to_string().replace("the registry", "the gateway")))?;
            let (parts, body) = answer.into_parts();
            let content = client::read(body, MAX_ANSWER_BYTES, TIMEOUT).await.map_err(|error| failed(&error))?;
            let text = String::from_utf8(content.bytes).map_err(|error| failed(&error))?;
            Ok(Answer { status: parts.status, headers: parts.headers, text })
        })
    }

    fn refused(&self, answer: &Answer) -> Fault {
        #[derive(Deserialize)]
        struct Problem {
            code: String,
            detail: String,
        }
        match serde_json::from_str::<Problem>(&answer.text) {
            Ok(Problem { code, detail }) => Fault::declined(&code, format!("`{}`: {detail}", self.address)),
            Err(_) => {
                let fault = Fault::usage(format!("`{}` answers {}", self.address, answer.status));
                fault.help("is it a gateway that was started with `--admin-token-file`?")
            }
        }
    }
}

/// Writes `--server URL` of a command line as the address in place of the policy file, where commands take it:
/// `rules list --server URL` becomes `rules list URL`.
pub(crate) fn with_server_in_place(mut arguments: Vec<std::ffi::OsString>) -> Vec<std::ffi::OsString> {
    const SERVER: &str = "--server";
    let is_rules = |it: &std::ffi::OsString| it == "rules";
    let Some(rules) = arguments.iter().position(is_rules).filter(|at| *at <= 3) else { return arguments };
    let verb = rules.saturating_add(1);
    let Some(at) = arguments.iter().position(|it| it.to_str().is_some_and(|it| it.split('=').next() == Some(SERVER)))
    else {
        return arguments;
    };
    if at <= verb {
        return arguments;
    }
    let address = match arguments.get(at).and_then(|it| it.to_str()).and_then(|it| it.split_once('=')) {
        Some((_, address)) => {
            let address = address.into();
            arguments.remove(at);
            address
        }
        None if arguments.len() > at.saturating_add(1) => {
            arguments.remove(at);
            arguments.remove(at)
        }
        None => return arguments,
    };
    arguments.insert(verb.saturating_add(1), address);
    arguments
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_of_a_server_takes_the_place_of_a_file() {
        let table = [
            ("tagseal rules list --server http://a", "tagseal rules list http://a"),
            ("tagseal rules list --server=http://a --format json", "tagseal rules list http://a --format json"),
            (
                "tagseal --component c rules disable 3 --server http://a",
                "tagseal --component c rules disable http://a 3",
            ),
            ("tagseal rules list policy.json", "tagseal rules list policy.json"),
            ("tagseal rules --server", "tagseal rules --server"),
            ("tagseal rules list --server", "tagseal rules list --server"),
            ("tagseal apply f --server http://a", "tagseal apply f --server http://a"),
        ];
        for (given, expected) in table {
            let arguments = given.split(' ').map(Into::into).collect();
            let written: Vec<_> =
                with_server_in_place(arguments).into_iter().map(|it| it.into_string().unwrap()).collect();
            assert_eq!(written.join(" "), expected);
        }
    }
}
