//! Checks that docs/format.md suffices to read a weights file. Plain loops here, and docs/decode.py if
//! PyTorch is installed, follow only that document to read the shipped models, and must give the golden
//! numbers.

#![cfg(not(target_arch = "wasm32"))]

mod shipped;

use std::f32::consts::PI;
use std::path::Path;
use std::process::Command;

use latentscope_tests::{Error, images};
use model::{Card, ModelConfig, Weights};
use safetensors::SafeTensors;
use safetensors::tensor::Dtype;
use shipped::{SHIPPED, Shipped, floats, indices};

/// Maximum difference of pixel values, which lie in `[0, 1]`.
const PICTURE: f32 = 1e-5;
/// Maximum difference of posterior values, which have magnitudes of 1 to 10.
const POSTERIOR: f32 = 1e-4;

/// Values of an f32 or f16 tensor.
fn values(file: &SafeTensors, name: &str) -> Result<Vec<f32>, Error> {
    let view = file.tensor(name)?;
    Ok(match view.dtype() {
        Dtype::F16 => {
            view.data().as_chunks().0.iter().map(|&b| half::f16::from_le_bytes(b).to_f32()).collect()
        }
        _ => floats(file, name)?,
    })
}

fn relu(values: &mut [f32]) {
    values.iter_mut().for_each(|value| *value = value.max(0.0));
}

/// Dense layer with weight `[out, in]`.
fn dense(file: &SafeTensors, name: &str, x: &[f32]) -> Result<Vec<f32>, Error> {
    let (weight, bias) = (values(file, &format!("{name}.weight"))?, values(file, &format!("{name}.bias"))?);
    assert_eq!(weight.len(), bias.len() * x.len(), "{name}");
    let rows = weight.chunks_exact(x.len()).zip(bias);
    Ok(rows.map(|(row, bias)| bias + row.iter().zip(x).map(|(w, x)| w * x).sum::<f32>()).collect())
}

/// Convolution with weight `[4, 4, in, out]`, stride 2 and padding 1.
fn conv(
    file: &SafeTensors,
    name: &str,
    x: &[f32],
    [height, width, inputs]: [usize; 3],
) -> Result<Vec<f32>, Error> {
    let (weight, bias) = (values(file, &format!("{name}.weight"))?, values(file, &format!("{name}.bias"))?);
    let outputs = bias.len();
    let mut y = Vec::new();
    for row in 0..height / 2 {
        for column in 0..width / 2 {
            let mut sums = bias.clone();
            for (k, l) in (0..16).map(|tap| (tap / 4, tap % 4)) {
                let (r, c) = (2 * row + k, 2 * column + l);
                if (1..=height).contains(&r) && (1..=width).contains(&c) {
                    for i in 0..inputs {
                        let value = x[((r - 1) * width + c - 1) * inputs + i];
                        let weights = &weight[((4 * k + l) * inputs + i) * outputs..][..outputs];
                        sums.iter_mut().zip(weights).for_each(|(sum, w)| *sum += w * value);
                    }
                }
            }
            y.extend(sums);
        }
    }
    Ok(y)
}

/// Transposed convolution with weight `[in, 4, 4, out]`, stride 2 and padding 1.
fn deconv(
    file: &SafeTensors,
    name: &str,
    x: &[f32],
    [height, width, inputs]: [usize; 3],
) -> Result<Vec<f32>, Error> {
    let (weight, bias) = (values(file, &format!("{name}.weight"))?, values(file, &format!("{name}.bias"))?);
    let outputs = bias.len();
    let mut y = bias.repeat(4 * height * width);
    for (pixel, x) in x.chunks_exact(inputs).enumerate() {
        for (k, l) in (0..16).map(|tap| (tap / 4, tap % 4)) {
            let (r, c) = (2 * (pixel / width) + k, 2 * (pixel % width) + l);
            if (1..=2 * height).contains(&r) && (1..=2 * width).contains(&c) {
                let y = &mut y[((r - 1) * 2 * width + c - 1) * outputs..][..outputs];
                for (i, value) in x.iter().enumerate() {
                    let weights = &weight[(16 * i + 4 * k + l) * outputs..][..outputs];
                    y.iter_mut().zip(weights).for_each(|(sum, w)| *sum += w * value);
                }
            }
        }
    }
    Ok(y)
}

