//! The dict in an `.npy` header, with exactly the keys `descr`, `fortran_order` and `shape`, as numpy
//! requires.

/// Content of the dict.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Dict {
    /// Type of the values: the content of a string, or the text of anything else.
    pub(super) descr: String,
    /// Whether the first dimension varies fastest.
    pub(super) fortran: bool,
    /// Dimensions, as text.
    pub(super) shape: Vec<String>,
}

/// Parses the dict.
///
/// # Errors
/// Returns a short description of what is wrong.
pub(super) fn parse(text: &str) -> Result<Dict, String> {
    let mut rest = Rest(text.trim_start_matches([' ', '\t']));
    let (mut descr, mut fortran, mut shape) = (None, None, None);
    rest.expect('{')?;
    while !rest.take('}') {
        let key = rest.quoted()?;
        rest.expect(':')?;
        let repeated = match key {
            "descr" => descr.replace(rest.descr()?).is_some(),
            "fortran_order" => fortran.replace(rest.truth()?).is_some(),
            "shape" => shape.replace(rest.tuple()?).is_some(),
            other => return Err(format!("its header has a key `{}`", other.escape_debug())),
        };
        if repeated {
            return Err(format!("its header has `{key}` twice"));
        }
        if !rest.take(',') {
            rest.expect('}')?;
            break;
        }
    }
    if !rest.0.trim_matches([' ', '\n']).is_empty() {
        return Err("its header goes on behind its dict".into());
    }
    let missing = |key: &str| format!("its header has no `{key}`");
    Ok(Dict {
        descr: descr.ok_or_else(|| missing("descr"))?,
        fortran: fortran.ok_or_else(|| missing("fortran_order"))?,
        shape: shape.ok_or_else(|| missing("shape"))?,
    })
}

/// The blanks of Python, which are fewer than Unicode's.
const BLANKS: [char; 5] = [' ', '\t', '\n', '\r', '\x0c'];

/// Text that has not been parsed yet.
struct Rest<'a>(&'a str);

impl<'a> Rest<'a> {
    /// Skips a character if it comes next, with surrounding blanks.
    fn take(&mut self, letter: char) -> bool {
        let rest = self.0.trim_start_matches(BLANKS).strip_prefix(letter);
        self.0 = rest.map_or(self.0, |rest| rest.trim_start_matches(BLANKS));
        rest.is_some()
    }

    fn expect(&mut self, letter: char) -> Result<(), String> {
        if self.take(letter) {
            Ok(())
        } else {
            Err(format!("its header has no `{letter}` where one should be"))
        }
    }

    /// Returns the text before `end`, and skips `end`.
    fn until(&mut self, end: char) -> Result<&'a str, String> {
        let (before, after) =
            self.0.split_once(end).ok_or_else(|| format!("its header has no `{end}` where one should be"))?;
        self.0 = after;
        Ok(before)
    }

    fn quoted(&mut self) -> Result<&'a str, String> {
        let quote = if self.take('"') { '"' } else { '\'' };
        if quote == '\'' {
            self.expect('\'')?;
        }
        self.until(quote)
    }

    fn descr(&mut self) -> Result<String, String> {
        if self.0.starts_with(['\'', '"']) {
            return self.quoted().map(str::to_owned);
        }
        // A list of named fields, which are not supported.
        let end = self.0.find(']').map_or(0, |end| end + 1);
        let (text, rest) = self.0.split_at(end);
        self.0 = rest;
        Ok(text.to_owned())
    }

    fn truth(&mut self) -> Result<bool, String> {
        for (word, value) in [("True", true), ("False", false)] {
            if let Some(rest) = self.0.strip_prefix(word) {
                self.0 = rest;
                return Ok(value);
            }
        }
        Err("its header's `fortran_order` is neither True nor False".into())
    }

    fn tuple(&mut self) -> Result<Vec<String>, String> {
        self.expect('(')?;
        let text = self.until(')')?;
        let sides: Vec<&str> = text.split(',').map(|side| side.trim_matches(BLANKS)).collect();
        let (last, others) = sides.split_last().map_or(("", &[][..]), |(last, others)| (*last, others));
        let written = others.iter().copied().chain((!last.is_empty()).then_some(last));
        let written: Vec<String> = written.map(str::to_owned).collect();
        if let Some(side) = written.iter().find(|side| !is_number(side)) {
            return Err(format!("its shape ({}) is not a number", side.escape_debug()));
        }
        if written.len() == 1 && others.is_empty() {
            return Err(format!("its shape ({text}) is no tuple"));
        }
        Ok(written)
    }
}

/// Whether Python parses the text as an integer: digits without leading zeros.
fn is_number(text: &str) -> bool {
    !text.is_empty()
        && text.bytes().all(|byte| byte.is_ascii_digit())
        && (text == "0" || !text.starts_with('0'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_come_in_any_order() {
        let expected = Dict { descr: "|u1".into(), fortran: true, shape: vec!["2".into(), "30".into()] };
        for text in [
            "{'descr': '|u1', 'fortran_order': True, 'shape': (2, 30), }    \n",
            "{'shape': (2, 30,), \"descr\": \"|u1\",'fortran_order':True}\n",
        ] {
            assert_eq!(parse(text), Ok(expected.clone()), "{text}");
        }
    }

    #[test]
    fn what_numpy_refuses_is_refused() {
        for (text, word) in [
            ("", "no `{`"),
            ("{'descr': '|u1', 'fortran_order': False, 'shape': (2,)", "no `}`"),
            ("{'descr': '|u1', 'fortran_order': Falsf, 'shape': (2,), }", "neither True nor False"),
            ("{'descr': '|u1', 'fortran_order': False, 'shape': (2), }", "no tuple"),
            ("{'descr': '|u1', 'fortran_order': False, 'shape': (02,), }", "not a number"),
            ("{'descr': '|u1', 'fortran_order': False, 'shape': (1 2,), }", "not a number"),
            ("{'descr': '|u1', 'fortran_order': False, 'shape': (1,,2), }", "not a number"),
            ("{'descr': '|u1', 'fortran_order': False, 'shape': (2,), } x", "goes on"),
            ("{'descr': '|u1', 'fortran_order': False, 'shape': (2,), } \u{b}", "goes on"),
            ("{'descr': '|u1', 'fortran_order': False, }", "no `shape`"),
            ("{'descr': '|u1', 'descr': '|u1', 'fortran_order': False, 'shape': (2,), }", "twice"),
            ("{'descr': '|u1', 'x': 1, 'fortran_order': False, 'shape': (2,), }", "a key `x`"),
        ] {
            assert!(parse(text).is_err_and(|message| message.contains(word)), "{text}: {:?}", parse(text));
        }
    }
}
