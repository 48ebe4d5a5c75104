//! A Vulkan driver for native tests of the page's shaders: the machine's, or Chromium's software driver
//! if it is installed with a loader. A missing driver is reported but is not an error, because the tests
//! in Chromium run the same shaders.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use anyhow::Result;

use super::Chromium;
use crate::step::step;

/// Folders where drivers are registered on Linux.
const FOLDERS: [&str; 3] = ["/usr/share/vulkan/icd.d", "/etc/vulkan/icd.d", "/usr/local/share/vulkan/icd.d"];

/// Folders of Chromium for start scripts that are elsewhere.
const CHROMIUMS: [&str; 2] = ["/usr/lib/chromium", "/usr/lib/chromium-browser"];
/// Chromium's software driver and its loader.
const SOFTWARE: [&str; 2] = ["vk_swiftshader_icd.json", "libvulkan.so.1"];

pub(super) fn look(chromium: &Chromium) -> Result<()> {
    step("vulkan", || {
        Ok(match installed() {
            0 => match software(chromium) {
                Some(folder) => format!("found Chromium's software driver in {}", folder.display()),
                None => "no driver: native GPU tests skip (mesa-vulkan-drivers)".into(),
            },
            1 => "found 1 driver".into(),
            n => format!("found {n} drivers"),
        })
    })
}

/// Makes a command use Chromium's software driver if the machine has no driver.
pub(crate) fn configure(chromium: &Chromium, command: &mut Command) {
    let Some(folder) = software(chromium).filter(|_| installed() == 0) else { return };
    let known = env::var_os("LD_LIBRARY_PATH").unwrap_or_default();
    let folders = env::split_paths(&known).filter(|path| path != Path::new("")).chain([folder.clone()]);
    if let Ok(folders) = env::join_paths(folders) {
        command.env("LD_LIBRARY_PATH", folders).env("VK_DRIVER_FILES", folder.join(SOFTWARE[0]));
    }
}

fn installed() -> usize {
    FOLDERS.iter().map(|folder| drivers(Path::new(folder))).sum()
}

/// Folder of Chromium's software driver.
fn software(chromium: &Chromium) -> Option<PathBuf> {
    let beside = chromium.browser.parent().map(Path::to_owned);
    let folders = beside.into_iter().chain(CHROMIUMS.map(PathBuf::from));
    folders.into_iter().find(|folder| SOFTWARE.iter().all(|file| folder.join(file).is_file()))
}

/// Number of drivers registered in a folder; 0 if the folder doesn't exist.
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

    #[test]
    fn a_software_driver_counts_only_with_its_loader() -> Result<()> {
        let folder = tempfile::tempdir()?;
        let chromium = Chromium { browser: folder.path().join("chrome"), driver: PathBuf::new() };
        let found = || software(&chromium).filter(|found| found == folder.path());
        fs::write(folder.path().join(SOFTWARE[0]), "{}")?;
        assert_eq!(found(), None);
        fs::write(folder.path().join(SOFTWARE[1]), "")?;
        assert_eq!(found(), Some(folder.path().to_owned()));
        Ok(())
    }
}
