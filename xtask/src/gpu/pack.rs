//! Creates the folder with programs, configurations, libraries that a machine with only a driver may
//! lack, and `run.sh`.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use flate2::Compression;
use flate2::write::GzEncoder;

use super::Options;
use super::toolkit::{Toolkit, executable};
use crate::files;
use crate::project::{Project, execute};
use crate::step::{announce, say, step};

/// Maximum size of the folder in bytes, so that it is quick to transfer.
const LIMIT: u64 = 60 << 20;
/// Default architecture of the kernels if CUDA_COMPUTE_CAP is not set: H100 or H200.
const ARCHITECTURE: &str = "90";
/// Files of the checkout in the pack, at the same relative paths, where the benchmark finds them.
const CARRIED: [&str; 2] = ["xtask/src/bench/gpu.py", "xtask/src/bench/network.py"];

const RUN: &str = include_str!("run.sh");
const PLAN: &str = include_str!("plan.toml");
const CURAND: &str = include_str!("curand.c");
/// The library that the stand-in replaces, in CUDA 12 and 13.
const CURAND_NAME: &str = "libcurand.so.10";

pub(super) fn run(project: &Project, options: &Options) -> Result<()> {
    let out = options.out.clone().unwrap_or_else(|| project.root.join("gpu"));
    let out = std::path::absolute(&out).with_context(|| out.display().to_string())?;
    // Only replaces a folder that an earlier call created.
    if out.exists()
        && !out.join("run.sh").is_file()
        && fs::read_dir(&out).is_ok_and(|mut f| f.next().is_some())
    {
        bail!("{} is a folder of something else; name another with --out", out.display());
    }
    let (program, toolkit) = match &options.program {
        Some(program) => (program.clone(), None),
        None => {
            let mut toolkit = None;
            step("CUDA toolkit", || {
                toolkit = Some(Toolkit::ensure(project)?);
                Ok("found".into())
            })?;
            let toolkit = toolkit.context("no toolkit")?;
            (build(project, &toolkit)?, Some(toolkit))
        }
    };
    let folder = out.with_extension("new");
    if folder.exists() {
        fs::remove_dir_all(&folder).with_context(|| format!("{} can't be removed", folder.display()))?;
    }
    step("pack", || {
        let filled = fill(project, &folder, &program, toolkit.as_ref());
        if filled.is_err() {
            // An incomplete pack is useless; the error is reported below.
            let _ = fs::remove_dir_all(&folder);
        }
        filled.with_context(|| format!("{} can't be filled", folder.display()))?;
        if out.exists() {
            fs::remove_dir_all(&out).with_context(|| format!("{} can't be replaced", out.display()))?;
        }
        fs::rename(&folder, &out).with_context(|| format!("{} can't be made", out.display()))?;
        let bytes = size(&out)?;
        if bytes > LIMIT {
            bail!("{} has {} MB, over the limit of {}", out.display(), bytes >> 20, LIMIT >> 20);
        }
        Ok(format!("{}, {:.1} MB", out.display(), bytes as f64 / 1e6))
    })?;
    say("\nCarry the folder to the machine with the GPU, and there: gpu/run.sh 900 OUT");
    Ok(())
}

/// Builds the program with CUDA, separately from other builds.
fn build(project: &Project, toolkit: &Toolkit) -> Result<PathBuf> {
    announce("program", "building with CUDA (7 minutes on two cores, the first time)");
    let target = project.target.join("cuda-build");
    step("program", || {
        let mut cargo = project.cargo();
        toolkit.configure(project, &mut cargo)?;
        cargo.args(["build", "--release", "--locked", "-p", "latentscope-trainer", "--bin", "latentscope"]);
        cargo.args(["--features", "cuda", "--target-dir"]).arg(&target);
        cargo.env("CARGO_PROFILE_RELEASE_STRIP", "symbols");
        if std::env::var_os("CUDA_COMPUTE_CAP").is_none() {
            cargo.env("CUDA_COMPUTE_CAP", ARCHITECTURE);
        }
        execute(&mut cargo)?;
        Ok("built".into())
    })?;
    Ok(target.join("release/latentscope"))
}

fn fill(project: &Project, folder: &Path, program: &Path, toolkit: Option<&Toolkit>) -> Result<()> {
    for part in ["bin", "lib", "configs"] {
        fs::create_dir_all(folder.join(part))?;
    }
    squeeze(program, &folder.join("bin/latentscope.gz"))?;
    squeeze(&std::env::current_exe()?, &folder.join("bin/xtask.gz"))?;
    fs::write(folder.join("run.sh"), RUN)?;
    executable(&folder.join("run.sh"))?;
    fs::write(folder.join("plan.toml"), PLAN)?;
    for entry in fs::read_dir(project.root.join("configs"))? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default();
        fs::copy(&path, folder.join("configs").join(name))?;
    }
    for file in CARRIED {
        let to = folder.join(file);
        to.parent().map_or(Ok(()), fs::create_dir_all)?;
        fs::copy(project.root.join(file), to).with_context(|| file.to_owned())?;
    }
    if let Some(toolkit) = toolkit {
        if let Some(runtime) = toolkit.runtime() {
            fs::copy(&runtime, folder.join("lib").join(runtime.file_name().unwrap_or_default()))?;
        }
        curand(project, &folder.join("lib"))?;
    }
    Ok(())
}

/// Builds the stand-in for cuRAND, with the single symbol version that the library's names have.
pub(super) fn curand(project: &Project, folder: &Path) -> Result<()> {
    let [source, versions] = ["curand.c", "curand.map"].map(|name| folder.join(name));
    fs::write(&source, CURAND)?;
    fs::write(&versions, format!("{CURAND_NAME} {{ global: curand*; local: *; }};\n"))?;
    let mut cc = project.command("cc");
    cc.args(["-shared", "-fPIC", "-O1", "-s", "-Wall", "-Werror"]);
    cc.arg(format!("-Wl,-soname,{CURAND_NAME},--version-script,{}", versions.display()));
    execute(cc.arg("-o").arg(folder.join(CURAND_NAME)).arg(&source))?;
    [source, versions].iter().try_for_each(fs::remove_file)?;
    Ok(())
}

fn squeeze(from: &Path, to: &Path) -> Result<()> {
    let bytes = fs::read(from).with_context(|| from.display().to_string())?;
    let mut encoder = GzEncoder::new(fs::File::create(to)?, Compression::best());
    encoder.write_all(&bytes)?;
    encoder.finish()?;
    Ok(())
}

/// Total size of the files in a folder, in bytes.
fn size(folder: &Path) -> Result<u64> {
    files::list(folder)?.iter().map(|file| Ok(fs::metadata(file)?.len())).sum()
}
