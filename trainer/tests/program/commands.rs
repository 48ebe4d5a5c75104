//! Runs the binary from training to pictures.

use std::collections::BTreeSet;
use std::path::Path;

use crate::support::{Outcome, fails, folder, latentscope, succeeds, train};
use npyz::WriterBuilder;
use worlds::World;
use worlds::sprites::Sprites;

fn png_size(path: &Path) -> Result<(u32, u32), Box<dyn std::error::Error>> {
    let reader = png::Decoder::new(std::io::BufReader::new(std::fs::File::open(path)?)).read_info()?;
    Ok((reader.info().width, reader.info().height))
}

#[test]
fn a_trained_model_can_be_exported_described_measured_and_drawn() -> Outcome {
    let folder = folder()?;
    let here = folder.path();
    train(here, &[])?;
    succeeds(here, &["export", "run", "--out", "other.safetensors", "--name", "other"])?;
    let info = succeeds(here, &["info", "run"])?;
    for part in ["tiny", "sprites", "12 steps of 8 images", "beta 2", "nll"] {
        assert!(info.contains(part), "no `{part}` in {info}");
    }
    let card: model::Card = serde_json::from_str(&succeeds(here, &["info", "--json", "other.safetensors"])?)?;
    assert_eq!((card.name.as_str(), card.units.len()), ("other", 10));
    let table = succeeds(here, &["evaluate", "run", "other.safetensors", "--samples", "50"])?;
    let titles: Vec<&str> = table.lines().next().unwrap_or_default().split_whitespace().collect();
    assert_eq!(titles, ["score", "tiny", "other", "protocol"], "{table}");
    assert!(["nll", "ssim", "active_units", "hoyer_code", "zero_weights"].iter().all(|s| table.contains(s)));
    let lines = succeeds(here, &["evaluate", "run", "--samples", "50", "--json"])?;
    let again = succeeds(here, &["evaluate", "run", "--samples", "50", "--json"])?;
    assert_eq!(lines, again);
    let json: serde_json::Value = serde_json::from_str(&lines)?;
    assert_eq!(json["unit_kl"].as_array().map(Vec::len), Some(10));
    succeeds(here, &["traverse", "run", "--out", "t.png", "--columns", "7", "--all-units"])?;
    assert_eq!(png_size(&here.join("t.png"))?, (56 + 190 + 7 * 132 - 4, 56 + 96 + 10 * 158));
    succeeds(here, &["reconstruct", "run", "other.safetensors", "--out", "r.png", "--count", "5"])?;
    assert_eq!(png_size(&here.join("r.png"))?, (56 + 210 + 5 * 134 - 6, 56 + 44 + 3 * 134 - 6));
    succeeds(here, &["histogram", "run", "other.safetensors", "--out", "h.png"])?;
    assert_eq!(png_size(&here.join("h.png"))?, (56 + 2 * 772 + 36, 56 + 112 + 10 * 130));
    Ok(())
}

#[test]
fn half_of_the_bytes_hold_nearly_the_same_model_and_stay_half_when_it_is_scored() -> Outcome {
    let folder = folder()?;
    let here = folder.path();
    train(here, &[])?;
    succeeds(here, &["export", "run", "--out", "half.safetensors", "--half"])?;
    let [whole, half] = ["run/model.safetensors", "half.safetensors"].map(|name| here.join(name));
    let values = |path: &Path| -> Result<Vec<f32>, Box<dyn std::error::Error>> {
        let tensors = model::Weights::from_bytes(&std::fs::read(path)?)?.tensors;
        let parts = tensors.into_values().map(|tensor| tensor.flatten_all()?.to_vec1::<f32>());
        Ok(parts.collect::<candle_core::Result<Vec<_>>>()?.concat())
    };
    let (before, after) = (values(&whole)?, values(&half)?);
    assert!(before.iter().zip(&after).all(|(b, a)| (b - a).abs() <= b.abs() / 2048.0 + 1e-7));
    let widths = |path: &Path| -> Result<BTreeSet<usize>, Box<dyn std::error::Error>> {
        let bytes = std::fs::read(path)?;
        let file = safetensors::SafeTensors::deserialize(&bytes)?;
        Ok(file.tensors().iter().map(|(_, tensor)| tensor.dtype().bitsize()).collect())
    };
    assert_eq!((widths(&whole)?, widths(&half)?), ([32].into(), [16].into()));
    succeeds(here, &["export", "run/model.safetensors", "--half", "--out", "again.safetensors"])?;
    let again = here.join("again.safetensors");
    assert_eq!((values(&again)?, widths(&again)?), (after.clone(), [16].into()));
    let training = |path: &Path| -> Result<_, Box<dyn std::error::Error>> {
        Ok(model::Weights::from_bytes(&std::fs::read(path)?)?.card.training)
    };
    assert_eq!(training(&again)?, training(&whole)?);
    assert!(fails(here, &["export", "run/model.safetensors", "--half"])?.contains("--out FILE"));
    fails(here, &["export", "again.safetensors", "--out", "again.safetensors"])?;
    let arguments = ["score", "half.safetensors", "--grid", "4000", "--codes", "300", "--generate", "20"];
    succeeds(here, &arguments)?;
    assert_eq!(values(&half)?, after);
    assert_eq!(widths(&half)?, [16].into());
    Ok(())
}

#[test]
fn rendered_images_are_the_worlds_own() -> Outcome {
    let folder = folder()?;
    let here = folder.path();
    let indices = [0i64, 737_279, 5, 5];
    let mut bytes = Vec::new();
    let options = npyz::WriteOptions::new().default_dtype().shape(&[4]);
    let mut writer = options.writer(&mut bytes).begin_nd()?;
    writer.extend(indices)?;
    writer.finish()?;
    std::fs::write(here.join("i.npy"), &bytes)?;
    succeeds(here, &["world", "render", "sprites", "--indices", "i.npy", "--out", "o.npy"])?;
    let array = npyz::NpyFile::new(std::io::BufReader::new(std::fs::File::open(here.join("o.npy"))?))?;
    assert_eq!(array.shape(), [4, 64, 64]);
    let values: Vec<u8> = array.into_vec()?;
    let mut image = vec![0; 64 * 64];
    for (drawn, index) in values.chunks_exact(64 * 64).zip(indices) {
        Sprites.render_index(index as u64, &mut image);
        assert!(drawn.iter().zip(&image).all(|(&drawn, &own)| drawn * 255 == own), "{index}");
    }
    bytes.truncate(bytes.len() - 3);
    std::fs::write(here.join("i.npy"), &bytes)?;
    let message = fails(here, &["world", "render", "sprites", "--indices", "i.npy", "--out", "x.npy"])?;
    assert!(message.contains("i.npy") && !here.join("x.npy").exists(), "{message}");
    let message = fails(here, &["world", "info", "sprite"])?;
    assert!(message.contains("sprites"), "{message}");
    Ok(())
}

#[test]
fn a_reader_that_stops_reading_is_no_error() -> Outcome {
    let folder = folder()?;
    let mut child = latentscope(folder.path(), &["world", "list"]).spawn()?;
    drop(child.stdout.take());
    let output = child.wait_with_output()?;
    assert!(output.status.success() && output.stderr.is_empty());
    Ok(())
}

#[test]
fn every_configuration_that_ships_is_sound() -> Outcome {
    let configs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../configs");
    let mut count = 0;
    for entry in std::fs::read_dir(configs)? {
        trainer::config::Config::read(&entry?.path(), &[])?;
        count += 1;
    }
    assert!(count >= 3);
    Ok(())
}