/// Encodes an image to its mean and log variance.
fn encode(file: &SafeTensors, model: &ModelConfig, image: &[f32]) -> Result<[Vec<f32>; 2], Error> {
    let (mut size, mut x) = ([model.image.height, model.image.width, model.image.channels], image.to_vec());
    for (i, &channels) in model.channels.iter().enumerate() {
        x = conv(file, &format!("encoder.conv.{i}"), &x, size)?;
        relu(&mut x);
        size = [size[0] / 2, size[1] / 2, channels];
    }
    for i in 0..model.encoder_widths().len() {
        let name = if i == 0 { "encoder.dense".to_owned() } else { format!("encoder.dense.{i}") };
        x = dense(file, &name, &x)?;
        relu(&mut x);
    }
    let mut mean = dense(file, "encoder.posterior", &x)?;
    let mut log_var = mean.split_off(model.latent + model.circles);
    log_var.truncate(model.latent + model.circles);
    log_var.iter_mut().for_each(|value| *value = value.clamp(-20.0, 6.2));
    let plain = model.latent - model.circles;
    let (points, spreads) = (mean.split_off(plain), log_var.split_off(plain));
    for (point, spread) in points.chunks(2).zip(spreads.chunks(2)) {
        let angle = point[1].atan2(point[0]);
        let across = spread[0].exp() * angle.sin().powi(2) + spread[1].exp() * angle.cos().powi(2);
        let across = (across / (point[0].powi(2) + point[1].powi(2))).min(PI.powi(2) / 3.0);
        mean.push(angle);
        log_var.push(across.ln().max(-20.0));
    }
    Ok([mean, log_var])
}

/// Decodes a code to a picture.
fn decode(file: &SafeTensors, model: &ModelConfig, code: &[f32]) -> Result<Vec<f32>, Error> {
    let (plain, angles) = code.split_at(model.latent - model.circles);
    let mut x = plain.to_vec();
    x.extend(angles.iter().flat_map(|angle| [angle.cos(), angle.sin()]));
    for i in 0..=model.decoder_widths().len() {
        x = dense(file, &format!("decoder.dense.{i}"), &x)?;
        relu(&mut x);
    }
    let count = model.channels.len();
    let mut size = [model.image.height >> count, model.image.width >> count, model.channels[count - 1]];
    for i in 0..count {
        x = deconv(file, &format!("decoder.deconv.{i}"), &x, size)?;
        if i + 1 < count {
            relu(&mut x);
            size = [2 * size[0], 2 * size[1], model.channels[count - 2 - i]];
        }
    }
    Ok(x.into_iter().map(|logit| 1.0 / (1.0 + (-logit).exp())).collect())
}

fn largest_difference(a: &[f32], b: &[f32]) -> f32 {
    assert_eq!(a.len(), b.len());
    a.iter().zip(b).fold(0.0, |worst, (a, b)| worst.max((a - b).abs()))
}

#[test]
fn plain_loops_over_the_documented_tensors_give_the_golden_numbers() -> Result<(), Error> {
    for Shipped { file: name, weights, golden } in SHIPPED {
        let (_, metadata) = SafeTensors::read_metadata(weights)?;
        let card = metadata.metadata().as_ref().and_then(|m| m.get("latentscope")).ok_or("no card")?;
        let card: Card = serde_json::from_str(card)?;
        let (file, golden) = (SafeTensors::deserialize(weights)?, SafeTensors::deserialize(golden)?);
        let (model, latent) = (&card.model, card.model.latent);
        let image = images(&card, &indices(&golden)?[..1])?;
        let [mean, log_var] = encode(&file, model, &image)?;
        let expected = floats(&golden, "mean")?;
        assert!(largest_difference(&mean, &expected[..latent]) < POSTERIOR, "{name}");
        assert!(largest_difference(&log_var, &floats(&golden, "log_var")?[..latent]) < POSTERIOR, "{name}");
        let picture = decode(&file, model, &expected[..latent])?;
        let expected = &floats(&golden, "pictures")?[..image.len()];
        assert!(largest_difference(&picture, expected) < PICTURE, "{name}");
    }
    Ok(())
}

