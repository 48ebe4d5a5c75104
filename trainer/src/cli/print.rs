//! Printing results to standard output.

use std::io::{ErrorKind, Write};

use anyhow::Context;

/// Prints `text`. A reader that has seen enough, such as `head`, is no error.
pub(crate) fn print(text: &str) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        outcome => outcome.context("the results could not be printed"),
    }
}

/// An error and its causes as one sentence, each reason once: many errors tell their cause themselves.
pub(crate) fn sentence(error: &anyhow::Error) -> String {
    error.chain().map(ToString::to_string).fold(String::new(), |said, cause| {
        if said.is_empty() {
            cause
        } else if said.contains(cause.trim_end_matches('.')) {
            said
        } else {
            format!("{said}: {cause}")
        }
    })
}

/// Text from a file, with what would move a terminal's cursor or turn its writing round made visible.
pub(crate) fn shown(text: &str) -> String {
    let hidden = |letter: char| {
        letter.is_control()
            || matches!(letter, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2028}'..='\u{2029}' | '\u{2066}'..='\u{2069}')
    };
    let escaped =
        |letter: char| if hidden(letter) { letter.escape_unicode().to_string() } else { letter.into() };
    text.chars().map(escaped).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_told_once() {
        let missing = || std::io::Error::other("No such file");
        let read = trainer::npy::NpyError::Read { path: "a.npy".into(), source: missing() };
        assert_eq!(sentence(&anyhow::Error::new(read)), "a.npy could not be read: No such file");
        let table = trainer::data::TableError::Read { path: "a.csv".into(), source: missing() };
        assert_eq!(sentence(&anyhow::Error::new(table)), "a.csv could not be read: No such file");
        let plain = anyhow::Error::new(missing()).context("it was stopped");
        assert_eq!(sentence(&plain), "it was stopped: No such file");
    }

    #[test]
    fn what_would_move_the_cursor_is_shown() {
        assert_eq!(shown("β-VAE, é e\u{301}"), "β-VAE, é e\u{301}");
        assert_eq!(shown("a\u{1b}[2Jb\nc\u{202e}d"), "a\\u{1b}[2Jb\\u{a}c\\u{202e}d");
    }
}
