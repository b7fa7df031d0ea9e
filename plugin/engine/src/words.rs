//! Words that JSON texts use, each in one list from which all readers and writers take it.

/// A word out of a fixed list: the name of a field, or one of a few values.
pub(crate) trait Word: Copy + Eq + 'static {
    /// Every word of the list, in the order in which people best read them.
    const ALL: &'static [Self];
    /// The texts of all of them, in the same order.
    const TEXTS: &'static [&'static str];

    /// Returns the text of the word.
    fn text(self) -> &'static str;

    /// Returns the word with a text, or `None` if the list has no such word.
    fn parse(text: &str) -> Option<Self>;
}

/// Declares an enum of words. A new variant is in every list at once, and each `match` that does not handle it no longer
/// compiles.
macro_rules! words {
    ($(#[$about:meta])* $visibility:vis enum $name:ident { $($(#[$doc:meta])* $variant:ident = $text:literal,)+ }) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        $visibility enum $name { $($(#[$doc])* $variant,)+ }

        impl $crate::words::Word for $name {
            const ALL: &'static [Self] = &[$(Self::$variant),+];
            const TEXTS: &'static [&'static str] = &[$($text),+];

            #[inline]
            fn text(self) -> &'static str {
                match self { $(Self::$variant => $text),+ }
            }

            #[inline]
            fn parse(text: &str) -> Option<Self> {
                match text {
                    $($text => Some(Self::$variant),)+
                    _ => None,
                }
            }
        }
    };
}

/// Declares the fields of an object: an enum of their names, and a struct that holds one value for each of them. Whoever
/// takes the struct apart has to handle a new field before it compiles.
macro_rules! fields {
    (
        $(#[$about:meta])* $visibility:vis enum $name:ident,
        $(#[$record_about:meta])* struct $record:ident { $($(#[$doc:meta])* $variant:ident / $field:ident = $text:literal,)+ }
    ) => {
        $crate::words::words! {
            $(#[$about])* $visibility enum $name { $($(#[$doc])* $variant = $text,)+ }
        }

        $(#[$record_about])*
        #[derive(Debug)]
        $visibility struct $record<T> { $($(#[$doc])* $visibility $field: T,)+ }

        impl<T> $record<T> {
            /// Holds for each field what a function gives for its name.
            $visibility fn from_fn(mut value: impl FnMut($name) -> T) -> Self {
                Self { $($field: value($name::$variant),)+ }
            }
        }
    };
}

pub(crate) use {fields, words};

#[cfg(test)]
mod tests {
    use super::*;

    words! {
        /// Two words.
        enum Answer {
            Yes = "yes",
            No = "no",
        }
    }

    #[test]
    fn every_word_is_read_back_and_no_other_text_is() {
        for (word, text) in Answer::ALL.iter().zip(Answer::TEXTS) {
            assert_eq!((word.text(), Answer::parse(text)), (*text, Some(*word)));
        }
        assert_eq!(Answer::parse("Yes"), None);
    }
}
