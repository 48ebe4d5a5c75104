//! Writes `tests/golden/` from the shipped models with the native CPU path: `cargo xtask golden`.

use std::path::Path;

use latentscope_tests::{Error, Output};
use safetensors::tensor::{Dtype, TensorView};

/// Sprites: two at the ends of all sliders on the page, where values are exact, and some between.
const INDICES: [u64; 6] = [0, 697_343, 200_000, 314_159, 420_017, 555_555];

fn main() -> Result<(), Error> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let models = here.join("../static/models");
    let manifest: serde_json::Value = serde_json::from_slice(&std::fs::read(models.join("manifest.json"))?)?;
    for model in manifest["models"].as_array().ok_or("the manifest lists no models")? {
        let file = model["file"].as_str().ok_or("a model without a file")?;
        let output = Output::of(&std::fs::read(models.join(file))?, &INDICES)?;
        std::fs::create_dir_all(here.join("golden"))?;
        std::fs::write(here.join("golden").join(file), golden(&output)?)?;
        println!("wrote golden/{file}");
    }
    Ok(())
}

fn golden(output: &Output) -> Result<Vec<u8>, Error> {
    let n = INDICES.len();
    let indices: Vec<u8> = INDICES.iter().flat_map(|v| v.to_le_bytes()).collect();
    let tensors = [("mean", &output.mean), ("log_var", &output.log_var), ("pictures", &output.pictures)].map(
        |(name, values)| {
            let bytes: Vec<u8> = values.iter().flat_map(|v| v.to_le_bytes()).collect();
            (name, values.len() / n, bytes)
        },
    );
    let mut views = vec![("indices", TensorView::new(Dtype::U64, vec![n], &indices)?)];
    for (name, width, bytes) in &tensors {
        views.push((name, TensorView::new(Dtype::F32, vec![n, *width], bytes)?));
    }
    Ok(safetensors::serialize(views, None)?)
}
