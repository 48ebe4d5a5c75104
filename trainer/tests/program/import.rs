//! Imported PyTorch models give the same numbers as PyTorch, which `golden/pytorch.py` recorded.

use std::path::{Path, PathBuf};

use crate::support::{Outcome, fails, latentscope, succeeds};
use candle_core::{Device, Tensor};
use model::{Parameters, Vae, Weights};
use safetensors::SafeTensors;
use safetensors::tensor::{Dtype, TensorView};
use trainer::import::{Layout, read};

/// Maximum difference from PyTorch: means and log variances have magnitudes of 1 to 10, pixels are 0 to
/// 1.
const TOLERANCE: f32 = 1e-5;

/// The layout of `apart.safetensors`, whose images are not square.
const APART: &str = "image = [16, 24]
ignore = ['critic.']
[encoder]
convolutions = ['down.0', 'down.1']
posterior = { mean = 'mu', log_variance = 'var' }
[decoder]
features = 'grow'
convolutions = ['up.0', 'up.1']
";

fn golden(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name)
}

fn floats(file: &SafeTensors, name: &str) -> Result<(Vec<f32>, Vec<usize>), Box<dyn std::error::Error>> {
    let view = file.tensor(name)?;
    let values = view.data().as_chunks().0.iter().map(|&bytes| f32::from_le_bytes(bytes));
    Ok((values.collect(), view.shape().to_vec()))
}

/// Creates a folder with `apart.toml`.
fn folder() -> std::io::Result<tempfile::TempDir> {
    let folder = tempfile::tempdir()?;
    std::fs::write(folder.path().join("apart.toml"), APART)?;
    Ok(folder)
}

fn largest_difference(ours: &[f32], theirs: &[f32]) -> f32 {
    assert_eq!(ours.len(), theirs.len());
    assert!(ours.iter().all(|value| value.is_finite()));
    ours.iter().zip(theirs).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
}

#[test]
fn every_layout_gives_pytorchs_numbers() -> Outcome {
    let folder = folder()?;
    let apart = folder.path().join("apart.toml").to_string_lossy().into_owned();
    for (name, layout) in [
        ("burgess", "burgess"),
        ("burgess-32", "burgess-32"),
        ("konny-b", "konny-b"),
        ("konny-h", "konny-h"),
        ("apart", &apart),
    ] {
        let imported = read(&golden(&format!("{name}.safetensors")), &Layout::read(layout)?)?;
        let vae = Parameters::from_tensors(&imported.tensors)?.builder(&Device::Cpu);
        let vae = Vae::load(&imported.config, &vae)?;
        let bytes = std::fs::read(golden(&format!("{name}-golden.safetensors")))?;
        let file = SafeTensors::deserialize(&bytes)?;
        let (images, shape) = floats(&file, "images")?;
        let posterior = vae.encode(&Tensor::from_vec(images, shape, &Device::Cpu)?)?.posterior;
        let (mean, shape) = floats(&file, "mean")?;
        let values = |tensor: &Tensor| tensor.flatten_all()?.to_vec1::<f32>();
        let pictures = vae.decode_mean(&Tensor::from_slice(&mean, shape, &Device::Cpu)?)?;
        for (what, ours, theirs) in [
            ("means", values(&posterior.mean)?, mean),
            ("log variances", values(&posterior.log_var)?, floats(&file, "log_var")?.0),
            ("pictures", values(&pictures)?, floats(&file, "pictures")?.0),
        ] {
            let difference = largest_difference(&ours, &theirs);
            assert!(difference < TOLERANCE, "{name}: {what} differ by {difference}");
        }
    }
    Ok(())
}

