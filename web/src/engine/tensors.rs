//! Provides a weights file's tensors to candle's layers.

use std::collections::BTreeMap;

use candle_core::{DType, Device, Error, Result, Shape, Tensor};
use candle_nn::Init;
use candle_nn::var_builder::SimpleBackend;

/// Tensors of one type on one device, returned without conversion: candle's own map would add conversions
/// between all types to the page.
pub(super) struct Tensors(pub(super) BTreeMap<String, Tensor>);

impl SimpleBackend for Tensors {
    fn get(&self, shape: Shape, name: &str, _: Init, dtype: DType, device: &Device) -> Result<Tensor> {
        let tensor = self.get_unchecked(name, dtype, device)?;
        if tensor.shape() != &shape {
            candle_core::bail!("tensor `{name}` has shape {:?}, not {shape:?}", tensor.shape())
        }
        Ok(tensor)
    }

    fn get_unchecked(&self, name: &str, _: DType, _: &Device) -> Result<Tensor> {
        let missing = || Error::CannotFindTensor { path: name.to_owned() }.bt();
        self.0.get(name).cloned().ok_or_else(missing)
    }

    fn contains_tensor(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }
}
