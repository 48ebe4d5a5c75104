//! The shipped models with their golden numbers, for the tests of all engines.

use latentscope_tests::Error;
use safetensors::SafeTensors;
use safetensors::tensor::Dtype;

/// A shipped model with its golden numbers.
pub(crate) struct Shipped {
    pub(crate) file: &'static str,
    pub(crate) weights: &'static [u8],
    pub(crate) golden: &'static [u8],
}

macro_rules! shipped {
    ($($file:literal),*) => {
        [$(Shipped {
            file: $file,
            weights: include_bytes!(concat!("../../../static/models/", $file)),
            golden: include_bytes!(concat!("../../golden/", $file)),
        }),*]
    };
}

pub(crate) const SHIPPED: [Shipped; 18] = shipped![
    "vae.safetensors",
    "factor.safetensors",
    "tcvae.safetensors",
    "sparse.safetensors",
    "faces-vae.safetensors",
    "faces-sparse.safetensors",
    "chairs-vae.safetensors",
    "chairs-nine.safetensors",
    "chairs-sparse.safetensors",
    "celeba-vae.safetensors",
    "celeba-named.safetensors",
    "celeba-sparse.safetensors",
    "strength-0.safetensors",
    "strength-0-01.safetensors",
    "strength-0-03.safetensors",
    "strength-0-1.safetensors",
    "strength-0-3.safetensors",
    "strength-1.safetensors"
];

/// Values of an f32 tensor.
pub(crate) fn floats(file: &SafeTensors, name: &str) -> Result<Vec<f32>, Error> {
    let view = file.tensor(name)?;
    assert_eq!(view.dtype(), Dtype::F32, "{name}");
    let (values, rest) = view.data().as_chunks();
    assert!(rest.is_empty());
    Ok(values.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect())
}

/// Indices of the images on the grid of the model's world, or of one with images of its shape.
pub(crate) fn indices(file: &SafeTensors) -> Result<Vec<u64>, Error> {
    let view = file.tensor("indices")?;
    assert_eq!(view.dtype(), Dtype::U64);
    let (values, rest) = view.data().as_chunks();
    assert!(rest.is_empty());
    Ok(values.iter().map(|bytes| u64::from_le_bytes(*bytes)).collect())
}
