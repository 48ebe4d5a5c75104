//! The npm package: the inference engine for other people's pages.

use std::fs;

use anyhow::{Context, Result};

use crate::project::{Project, execute};
use crate::setup;
use crate::step::step;

const WASM: &str = "latentscope.wasm";

pub(crate) fn run(project: &Project) -> Result<()> {
    setup::for_building(project)?;
    let build = project.target.join("pkg");
    step("engine", || {
        let mut cargo = project.cargo();
        cargo.args(["build", "--locked", "--profile", "wasm", "--target", "wasm32-unknown-unknown"]).args([
            "--package",
            "latentscope-web",
            "--no-default-features",
            "--features",
            "engine,gpu",
        ]);
        execute(&mut cargo)?;
        Ok("compiled".into())
    })?;
    step("package", || {
        let compiled = project.target.join("wasm32-unknown-unknown/wasm/latentscope_web.wasm");
        let mut bindgen = project.command("wasm-bindgen");
        bindgen.args(["--target", "web", "--out-name", "latentscope", "--out-dir"]).arg(&build).arg(compiled);
        execute(&mut bindgen)?;
        let bound = build.join("latentscope_bg.wasm");
        execute(project.command("wasm-opt").arg("-O3").arg(&bound).arg("-o").arg(build.join(WASM)))?;
        fs::rename(build.join(WASM), &bound).context("target/pkg can't be written")?;
        for file in ["latentscope.js", "latentscope.d.ts", "latentscope_bg.wasm", "latentscope_bg.wasm.d.ts"]
        {
            let to = project.root.join("pkg").join(file);
            fs::copy(build.join(file), &to).with_context(|| format!("{} can't be written", to.display()))?;
        }
        Ok("written to pkg/".into())
    })
}
