//! A Vulkan driver, on which native tests run the page's shaders. Its absence is said and no failure:
//! the tests in Chromium, which brings a WebGPU adapter of its own, run the same shaders.

use std::fs;
use std::path::Path;

use anyhow::Result;

use crate::step::step;

/// Where drivers announce themselves on Linux.
const FOLDERS: [&str; 3] = ["/usr/share/vulkan/icd.d", "/etc/vulkan/icd.d", "/usr/local/share/vulkan/icd.d"];

pub(super) fn look() -> Result<()> {
    step("vulkan", || {
        Ok(match FOLDERS.iter().map(|folder| drivers(Path::new(folder))).sum() {
            0 => "no driver: native GPU tests skip (mesa-vulkan-drivers)".into(),
            1 => "found 1 driver".into(),
            n => format!("found {n} drivers"),
        })
    })
}

/// Drivers that a folder lists; none if there is no such folder.
fn drivers(folder: &Path) -> usize {
    let files = fs::read_dir(folder).into_iter().flatten().flatten();
    files.filter(|file| file.path().extension().is_some_and(|extension| extension == "json")).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn drivers_are_counted_and_a_missing_folder_has_none() -> Result<()> {
        let folder = tempfile::tempdir()?;
        fs::write(folder.path().join("lvp_icd.x86_64.json"), "{}")?;
        fs::write(folder.path().join("README"), "")?;
        assert_eq!(drivers(folder.path()), 1);
        assert_eq!(drivers(&folder.path().join("missing")), 0);
        Ok(())
    }
}
