//! The shipped models give the same numbers natively, in wasm and (in `tests/page`) on the canvas.
//!
//! `cargo xtask golden` writes the golden vectors with the native CPU path. A golden file is a
//! safetensors file with `indices` `[N]` on the grid of the model's world (or of one with images of its
//! shape), `mean` and `log_var` `[N, D]` of the posteriors, and `pictures` `[N, H·W·C]`, the decoded
//! means.

mod shipped;

use latentscope_tests::{Error, Output, decode};
use safetensors::SafeTensors;
use shipped::{SHIPPED, Shipped, floats, indices};

#[cfg(target_arch = "wasm32")]
wasm_bindgen_test::wasm_bindgen_test_configure!(run_in_browser);

/// Maximum difference of pixel values, which lie in `[0, 1]`.
const PICTURE: f32 = 1e-5;
/// Maximum difference of posterior values, which have magnitudes of 1 to 10.
const POSTERIOR: f32 = 1e-4;

fn largest_difference(a: &[f32], b: &[f32]) -> f32 {
    assert_eq!(a.len(), b.len());
    a.iter().zip(b).fold(0.0, |worst, (a, b)| worst.max((a - b).abs()))
}

#[cfg_attr(not(target_arch = "wasm32"), test)]
#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
fn shipped_models_give_the_golden_numbers() -> Result<(), Error> {
    for Shipped { file, weights, golden } in SHIPPED {
        let golden = SafeTensors::deserialize(golden)?;
        let output = Output::of(weights, &indices(&golden)?)?;
        // Decodes the golden codes, because a sensitive decoder would amplify the encoder's rounding
        // errors.
        let pictures = decode(weights, &floats(&golden, "mean")?)?;
        for (name, values, tolerance) in [
            ("mean", &output.mean, POSTERIOR),
            ("log_var", &output.log_var, POSTERIOR),
            ("pictures", &pictures, PICTURE),
        ] {
            let difference = largest_difference(values, &floats(&golden, name)?);
            assert!(difference <= tolerance, "{file}: {name} differ by {difference}");
        }
    }
    Ok(())
}

/// Checks that the test above is strict: golden pictures differ between models and images.
#[cfg_attr(not(target_arch = "wasm32"), test)]
#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
fn golden_pictures_differ_between_models_and_images() -> Result<(), Error> {
    let mut all = Vec::new();
    for Shipped { golden, .. } in SHIPPED {
        let golden = SafeTensors::deserialize(golden)?;
        let count = indices(&golden)?.len();
        let pictures = floats(&golden, "pictures")?;
        all.extend(pictures.chunks_exact(pictures.len() / count).map(<[f32]>::to_vec));
    }
    for (i, a) in all.iter().enumerate() {
        for b in all[i + 1..].iter().filter(|b| b.len() == a.len()) {
            assert!(largest_difference(a, b) > 0.02);
        }
    }
    Ok(())
}

#[cfg(not(target_arch = "wasm32"))]
#[test]
fn every_model_of_the_manifest_has_golden_numbers() -> Result<(), Error> {
    let manifest = concat!(env!("CARGO_MANIFEST_DIR"), "/../static/models/manifest.json");
    let manifest: serde_json::Value = serde_json::from_slice(&std::fs::read(manifest)?)?;
    let models = manifest["models"].as_array().ok_or("no list of models")?;
    let files: Vec<_> = models.iter().filter_map(|model| model["file"].as_str()).collect();
    assert_eq!(files, SHIPPED.map(|shipped| shipped.file));
    for (model, shipped) in models.iter().zip(SHIPPED) {
        assert_eq!(model["bytes"], shipped.weights.len());
        assert!(shipped.weights.len() < 4 << 20, "{} is over 4 MiB", shipped.file);
    }
    Ok(())
}
