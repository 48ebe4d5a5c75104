//! Decoding in the browser: Latentscope on the CPU and on WebGPU against ONNX Runtime Web and
//! TensorFlow.js, with the same weights in one page of headless Chromium, and the same shaders on this
//! machine's Vulkan adapter.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result};
use serde_json::{Value, json};

use super::child::watch;
use super::table::cpu;
use crate::project::{Project, execute, output};
use crate::step::{announce, say, step};
use crate::{module, pkg, setup};

/// Pinned packages to compare with.
const PACKAGES: &str = r#"{
  "private": true,
  "dependencies": {
    "@tensorflow/tfjs": "4.22.0",
    "@tensorflow/tfjs-backend-wasm": "4.22.0",
    "@tensorflow/tfjs-backend-webgpu": "4.22.0",
    "onnxruntime-web": "1.30.0"
  }
}
"#;
const MODEL: &str = "static/models/vae.safetensors";
const BATCHES: [&str; 3] = ["1", "11", "110"];
/// Contenders per backend; Latentscope is first.
const BACKENDS: [&[&str]; 2] = [
    &["ours, CPU", "ours, relaxed SIMD", "ONNX Runtime, wasm", "TensorFlow.js, wasm"],
    &["ours, WebGPU", "ONNX Runtime, WebGPU", "TensorFlow.js, WebGPU"],
];
/// Maximum difference of a pixel from Latentscope on the CPU.
const APART: f64 = 1e-3;

pub(super) fn run(project: &Project) -> Result<()> {
    let chromium = setup::everything(project)?;
    pkg::run(project)?;
    let mut relaxed = None;
    step("relaxed SIMD", || {
        relaxed = Some(module::relaxed(project, pkg::NAME, pkg::FEATURES)?);
        Ok("built".into())
    })?;
    let peers = peers(project)?;
    announce("chromium", "timing each decoder");
    let mut node = project.command("node");
    node.arg("xtask/src/bench/web/run.mjs").arg(MODEL).arg("pkg").arg(peers).args(relaxed);
    let printed = watch(node.env("CHROMIUM", &chromium.browser))?.printed;
    let browser: Value = serde_json::from_str(&printed).context("the page's figures can't be read")?;
    table(&browser)?;
    let vulkan = vulkan(project)?;
    let record =
        json!({ "benchmark": "web", "unit": "ms", "cpu": cpu(), "browser": browser, "vulkan": vulkan });
    let path = project.target.join("bench/web.json");
    fs::write(&path, serde_json::to_string_pretty(&record)? + "\n")
        .with_context(|| format!("{} can't be written", path.display()))?;
    say(format_args!("\nwritten to {}", path.display()));
    Ok(())
}

/// Installs the other packages under the target folder.
fn peers(project: &Project) -> Result<PathBuf> {
    let folder = project.target.join("bench/web");
    let installed = folder.join("node_modules");
    step("peers", || {
        let manifest = folder.join("package.json");
        if fs::read_to_string(&manifest).is_ok_and(|text| text == PACKAGES) && installed.is_dir() {
            return Ok("found ONNX Runtime Web and TensorFlow.js".into());
        }
        fs::create_dir_all(&folder).with_context(|| format!("{} can't be made", folder.display()))?;
        let mut npm = project.command("npm");
        npm.current_dir(&folder).args(["install", "--ignore-scripts", "--no-audit", "--no-fund"]);
        // The manifest is written after success, so that an interrupted install starts again.
        fs::write(&manifest, PACKAGES.replace("\"private\"", "\"installing\": true,\n  \"private\""))?;
        output(&mut npm).context("npm could not install the peers")?;
        fs::write(&manifest, PACKAGES)?;
        Ok("installed ONNX Runtime Web and TensorFlow.js".into())
    })?;
    Ok(installed)
}

/// Prints the results, and the speed relative to each package on the same backend.
fn table(browser: &Value) -> Result<()> {
    let figure = |name: &str, path: &str| {
        let value = browser["results"][name].pointer(path).and_then(Value::as_f64);
        value.with_context(|| format!("the page gave no {path} of {name}"))
    };
    say(format_args!(
        "\nChromium {} · {} · {}",
        browser["chromium"].as_str().unwrap_or("?"),
        browser["adapter"].as_str().unwrap_or("no adapter"),
        cpu()
    ));
    say(format_args!(
        "{:<24} {:>17} {:>17} {:>17} {:>17} {:>15} {:>9}",
        "ms (ours is faster by)", "1", "11", "110", "first picture", "library kB", "model kB"
    ));
    for backend in BACKENDS {
        for name in backend {
            let against = |path: &str, places: usize| -> Result<String> {
                let (value, ours) = (figure(name, path)?, figure(backend[0], path)?);
                Ok(format!("{value:.places$} ({:.2}×)", value / ours))
            };
            let batches: Vec<String> = BATCHES
                .iter()
                .map(|n| against(&format!("/batches/{n}/median_ms"), 2))
                .collect::<Result<_>>()?;
            let kilobytes = |path: &str| figure(name, path).map(|bytes| bytes / 1000.0);
            say(format_args!(
                "{name:<24} {:>17} {:>17} {:>17} {:>17} {:>15.0} {:>9.0}",
                batches[0],
                batches[1],
                batches[2],
                against("/first_ms", 0)?,
                kilobytes("/library_bytes")?,
                kilobytes("/model_bytes")?,
            ));
            let apart = figure(name, "/apart")?;
            anyhow::ensure!(apart <= APART, "{name} decodes other pictures: they are {apart} away");
        }
    }
    Ok(())
}

/// Runs the same shaders without a browser, if there is an adapter.
fn vulkan(project: &Project) -> Result<Value> {
    let mut cargo = project.cargo();
    cargo.args(["build", "--release", "--locked", "--package", "latentscope-web", "--example", "vulkan"]);
    execute(&mut cargo)?;
    let mut example = project.command(project.target.join("release/examples/vulkan"));
    let printed = watch(example.arg(MODEL))?.printed;
    let record: Value = serde_json::from_str(&printed).context("the adapter's figures can't be read")?;
    match record["adapter"].as_str() {
        None => say("\nno Vulkan adapter at hand: the shaders were not timed outside of the browser"),
        Some(adapter) => {
            say(format_args!("\nwithout a browser, on {adapter}, nothing read back:"));
            for batch in record["batches"].as_array().into_iter().flatten() {
                say(format_args!(
                    "  {:>4} images {:>9.3} ms, {:>8.1} GFLOP/s, {:>7.1} GB/s at least",
                    batch["images"].as_u64().unwrap_or(0),
                    batch["median_ms"].as_f64().unwrap_or(f64::NAN),
                    batch["gflops"].as_f64().unwrap_or(f64::NAN),
                    batch["gigabytes_per_second"].as_f64().unwrap_or(f64::NAN),
                ));
            }
        }
    }
    Ok(record)
}
