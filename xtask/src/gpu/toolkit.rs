//! The CUDA toolkit: the one on the PATH, or one assembled from NVIDIA's Python wheels under `target/`.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::project::{Project, execute, find, output};
use crate::step::announce;

/// The compiler with its headers, and the libraries that candle links, all of one CUDA version.
const WHEELS: [&str; 8] = [
    "nvidia-cuda-nvcc==13.0.88",
    "nvidia-cuda-crt==13.0.88",
    "nvidia-nvvm==13.0.88",
    "nvidia-cuda-runtime==13.0.96",
    "nvidia-cuda-cccl==13.0.85",
    "nvidia-cuda-nvrtc==13.0.88",
    "nvidia-curand==10.4.0.35",
    "nvidia-cublas==13.1.0.3",
];
/// Folder of the toolkit within the wheels.
const WITHIN: &str = "nvidia/cu13";
/// File that is written last, to recognise a complete toolkit.
const COMPLETE: &str = "complete";

/// A CUDA toolkit.
pub(super) struct Toolkit {
    /// Value of CUDA_HOME; `None` if `nvcc` is on the PATH.
    home: Option<PathBuf>,
}

impl Toolkit {
    /// Finds the machine's toolkit, or assembles one with pip.
    pub(super) fn ensure(project: &Project) -> Result<Self> {
        if find(&project.search_path(), "nvcc").is_some() {
            return Ok(Self { home: None });
        }
        let folder = project.target.join("cuda");
        let home = folder.join(WITHIN);
        if fs::read_to_string(folder.join(COMPLETE)).is_ok_and(|wheels| wheels == WHEELS.join("\n")) {
            return Ok(Self { home: Some(home) });
        }
        let python = find(&project.search_path(), "python3").context(
            "there is neither nvcc nor python3 on the PATH; install the CUDA toolkit, or Python with pip",
        )?;
        announce("CUDA toolkit", "installing NVIDIA's wheels into target/cuda (600 MB to download)");
        if folder.exists() {
            fs::remove_dir_all(&folder).with_context(|| format!("{} can't be removed", folder.display()))?;
        }
        let pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check"];
        let place = ["--no-deps", "--no-compile", "--target"];
        output(project.command(python).args(pip).args(place).arg(&folder).args(WHEELS))
            .context("pip could not install NVIDIA's wheels")?;
        let complete = || -> Result<()> {
            programs(&home.join("bin"))?;
            programs(&home.join("nvvm/bin"))?;
            symlink("lib", &home.join("lib64"))?;
            links(&home.join("lib"))?;
            driver(project, &home)?;
            fs::write(folder.join(COMPLETE), WHEELS.join("\n"))?;
            Ok(())
        };
        complete().with_context(|| format!("{} can't be completed", folder.display()))?;
        Ok(Self { home: Some(home) })
    }

    /// Sets up a command to build with the toolkit.
    pub(super) fn configure(&self, project: &Project, command: &mut Command) -> Result<()> {
        let Some(home) = &self.home else { return Ok(()) };
        let path = std::iter::once(home.join("bin")).chain(project.search_path());
        command.env("PATH", std::env::join_paths(path).context("PATH")?);
        let libraries = std::env::join_paths([home.join("lib"), home.join("lib/stubs")]);
        command.env("LIBRARY_PATH", libraries.context("LIBRARY_PATH")?);
        command.env("CUDA_HOME", home).env("CUDA_PATH", home);
        Ok(())
    }

    /// Path of the CUDA runtime library, if known.
    pub(super) fn runtime(&self) -> Option<PathBuf> {
        let file = self.home.as_ref()?.join("lib/libcudart.so.13");
        file.is_file().then_some(file)
    }
}

/// Makes a file executable.
#[cfg(unix)]
pub(super) fn executable(file: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(file, fs::Permissions::from_mode(0o755))
}

#[cfg(not(unix))]
pub(super) fn executable(_: &Path) -> std::io::Result<()> {
    Ok(())
}

/// Makes all programs in a folder executable, which the wheels omit.
fn programs(folder: &Path) -> Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_file() {
            executable(&path)?;
        }
    }
    Ok(())
}

#[cfg(unix)]
fn symlink(to: &str, link: &Path) -> std::io::Result<()> {
    std::os::unix::fs::symlink(to, link)
}

#[cfg(not(unix))]
fn symlink(_: &str, _: &Path) -> std::io::Result<()> {
    Err(std::io::Error::other("a toolkit can be put together on Linux alone; install CUDA's"))
}

/// Links `libNAME.so` to each `libNAME.so.VERSION`, because linkers look for the former.
fn links(folder: &Path) -> Result<()> {
    for entry in fs::read_dir(folder)? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        if let Some((stem, _)) = name.split_once(".so.") {
            let link = folder.join(format!("{stem}.so"));
            if !link.exists() {
                symlink(&name, &link)?;
            }
        }
    }
    Ok(())
}

/// Builds a stub of the driver's library for the linker. No wheel has one, because drivers bring their
/// own.
fn driver(project: &Project, home: &Path) -> Result<()> {
    let include = home.join("include");
    let mut functions = BTreeSet::new();
    // Some functions have a different declared name inside the library.
    for define in [&[][..], &["-D__CUDA_API_VERSION_INTERNAL"]] {
        let mut cc = project.command("cc");
        cc.args(["-E", "-P"]).args(define).arg("-I").arg(&include).arg(include.join("cuda.h"));
        functions.extend(called(&output(&mut cc).context("a C compiler, `cc`, is needed")?));
    }
    let stubs = home.join("lib/stubs");
    fs::create_dir_all(&stubs)?;
    let source = stubs.join("cuda.c");
    let code: String = functions.iter().map(|name| format!("int {name}(void) {{ return 100; }}\n")).collect();
    fs::write(&source, code)?;
    let mut cc = project.command("cc");
    cc.args(["-shared", "-fPIC", "-Wl,-soname,libcuda.so.1", "-o"]).arg(stubs.join("libcuda.so"));
    execute(cc.arg(source))
}

/// Names such as `cuMemAlloc` that precede a parenthesis.
fn called(code: &str) -> impl Iterator<Item = String> {
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    code.match_indices('(').filter_map(move |(end, _)| {
        let before = code[..end].trim_end();
        let start = before.rfind(|c| !word(c)).map_or(0, |place| place + 1);
        let name = &before[start..];
        let rest = name.strip_prefix("cu")?;
        rest.starts_with(|c: char| c.is_ascii_uppercase()).then(|| name.to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_drivers_functions_are_found_in_its_header() {
        let code = "CUresult cuInit(unsigned int Flags);\nCUresult cuMemAlloc_v2 (CUdeviceptr *p);\n\
                    typedef void (*CUhostFn)(void *data); int cube(int); x = cuda(3);";
        assert_eq!(called(code).collect::<Vec<_>>(), ["cuInit", "cuMemAlloc_v2"]);
    }

    #[test]
    fn a_linker_finds_each_library_by_its_plain_name() -> Result<()> {
        let folder = tempfile::tempdir()?;
        for name in ["liba.so.13", "libb.so.4.1", "libc.a"] {
            fs::write(folder.path().join(name), name)?;
        }
        links(folder.path())?;
        assert_eq!(fs::read_to_string(folder.path().join("liba.so"))?, "liba.so.13");
        assert_eq!(fs::read_to_string(folder.path().join("libb.so"))?, "libb.so.4.1");
        assert!(!folder.path().join("libc.so").exists());
        Ok(())
    }
}
