//! Shrinks the output of wasm-bindgen. Scripts lose comments and indentation, and functions imported by
//! the wasm get short names. The original names are in both files and end in hashes, which don't
//! compress.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};

/// Shrinks a script and its wasm.
///
/// # Errors
/// Fails if a file can't be read or written, or the wasm is invalid.
pub(crate) fn shrink(script: &Path, wasm: &Path) -> Result<()> {
    let unread = |path: &Path| format!("{} can't be read", path.display());
    let unwritten = |path: &Path| format!("{} can't be written", path.display());
    let code = fs::read_to_string(script).with_context(|| unread(script))?;
    let module = fs::read(wasm).with_context(|| unread(wasm))?;
    let mut names = BTreeMap::new();
    let module = renamed(&module, &mut names).with_context(|| format!("{} is no wasm", wasm.display()))?;
    fs::write(wasm, module).with_context(|| unwritten(wasm))?;
    fs::write(script, with_names(&minified(&code), &names)).with_context(|| unwritten(script))
}

/// Returns the module with short import names; adds them to `names`, keyed by the original names.
fn renamed(module: &[u8], names: &mut BTreeMap<String, String>) -> Result<Vec<u8>> {
    const IMPORTS: u8 = 2;
    let (head, mut rest) = module.split_at_checked(8).context("it is too short")?;
    ensure!(head.starts_with(b"\0asm"), "it does not begin as one");
    let mut new = head.to_vec();
    while let Some((&section, after)) = rest.split_first() {
        let mut reader = Reader(after);
        let size = reader.number()?;
        let mut body = Reader(reader.bytes(size)?);
        rest = reader.0;
        let bytes = if section == IMPORTS { imports(&mut body, names)? } else { body.0.to_vec() };
        new.push(section);
        number(&mut new, bytes.len());
        new.extend(bytes);
    }
    Ok(new)
}

/// Returns the import section with short names.
fn imports(body: &mut Reader<'_>, names: &mut BTreeMap<String, String>) -> Result<Vec<u8>> {
    const FUNCTION: u8 = 0;
    let mut new = Vec::new();
    let count = body.number()?;
    number(&mut new, count);
    for _ in 0..count {
        let size = body.number()?;
        text(&mut new, body.bytes(size)?);
        let size = body.number()?;
        let name = String::from_utf8(body.bytes(size)?.to_vec())?;
        let short = format!("_{:x}", names.len());
        text(&mut new, names.entry(name).or_insert(short).as_bytes());
        let kind = body.bytes(1)?[0];
        ensure!(kind == FUNCTION, "it imports what is no function");
        new.push(kind);
        number(&mut new, body.number()?);
    }
    Ok(new)
}

/// The remaining bytes of a module.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn bytes(&mut self, count: usize) -> Result<&'a [u8]> {
        let (bytes, rest) = self.0.split_at_checked(count).context("it ends too soon")?;
        self.0 = rest;
        Ok(bytes)
    }

    /// Reads a LEB128 number.
    fn number(&mut self) -> Result<usize> {
        let mut value = 0;
        for shift in (0..35).step_by(7) {
            let byte = usize::from(self.bytes(1)?[0]);
            value |= (byte & 0x7f) << shift;
            if byte < 0x80 {
                return Ok(value);
            }
        }
        anyhow::bail!("a number is too long")
    }
}

fn number(bytes: &mut Vec<u8>, mut value: usize) {
    while value >= 0x80 {
        bytes.push(value as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
}

fn text(bytes: &mut Vec<u8>, text: &[u8]) {
    number(bytes, text.len());
    bytes.extend(text);
}

/// Replaces words of a script as in `names`.
fn with_names(code: &str, names: &BTreeMap<String, String>) -> String {
    let mut result = String::with_capacity(code.len());
    let mut rest = code;
    while !rest.is_empty() {
        let part_of_word = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '$';
        let end = rest.find(|c| !part_of_word(c)).unwrap_or(rest.len());
        let (word, after) = rest.split_at(end);
        result += names.get(word).map_or(word, String::as_str);
        let next = after.find(part_of_word).unwrap_or(after.len());
        result += &after[..next];
        rest = &after[next..];
    }
    result
}

/// Removes comments, indentation and empty lines. wasm-bindgen writes no multi-line strings.
fn minified(code: &str) -> String {
    let mut result = String::with_capacity(code.len());
    let mut documents = false;
    for line in code.lines().map(str::trim).filter(|line| !line.is_empty()) {
        documents |= line.starts_with("/**");
        if !documents {
            result += line;
            result.push('\n');
        }
        documents &= !line.ends_with("*/");
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_of_a_script_are_removed() {
        let code =
            "/**\n * Starts.\n */\nexport function start() {\n    wasm.start();\n}\n\n/** @enum */\nlet a;\n";
        assert_eq!(minified(code), "export function start() {\nwasm.start();\n}\nlet a;\n");
    }

    #[test]
    fn imports_have_the_same_short_names_in_both_files() -> Result<()> {
        let mut module = b"\0asm\x01\0\0\0".to_vec();
        // One import of a function of type 0, and a section that stays.
        module.extend(b"\x02\x0d\x01\x02./\x06__wbg1\x00\x00\x0a\x01\x00");
        let mut names = BTreeMap::new();
        let new = renamed(&module, &mut names)?;
        assert_eq!(&new[8..], b"\x02\x09\x01\x02./\x02_0\x00\x00\x0a\x01\x00");
        assert_eq!(with_names("{ __wbg1: f(__wbg12), a.__wbg1 }", &names), "{ _0: f(__wbg12), a._0 }");
        for damaged in [&module[..7], &module[..14], b"no wasm at all"] {
            assert!(renamed(damaged, &mut BTreeMap::new()).is_err());
        }
        Ok(())
    }
}