#[test]
fn every_field_of_every_shipped_card_is_documented() -> Result<(), Error> {
    let text = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/format.md"))?;
    for Shipped { weights, .. } in SHIPPED {
        let card = serde_json::to_value(Weights::card_from_bytes(weights)?)?;
        for (field, value) in card.as_object().ok_or("the card is no object")? {
            assert!(text.contains(&format!("`{field}")), "{field}");
            let part = value.as_array().and_then(|list| list.first()).unwrap_or(value);
            for part in part.as_object().into_iter().flat_map(|parts| parts.keys()) {
                assert!(
                    text.contains(&format!("`{part}`")) || text.contains(&format!(".{part}`")),
                    "{field}.{part}"
                );
            }
        }
    }
    Ok(())
}

/// Runs a script once per line of arguments (separated by tabs) in a single process, because torch takes
/// seconds to load.
const RUNS: &str = "import runpy, sys
script, runs = sys.argv[1:]
for line in open(runs).read().splitlines():
    sys.argv = [script, *line.split('\\t')]
    runpy.run_path(script, run_name='__main__')
";

#[test]
fn the_example_in_python_gives_the_golden_numbers() -> Result<(), Error> {
    let python = |arguments: &[&str]| Command::new("python3").args(arguments).output();
    if !python(&["-c", "import torch, safetensors, numpy"]).is_ok_and(|output| output.status.success()) {
        println!("skipped: python3 has no torch, safetensors or numpy; the test of plain loops ran");
        return Ok(());
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let folder = tempfile::tempdir()?;
    let path = |name: &str| folder.path().join(name).display().to_string();
    let mut runs = String::new();
    let mut expected = Vec::new();
    for Shipped { file, golden, weights } in SHIPPED {
        let golden = SafeTensors::deserialize(golden)?;
        let card = Weights::card_from_bytes(weights)?;
        let model = root.join("static/models").join(file).display().to_string();
        let (n, image) = (indices(&golden)?.len(), card.model.image);
        let means = floats(&golden, "mean")?;
        let pictures = floats(&golden, "pictures")?;
        let images = images(&card, &indices(&golden)?)?;
        let shape = [n, image.height, image.width, image.channels];
        for (option, input, output, tolerance) in [
            ("--codes", npy(&[n, card.model.latent], &means), pictures, PICTURE),
            ("--images", npy(&shape, &images), means.clone(), POSTERIOR),
        ] {
            let [from, to] = ["in", "out"].map(|name| path(&format!("{name}-{}.npy", expected.len())));
            std::fs::write(&from, input)?;
            runs += &format!("{model}\t{to}\t{option}\t{from}\n");
            expected.push((file, option, to, output, tolerance));
        }
    }
    std::fs::write(path("runs"), runs)?;
    let run = python(&["-c", RUNS, &root.join("docs/decode.py").display().to_string(), &path("runs")])?;
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    for (file, option, output, expected, tolerance) in expected {
        let bytes = std::fs::read(output)?;
        let start = 10 + usize::from(u16::from_le_bytes([bytes[8], bytes[9]]));
        let values = bytes[start..].as_chunks().0.iter().map(|&bytes| f32::from_le_bytes(bytes));
        let values: Vec<f32> = values.collect();
        assert!(largest_difference(&values, &expected) < tolerance, "{file} {option}");
    }
    Ok(())
}

/// Encodes values as an `.npy` file.
fn npy(shape: &[usize], values: &[f32]) -> Vec<u8> {
    let sides: String = shape.iter().map(|side| format!("{side},")).collect();
    let mut dict = format!("{{'descr': '<f4', 'fortran_order': False, 'shape': ({sides}), }}");
    dict += &" ".repeat(63 - (10 + dict.len()) % 64);
    dict.push('\n');
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend((dict.len() as u16).to_le_bytes());
    bytes.extend(dict.into_bytes());
    bytes.extend(values.iter().flat_map(|value| value.to_le_bytes()));
    bytes
}
