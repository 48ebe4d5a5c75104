//! Printing results to standard output.

use std::io::{ErrorKind, Write};

use anyhow::Context;

/// Prints `text`. It is no error if the reader closes the pipe early, as `head` does.
pub(crate) fn print(text: &str) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        outcome => outcome.context("the results could not be printed"),
    }
}

/// Joins an error and its causes to one sentence. Causes that a message already contains are left out.
pub(crate) fn sentence(error: &anyhow::Error) -> String {
    error.chain().map(ToString::to_string).fold(String::new(), |sentence, cause| {
        if sentence.is_empty() {
            cause
        } else if sentence.contains(cause.trim_end_matches('.')) {
            sentence
        } else {
            format!("{sentence}: {cause}")
        }
    })
}

/// Escapes characters that would move a terminal's cursor or change the writing direction.
pub(crate) fn escaped(text: &str) -> String {
    let hidden = |letter: char| {
        letter.is_control()
            || matches!(letter, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2028}'..='\u{2029}' | '\u{2066}'..='\u{2069}')
    };
    let visible =
        |letter: char| if hidden(letter) { letter.escape_unicode().to_string() } else { letter.into() };
    text.chars().map(visible).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_printed_once() {
        let missing = || std::io::Error::other("No such file");
        let read = trainer::npy::NpyError::Read { path: "a.npy".into(), source: missing() };
        assert_eq!(sentence(&anyhow::Error::new(read)), "a.npy could not be read: No such file");
        let table = trainer::data::TableError::Read { path: "a.csv".into(), source: missing() };
        assert_eq!(sentence(&anyhow::Error::new(table)), "a.csv could not be read: No such file");
        let plain = anyhow::Error::new(missing()).context("it was stopped");
        assert_eq!(sentence(&plain), "it was stopped: No such file");
    }

    #[test]
    fn characters_that_move_the_cursor_are_escaped() {
        assert_eq!(escaped("β-VAE, é e\u{301}"), "β-VAE, é e\u{301}");
        assert_eq!(escaped("a\u{1b}[2Jb\nc\u{202e}d"), "a\\u{1b}[2Jb\\u{a}c\\u{202e}d");
    }
}
