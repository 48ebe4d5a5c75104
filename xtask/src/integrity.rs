//! Subresource integrity: the page's HTML gets the hash of each script, style and module that it loads
//! (W3C, Subresource Integrity). Browsers refuse files that the host or the network changed, and the page
//! reports it.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use fs_err as fs;
use sha2::{Digest, Sha384};

/// File name of the page.
const PAGE: &str = "index.html";
/// `rel` of the link that is neither code nor style.
const ICON: &str = "icon";
/// Marks elements for the build only.
const TRUNK: &str = " data-trunk";

/// Adds the hash of each file that the page loads to the page in `folder`.
///
/// # Errors
/// Fails if a file can't be read or belongs to another site, or if the page can't be written.
pub(crate) fn write(folder: &Path) -> Result<()> {
    let path = folder.join(PAGE);
    let page = fs::read_to_string(&path)?;
    let page = with_hashes(&page, |file| Ok(fs::read(folder.join(file))?))?;
    Ok(fs::write(&path, page)?)
}

/// Returns the page with a hash for each of its scripts and links.
fn with_hashes(page: &str, read: impl Fn(&str) -> Result<Vec<u8>>) -> Result<String> {
    let mut result = String::with_capacity(page.len() + 1024);
    let mut rest = page;
    while let Some(start) = ["<script ", "<link "].iter().filter_map(|tag| rest.find(tag)).min() {
        let end = start + rest[start..].find('>').context("a tag of the page is not closed")?;
        let tag = &rest[start..end];
        if tag.contains(TRUNK) {
            result.push_str(&rest[..start]);
            rest = &rest[end + 1..];
            continue;
        }
        result.push_str(&rest[..end]);
        rest = &rest[end..];
        let file = attribute(tag, "src").or_else(|| attribute(tag, "href"));
        let checked = attribute(tag, "rel").is_none_or(|rel| rel != ICON);
        if let Some(file) = file.filter(|_| checked) {
            ensure!(attribute(tag, "integrity").is_none(), "{file} has a hash already");
            // Browsers don't check prefetched files that don't run; the page's script does.
            let name = if attribute(tag, "as") == Some("fetch") { "data-integrity" } else { "integrity" };
            result.push_str(&format!(" {name}=\"{}\"", hash(&read(file)?)));
        }
    }
    Ok(result + rest)
}

fn attribute<'a>(tag: &'a str, name: &str) -> Option<&'a str> {
    let (_, value) = tag.split_once(&format!(" {name}=\""))?;
    value.split('"').next()
}

/// Hash of a file, in the format of `integrity`.
pub(crate) fn hash(bytes: &[u8]) -> String {
    format!("sha384-{}", base64(&Sha384::digest(bytes)))
}

/// Base64 (RFC 4648) of bytes whose number is a multiple of three, such as the 48 bytes of SHA-384.
fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let digits = |three: &[u8]| {
        let bits = three.iter().fold(0, |bits, &byte| bits << 8 | usize::from(byte));
        [18, 12, 6, 0].map(|shift| char::from(DIGITS[bits >> shift & 63]))
    };
    bytes.chunks_exact(3).flat_map(digits).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_script_and_style_gets_the_hash_of_its_contents() -> Result<()> {
        let page = r#"<link rel="icon" href="icon.svg"><link rel="stylesheet" href="a.css">
            <link data-trunk rel="rust" href="Cargo.toml"><script type="module" src="b.js"></script>"#;
        let page = with_hashes(page, |file| Ok(if file == "a.css" { b"abc".to_vec() } else { Vec::new() }))?;
        // The example of FIPS 180-4, and the hash of no bytes.
        let abc = "sha384-ywB1P0WjXou1oD1pmsZQBycsMqsO3tFjGotgWkP/W+2AhgcroefMI1i67KE0yCWn";
        let nothing = "sha384-OLBgp1GsljhM2TJ+sbHjaiH9txEUvgdDTAzHv2P24donTt6/529l+9Ua0vFImLlb";
        assert!(
            page.contains(&format!(r#"<link rel="stylesheet" href="a.css" integrity="{abc}">"#)),
            "{page}"
        );
        assert!(page.contains(&format!(r#"src="b.js" integrity="{nothing}"></script>"#)), "{page}");
        assert_eq!(page.matches("integrity").count(), 2);
        assert!(!page.contains("Cargo.toml"), "{page}");
        Ok(())
    }

    #[test]
    fn a_page_that_names_a_file_that_is_not_there_is_refused() -> Result<()> {
        let folder = tempfile::tempdir()?;
        fs::write(folder.path().join(PAGE), r#"<script src="gone.js"></script>"#)?;
        assert!(write(folder.path()).is_err_and(|error| error.to_string().contains("gone.js")));
        Ok(())
    }
}
