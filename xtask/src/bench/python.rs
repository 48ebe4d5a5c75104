//! A Python with PyTorch: the system's, or a virtual environment under `target/`.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::project::{Project, find, output};
use crate::step::{announce, step};

/// Package to install if there is no PyTorch.
const TORCH: &str = "torch==2.15.0";

/// Prints the library folders of NVIDIA's wheels, which are next to PyTorch.
const CUDA_LIBRARIES: &str = "import glob, os, torch; \
     print(*glob.glob(os.path.join(os.path.dirname(torch.__path__[0]), 'nvidia', '*', 'lib')), sep='\\n')";

/// Returns a Python that imports PyTorch, and PyTorch's version.
pub(super) fn with_torch(project: &Project) -> Result<(PathBuf, String)> {
    let python = find(&project.search_path(), "python3").context(
        "there is no python3 on the PATH; install Python 3.10 or newer with pip and venv to compare with PyTorch",
    )?;
    if let Ok(version) = version(project, &python) {
        return Ok((python, version));
    }
    let folder = project.target.join("bench/venv");
    let ours = folder.join("bin/python");
    if let Ok(version) = version(project, &ours) {
        return Ok((ours, version));
    }
    announce("PyTorch", "installing into target/bench/venv (on Linux 3 GB to download, 5.5 GB on disk)");
    step("PyTorch", || {
        output(project.command(&python).args(["-m", "venv", "--clear"]).arg(&folder))
            .context("install Python's venv module (Debian's python3-venv)")?;
        let pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", TORCH, "numpy"];
        output(project.command(&ours).args(pip)).context("pip could not install PyTorch")?;
        Ok(TORCH.to_owned())
    })?;
    let version = version(project, &ours).context("the PyTorch just installed can't be imported")?;
    Ok((ours, version))
}

/// Folders of the CUDA libraries that PyTorch's wheels include.
pub(super) fn cuda_libraries(project: &Project, python: &Path) -> Result<Vec<PathBuf>> {
    let printed = output(project.command(python).args(["-c", CUDA_LIBRARIES]))?;
    Ok(printed.lines().map(PathBuf::from).collect())
}

fn version(project: &Project, python: &PathBuf) -> Result<String> {
    let printed = output(project.command(python).args(["-c", "import torch; print(torch.__version__)"]))?;
    Ok(printed.trim().to_owned())
}