/// Returns a golden file with `to` applied to each f32 value of the tensors whose names begin with
/// `start`.
fn changed(name: &str, start: &str, to: impl Fn(f32) -> f32) -> Result<Vec<u8>, Box<dyn std::error::Error>> {
    let bytes = std::fs::read(golden(name))?;
    let file = SafeTensors::deserialize(&bytes)?;
    let value = |bytes: &[u8; 4]| to(f32::from_le_bytes(*bytes)).to_le_bytes();
    let tensors = file.tensors().into_iter().map(|(name, view)| {
        let data = if name.starts_with(start) {
            view.data().as_chunks().0.iter().flat_map(value).collect()
        } else {
            view.data().to_vec()
        };
        (name, view.dtype(), view.shape().to_vec(), data)
    });
    let tensors: Vec<(String, Dtype, Vec<usize>, Vec<u8>)> = tensors.collect();
    let views = tensors
        .iter()
        .map(|(name, dtype, shape, data)| Ok((name, TensorView::new(*dtype, shape.clone(), data)?)))
        .collect::<Result<Vec<_>, safetensors::SafeTensorError>>()?;
    Ok(safetensors::serialize(views, None)?)
}

#[test]
fn weights_that_are_no_models_are_named_as_the_file_has_them() -> Outcome {
    let folder = folder()?;
    let here = folder.path();
    let bytes = std::fs::read(golden("burgess-golden.safetensors"))?;
    let (images, shape) = floats(&SafeTensors::deserialize(&bytes)?, "images")?;
    let shape: Vec<u64> = shape.into_iter().map(|side| side as u64).collect();
    std::fs::write(here.join("images.npy"), trainer::npy::floats(&shape[..3], &images))?;
    let import = [
        "import",
        "m.safetensors",
        "--layout",
        "burgess",
        "--data",
        "images.npy",
        "--samples=40",
        "--out",
        "o.safetensors",
    ];
    std::fs::write(
        here.join("m.safetensors"),
        changed("burgess.safetensors", "decoder.lin2", |_| f32::NAN)?,
    )?;
    let message = fails(here, &import)?;
    assert!(message.contains("`decoder.lin2.") && message.contains("not finite"), "{message}");
    // Weights are finite, but the outputs are not.
    std::fs::write(here.join("m.safetensors"), changed("burgess.safetensors", "", |value| value * 1e30)?)?;
    let message = fails(here, &import)?;
    assert!(message.contains("on `images` is not finite; its weights are too large"), "{message}");
    assert!(!here.join("o.safetensors").exists());

    std::fs::write(here.join("twice.toml"), APART.replace("log_variance = 'var'", "log_variance = 'mu'"))?;
    let apart = golden("apart.safetensors").to_string_lossy().into_owned();
    let message = fails(here, &[&["import", &apart, "--layout", "twice.toml"], &import[4..]].concat())?;
    assert!(message.contains("`mu.weight` twice"), "{message}");
    Ok(())
}

#[test]
fn an_imported_model_has_a_card_as_after_training() -> Outcome {
    let folder = folder()?;
    let here = folder.path();
    let file = golden("burgess.safetensors").to_string_lossy().into_owned();
    let bytes = std::fs::read(golden("burgess-golden.safetensors"))?;
    let theirs = SafeTensors::deserialize(&bytes)?;
    let (images, shape) = floats(&theirs, "images")?;
    let shape: Vec<u64> = shape.into_iter().map(|side| side as u64).collect();
    std::fs::write(here.join("images.npy"), trainer::npy::floats(&shape[..3], &images))?;
    let import = ["import", &file, "--layout", "burgess", "--data", "images.npy", "--out", "m.safetensors"];
    succeeds(here, &[&import[..], &["--samples", "40", "--origin", "by nobody, for tests"]].concat())?;
    let Weights { card, .. } = Weights::from_bytes(&std::fs::read(here.join("m.safetensors"))?)?;
    assert_eq!((card.format, card.minor), (1, 3));
    assert_eq!((card.name.as_str(), card.training.dataset.as_str()), ("burgess", "images"));
    assert_eq!(card.origin.as_deref(), Some("by nobody, for tests"));
    assert_eq!(card.model.encoder_dense, Some(vec![7, 8]));
    assert_eq!(card.model.decoder_dense, Some(vec![9, 5]));
    assert!(["nll", "mse", "ssim", "kl", "elbo"].iter().all(|&m| card.scores.iter().any(|s| s.metric == m)));
    assert!(card.units.iter().all(|unit| unit.mean_histogram.counts.iter().sum::<u32>() == 40));
    let info = succeeds(here, &["info", "m.safetensors"])?;
    assert!(info.contains("dense layers 7-8 and 9-5") && info.contains("by nobody"), "{info}");
    let message = fails(here, &["encode", "m.safetensors", "--out", "c.npy"])?;
    assert!(message.contains("name others with --data") && message.contains("`images`"), "{message}");
    // A folder of pictures gives the data set its name.
    std::fs::create_dir(here.join("grey"))?;
    let mut picture = Vec::new();
    let mut encoder = png::Encoder::new(&mut picture, 8, 8);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.write_header()?.write_image_data(&[7; 64])?;
    std::fs::write(here.join("grey/a.png"), picture)?;
    let import = ["import", &file, "--layout", "burgess", "--data", "grey", "--out", "g.safetensors"];
    succeeds(here, &[&import[..], &["--samples", "4"]].concat())?;
    let Weights { card, .. } = Weights::from_bytes(&std::fs::read(here.join("g.safetensors"))?)?;
    assert_eq!(card.training.dataset, "grey");
    assert_eq!(card.origin.as_deref(), Some("imported from burgess.safetensors"));
    // How the command line crops pictures is part of the protocol.
    for (cut, wanted) in
        [(&["--whole"][..], "whole pictures"), (&["--crop", "0.5"], "0.5 of the shorter side")]
    {
        succeeds(here, &[&import[..], &["--samples", "4"], cut].concat())?;
        let Weights { card, .. } = Weights::from_bytes(&std::fs::read(here.join("g.safetensors"))?)?;
        let origin = card.origin.unwrap_or_default();
        assert!(origin.starts_with("imported from") && origin.contains(wanted), "{origin}");
    }
    Ok(())
}

