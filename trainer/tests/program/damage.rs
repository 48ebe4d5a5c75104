//! Damaged weights files and a full disk: errors name the file, and nothing panics.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::time::Duration;

use crate::support::{Outcome, fails, folder, latentscope, train};
use trainer::train::Checkpoints;

/// Splits a safetensors file into the header's JSON and the tensors' bytes.
fn parts(bytes: &[u8]) -> Result<(String, &[u8]), Box<dyn std::error::Error>> {
    let (prefix, rest) = bytes.split_first_chunk::<8>().ok_or("no header")?;
    let (header, tensors) = rest.split_at(u64::from_le_bytes(*prefix) as usize);
    Ok((String::from_utf8(header.to_vec())?, tensors))
}

fn joined(header: &str, tensors: &[u8]) -> Vec<u8> {
    [&(header.len() as u64).to_le_bytes(), header.as_bytes(), tensors].concat()
}

/// Checks that all commands reject a file with these bytes; returns the error.
fn refused(here: &Path, bytes: &[u8]) -> std::io::Result<String> {
    std::fs::write(here.join("bad.safetensors"), bytes)?;
    let message = fails(here, &["info", "bad.safetensors"])?;
    assert!(message.contains("bad.safetensors"), "{message}");
    assert_eq!(fails(here, &["evaluate", "bad.safetensors"])?, message);
    assert_eq!(fails(here, &["histogram", "bad.safetensors", "--out", "x.png"])?, message);
    Ok(message)
}

#[test]
fn damaged_weights_are_refused_by_name() -> Outcome {
    let folder = folder()?;
    let here = folder.path();
    train(here, &[])?;
    let good = std::fs::read(here.join("run/model.safetensors"))?;
    let (header, tensors) = parts(&good)?;
    for length in [0, 7, 8, 100, good.len() / 2, good.len() - 1] {
        assert!(refused(here, &good[..length])?.contains("not a complete safetensors file"), "{length}");
    }
    let changed = |from: &str, to: &str| {
        assert!(header.contains(from), "no {from} in {header}");
        joined(&header.replacen(from, to, 1), tensors)
    };
    let version = r#"{\"format\":1"#;
    assert!(refused(here, &changed(version, r#"{\"format\":9"#))?.contains("format version 9"));
    let newer = changed(r#"\"minor\":3"#, r#"\"minor\":7"#);
    assert!(refused(here, &newer)?.contains("format version 1.7, and this version reads up to 1.3"));
    assert!(refused(here, &changed(version, r#"[\"format\":1"#))?.contains("card is damaged"));
    assert!(refused(here, &changed(r#"[16,10]"#, r#"[10,16]"#))?.contains("decoder.dense.0.weight"));
    let nan = [&tensors[..tensors.len() - 4], &f32::NAN.to_le_bytes()].concat();
    assert!(refused(here, &joined(&header, &nan))?.contains("not finite"));
    Ok(())
}

#[test]
fn a_run_that_can_not_save_warns_continues_and_saves_later() -> Outcome {
    let folder = folder()?;
    let here = folder.path();
    let checkpoints = Checkpoints::of(&here.join("run"));
    let long = ["train", "--config", "tiny.toml", "--out", "run", "--steps", "1000"];
    let mut child = latentscope(here, &long).spawn()?;
    let mut lines = BufReader::new(child.stderr.take().ok_or("no stderr")?).lines().map_while(Result::ok);
    while checkpoints.steps()?.is_empty() {
        std::thread::sleep(Duration::from_millis(5));
    }
    // A file in place of the folder prevents writing even for root.
    let aside = here.join("aside");
    std::fs::rename(checkpoints.path(), &aside)?;
    std::fs::write(checkpoints.path(), b"")?;
    let warned = lines.any(|line| line.contains("tries again at the next checkpoint"));
    std::fs::remove_file(checkpoints.path())?;
    let rest: Vec<String> = lines.collect();
    assert!(child.wait()?.success() && warned, "{rest:?}");
    assert_eq!(checkpoints.steps()?.last(), Some(&1000));
    Ok(())
}
