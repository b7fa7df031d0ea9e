//! The pieces that a pattern is read into.

/// A piece of a pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Token {
    Literal(u8),
    Any,
    Star,
    /// `**` as a whole component.
    Components,
    /// The class, as globset reads it.
    Class(String),
    Open,
    Comma,
    Close,
}

impl Token {
    /// The byte that it means, if it is a literal.
    pub(super) fn literal(&self) -> Option<u8> {
        match self {
            Self::Literal(byte) => Some(*byte),
            _ => None,
        }
    }

    /// Writes it so that globset reads it as it is meant.
    pub(super) fn write(&self, written: &mut String) {
        match self {
            Self::Literal(byte) => {
                if !byte.is_ascii_alphanumeric() && *byte != b'/' {
                    written.push('\\');
                }
                written.push(char::from(*byte));
            }
            Self::Any => written.push('?'),
            Self::Star => written.push('*'),
            Self::Components => written.push_str("**"),
            Self::Class(class) => written.push_str(class),
            Self::Open => written.push('{'),
            Self::Comma => written.push(','),
            Self::Close => written.push('}'),
        }
    }
}
