//! The query of a request: parsed once, and written again from its parts.

/// The pairs of a query, in their order and without escapes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Query(Vec<(Vec<u8>, Option<Vec<u8>>)>);

/// An invalid escape: `%`, `%4`, `%zz`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EscapeError;

impl Query {
    /// Parses a query as forms write it: pairs between `&`, and `+` for a space. Escapes are decoded once.
    ///
    /// # Errors
    ///
    /// An invalid escape.
    pub fn parse(text: &str) -> Result<Self, EscapeError> {
        let pairs = text.split('&').filter(|pair| !pair.is_empty());
        let pairs = pairs.map(|pair| match pair.split_once('=') {
            Some((key, value)) => Ok((unescape(key)?, Some(unescape(value)?))),
            None => Ok((unescape(pair)?, None)),
        });
        pairs.collect::<Result<_, _>>().map(Self)
    }

    /// Returns the keys.
    pub fn keys(&self) -> impl Iterator<Item = &[u8]> {
        self.0.iter().map(|(key, _)| key.as_slice())
    }

    /// Returns the values of a key, in their order. A key without `=` has an empty value.
    pub fn values(&self, key: &str) -> impl Iterator<Item = &[u8]> {
        let pairs = self.0.iter().filter(move |(name, _)| name == key.as_bytes());
        pairs.map(|(_, value)| value.as_deref().unwrap_or_default())
    }

    /// Returns the first value of a key, if it is UTF-8.
    pub fn value(&self, key: &str) -> Option<&str> {
        self.values(key).next().and_then(|value| std::str::from_utf8(value).ok())
    }

    /// Removes every pair with a key.
    pub fn without(mut self, key: &str) -> Self {
        self.0.retain(|(name, _)| name != key.as_bytes());
        self
    }

    /// Adds a pair at the end.
    pub fn with(mut self, key: &str, value: &str) -> Self {
        self.0.push((key.as_bytes().to_vec(), Some(value.as_bytes().to_vec())));
        self
    }

    /// Writes the query as it follows a path: nothing where it has no pairs, else `?` and the pairs. Every character that
    /// could have a meaning of its own is escaped.
    pub fn suffix(&self) -> String {
        let pairs: Vec<_> = self.0.iter().map(|(key, value)| pair(key, value.as_deref())).collect();
        if pairs.is_empty() { String::new() } else { format!("?{}", pairs.join("&")) }
    }
}

fn pair(key: &[u8], value: Option<&[u8]>) -> String {
    value.map_or_else(|| escape(key), |value| format!("{}={}", escape(key), escape(value)))
}

/// Undoes percent-encoding, as URLs have it outside their query.
///
/// # Errors
///
/// An invalid escape.
pub fn percent_decoded(text: &str) -> Result<Vec<u8>, EscapeError> {
    decoded(text, b'+')
}

fn unescape(text: &str) -> Result<Vec<u8>, EscapeError> {
    decoded(text, b' ')
}

fn decoded(text: &str, plus: u8) -> Result<Vec<u8>, EscapeError> {
    let mut bytes = text.bytes();
    let mut plain = Vec::with_capacity(text.len());
    while let Some(byte) = bytes.next() {
        plain.push(match byte {
            b'+' => plus,
            b'%' => escaped(bytes.next(), bytes.next()).ok_or(EscapeError)?,
            _ => byte,
        });
    }
    Ok(plain)
}

fn escaped(high: Option<u8>, low: Option<u8>) -> Option<u8> {
    let digit = |byte: Option<u8>| char::from(byte?).to_digit(16);
    u8::try_from(digit(high)? * 16 + digit(low)?).ok()
}

fn escape(bytes: &[u8]) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~');
    bytes.iter().map(|&b| if plain(b) { char::from(b).to_string() } else { format!("%{b:02X}") }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_is_unescaped_once_and_written_with_every_special_character_escaped() {
        let table = [
            ("", ""),
            ("tag=v1", "?tag=v1"),
            ("tag=v1&&tag=v2&", "?tag=v1&tag=v2"),
            ("t%61g=v%31", "?tag=v1"),
            ("tag=%2576", "?tag=%2576"),
            ("ns=docker.io%2Flibrary", "?ns=docker.io%2Flibrary"),
            ("a+b=c%20d", "?a%20b=c%20d"),
            ("flag", "?flag"),
            ("=x", "?=x"),
            ("a=b=c", "?a=b%3Dc"),
            ("a=%00%ff", "?a=%00%FF"),
        ];
        for (text, written) in table {
            assert_eq!(Query::parse(text).map(|query| query.suffix()), Ok(written.to_owned()), "`{text}`");
        }
    }

    #[test]
    fn an_invalid_escape_is_refused() {
        for text in ["%", "tag=%", "tag=%4", "tag=%zz", "%g0=1", "tag=v1&x=%1"] {
            assert_eq!(Query::parse(text), Err(EscapeError), "`{text}`");
        }
    }
}