#[test]
fn an_imported_model_is_scored_by_attributes_in_the_same_command() -> Outcome {
    let folder = folder()?;
    let here = folder.path();
    let file = golden("burgess.safetensors").to_string_lossy().into_owned();
    // Bright images and dark ones; every other one has a hat.
    let images: Vec<f32> =
        (0..40 * 4096).map(|at| ((at / 4096 % 2) as f32 * 0.5 + (at % 7) as f32 * 0.07).min(1.0)).collect();
    std::fs::write(here.join("images.npy"), trainer::npy::floats(&[40, 64, 64], &images))?;
    let rows: String = (0..40).map(|image| format!("{image}.png,{}\n", image % 2)).collect();
    std::fs::write(here.join("hats.csv"), format!("name,hat\n{rows}"))?;
    std::fs::write(here.join("few.csv"), "name,hat\na.png,1\nb.png,0\n")?;
    let import = ["import", &file, "--layout", "burgess", "--data", "images.npy", "--out", "m.safetensors"];
    let with = |more: &[&'static str]| [&import[..], &["--samples", "40"], more].concat();
    let said = fails(here, &with(&["--labels", "hats.csv"]))?;
    assert!(said.contains("--labels") && said.contains("--scores"), "{said}");
    let scores = ["--scores", "--grid", "64", "--codes", "300", "--generate", "8", "--labels"];
    let said = fails(here, &with(&[&scores[..], &["few.csv"]].concat()))?;
    assert!(said.contains("few.csv has 2 rows"), "{said}");
    succeeds(here, &with(&[&scores[..], &["hats.csv"]].concat()))?;
    let Weights { card, .. } = Weights::from_bytes(&std::fs::read(here.join("m.safetensors"))?)?;
    let names: Vec<&str> = card.attributes.iter().map(|told| told.name.as_str()).collect();
    assert_eq!(names, ["hat"]);
    assert!(card.attributes[0].area > 0.9, "{:?}", card.attributes);
    assert!(card.scores.iter().any(|score| score.metric == "recall"), "{:?}", card.scores);
    Ok(())
}

#[test]
fn codes_are_written_for_other_tools_and_read_back() -> Outcome {
    let folder = folder()?;
    let here = folder.path();
    let file = golden("burgess-32.safetensors").to_string_lossy().into_owned();
    let bytes = std::fs::read(golden("burgess-32-golden.safetensors"))?;
    let theirs = SafeTensors::deserialize(&bytes)?;
    let (images, _) = floats(&theirs, "images")?;
    std::fs::write(here.join("images.npy"), trainer::npy::floats(&[2, 32, 32, 3], &images))?;
    let data = ["--data", "images.npy"];
    let import = ["import", &file, "--layout", "burgess-32", "--out", "m.safetensors", "--samples", "9"];
    succeeds(here, &[&import[..], &data].concat())?;
    let encode = ["encode", "m.safetensors", "--out", "codes.npy", "--std", "std.npy"];
    succeeds(here, &[&encode[..], &data].concat())?;
    succeeds(here, &["decode", "m.safetensors", "--codes", "codes.npy", "--out", "pictures.npy"])?;
    let array = |name: &str| -> Result<(Vec<f32>, Vec<u64>), Box<dyn std::error::Error>> {
        let array = npyz::NpyFile::new(std::io::BufReader::new(std::fs::File::open(here.join(name))?))?;
        let shape = array.shape().to_vec();
        Ok((array.into_vec()?, shape))
    };
    let (means, shape) = array("codes.npy")?;
    assert_eq!(shape, [2, 4]);
    assert!(largest_difference(&means, &floats(&theirs, "mean")?.0) < TOLERANCE);
    let (stds, shape) = array("std.npy")?;
    assert_eq!(shape, [2, 4]);
    let log_vars = floats(&theirs, "log_var")?.0;
    let relative = stds.iter().zip(log_vars).map(|(std, log_var)| (std / (log_var / 2.0).exp() - 1.0).abs());
    assert!(relative.fold(0.0, f32::max) < TOLERANCE);
    let (pictures, shape) = array("pictures.npy")?;
    assert_eq!(shape, [2, 32, 32, 3]);
    assert!(largest_difference(&pictures, &floats(&theirs, "pictures")?.0) < 1e-4, "of codes that were read");

    std::fs::write(here.join("wide.npy"), trainer::npy::floats(&[2, 5], &[0.0; 10]))?;
    std::fs::write(here.join("nan.npy"), trainer::npy::floats(&[1, 4], &[0.0, 1.0, f32::NAN, 0.0]))?;
    for (codes, word) in [("wide.npy", "5 units"), ("nan.npy", "code 0 is not finite in unit 2")] {
        let message = fails(here, &["decode", "m.safetensors", "--codes", codes, "--out", "x.npy"])?;
        assert!(message.contains(word) && !here.join("x.npy").exists(), "{message}");
    }
    let before = std::fs::read(here.join("codes.npy"))?;
    for arguments in [
        &["decode", "m.safetensors", "--codes", "codes.npy", "--out", "codes.npy"][..],
        &["encode", "m.safetensors", "--data", "codes.npy", "--out", "./codes.npy"],
        &["encode", "m.safetensors", "--data", "sprites", "--out", "x.npy", "--std", "x.npy"],
    ] {
        let message = fails(here, arguments)?;
        assert!(message.contains("choose another name") && !here.join("x.npy").exists(), "{message}");
    }
    assert_eq!(std::fs::read(here.join("codes.npy"))?, before, "an input was written over");
    let message = fails(here, &["encode", "m.safetensors", "--data", "sprites", "--out", "x.npy"])?;
    assert!(message.contains("32×32×3") && message.contains("64×64×1"), "{message}");
    Ok(())
}

/// Writes a file with zeros of the given names and shapes.
fn file_of(path: &Path, tensors: &[(&str, &[usize])]) -> std::io::Result<()> {
    let data: Vec<Vec<u8>> = tensors.iter().map(|(_, s)| vec![0; 4 * s.iter().product::<usize>()]).collect();
    let views = tensors.iter().zip(&data).map(|((name, shape), data)| {
        let view = safetensors::tensor::TensorView::new(safetensors::Dtype::F32, shape.to_vec(), data);
        (*name, view.expect("a tensor"))
    });
    std::fs::write(path, safetensors::serialize(views, None).expect("a file"))
}

/// Changes the names and shapes of a file's tensors.
type Change<'a> = &'a dyn Fn(&mut Vec<(String, Vec<usize>)>);

#[test]
fn what_does_not_fit_is_named() -> Outcome {
    let folder = folder()?;
    let here = folder.path();
    let good = std::fs::read(golden("apart.safetensors"))?;
    let file = SafeTensors::deserialize(&good)?;
    let shapes: Vec<(String, Vec<usize>)> =
        file.tensors().into_iter().map(|(name, view)| (name, view.shape().to_vec())).collect();
    let message = |layout: &str, change: Change| -> std::io::Result<String> {
        let mut shapes = shapes.clone();
        change(&mut shapes);
        let tensors: Vec<(&str, &[usize])> = shapes.iter().map(|(n, s)| (n.as_str(), s.as_slice())).collect();
        file_of(&here.join("bad.safetensors"), &tensors)?;
        std::fs::write(here.join("layout.toml"), layout)?;
        let arguments = ["--layout", "layout.toml", "--data", "sprites", "--out", "x.safetensors"];
        let message = fails(here, &[&["import", "bad.safetensors"], &arguments[..]].concat())?;
        assert!(!here.join("x.safetensors").exists() && message.trim().lines().count() <= 2, "{message}");
        Ok(message)
    };
    let to = |name: &'static str, shape: &'static [usize]| {
        move |shapes: &mut Vec<(String, Vec<usize>)>| {
            shapes.retain(|(other, _)| other != name);
            if !shape.is_empty() {
                shapes.push((name.into(), shape.into()));
            }
        }
    };
    let narrow = |shapes: &mut Vec<(String, Vec<usize>)>| {
        to("var.weight", &[2, 96])(shapes);
        to("var.bias", &[2])(shapes);
    };
    let same = |_: &mut Vec<(String, Vec<usize>)>| {};
    for (layout, change, words) in [
        (APART.into(), &to("down.1.weight", &[4, 3, 3, 3]) as &dyn Fn(&mut _), "[out, 3, 4, 4]"),
        (APART.into(), &to("down.1.bias", &[]), "`down.1.bias`, which the layout names"),
        (APART.into(), &to("down.1.bias", &[5]), "`down.1.bias` has shape [5]"),
        (APART.into(), &narrow, "`var.weight` has shape [2, 96] where [3, 96]"),
        (APART.into(), &to("mu.weight", &[3, 95]), "[out, 96]"),
        (APART.into(), &to("grow.weight", &[3, 96]), "[96, 3]"),
        (APART.into(), &to("up.0.weight", &[3, 4, 4, 4]), "[4, 3, 4, 4]"),
        (APART.into(), &to("extra.weight", &[1]), "`extra.weight` is not part of the layout"),
        (APART.into(), &to("down.2.running_mean", &[3]), "batch normalisation"),
        (APART.replace("image = [16, 24]", ""), &same, "no square of 4 channels"),
        (APART.replace("[16, 24]", "[16, 23]"), &same, "multiple of 4"),
        (APART.replace("'up.0', ", ""), &same, "2 convolutions in the encoder and 1"),
        (APART.replace("'down.0', 'down.1'", ""), &same, "one at least"),
        (APART.into(), &same, "images of 16×24×2 but those of `sprites` are 64×64×1"),
    ] {
        let message = message(&layout, change)?;
        assert!(message.contains(words), "no `{words}` in {message}");
    }
    Ok(())
}

#[test]
fn a_pickle_and_other_files_are_not_read() -> Outcome {
    let folder = folder()?;
    let here = folder.path();
    for (content, words) in [
        (&b"PK\x03\x04 archive/data.pkl"[..], "is a pickle"),
        (b"\x80\x02}q\x00.", "is a pickle"),
        (b"GIF89a and more", "not a complete safetensors file"),
        (b"", "not a complete safetensors file"),
    ] {
        std::fs::write(here.join("m.pt"), content)?;
        let arguments = ["import", "m.pt", "--layout", "burgess", "--data", "sprites", "--out", "x"];
        let message = fails(here, &arguments)?;
        assert!(message.contains("m.pt") && message.contains(words), "{message}");
    }
    let output = latentscope(here, &["import", "--help"]).output()?;
    assert!(String::from_utf8_lossy(&output.stdout).contains("never read"));
    Ok(())
}
