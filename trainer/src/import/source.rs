//! Tensors of a foreign file, layer by layer, with axes in Latentscope's order.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;
use std::path::Path;

use candle_core::{Device, Tensor};
use half::{bf16, f16};
use safetensors::SafeTensors;
use safetensors::tensor::{Dtype, TensorView};

use super::{ImportError, shape};

/// Maximum size of a file: four times the largest that Latentscope writes.
pub(super) const MAX_FILE: u64 = 256 << 20;

/// The tensors of a file.
pub(super) struct Source {
    /// Type, shape and bytes.
    tensors: BTreeMap<String, (Dtype, Vec<usize>, Vec<u8>)>,
    used: BTreeSet<String>,
}

impl Source {
    pub(super) fn read(path: &Path) -> Result<Self, ImportError> {
        let read = |source| ImportError::Read { path: path.to_owned(), source };
        let mut bytes = Vec::new();
        let file = std::fs::File::open(path).map_err(read)?;
        file.take(MAX_FILE + 1).read_to_end(&mut bytes).map_err(read)?;
        if bytes.len() as u64 > MAX_FILE {
            return Err(ImportError::TooLarge(path.to_owned()));
        }
        let file = SafeTensors::deserialize(&bytes).map_err(|source| {
            // torch.save writes a zip archive; older versions and pickle itself write a protocol number.
            // A safetensors header may begin with the same bytes, so intact files were read first.
            if bytes.starts_with(b"PK") || matches!(bytes.as_slice(), [0x80, 2..=5, ..]) {
                ImportError::Pickle(path.to_owned())
            } else {
                ImportError::Malformed { path: path.to_owned(), source }
            }
        })?;
        let owned = |view: TensorView| (view.dtype(), view.shape().to_vec(), view.data().to_vec());
        let tensors = file.tensors().into_iter().map(|(name, view)| (name, owned(view))).collect();
        Ok(Self { tensors, used: BTreeSet::new() })
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.tensors.keys().map(String::as_str)
    }

    /// Returns a tensor that no layer uses and whose name has none of the prefixes in `ignore`.
    pub(super) fn left(&self, ignore: &[String]) -> Option<&str> {
        let passed = |name: &&str| ignore.iter().any(|start| name.starts_with(start.as_str()));
        self.names().find(|name| !self.used.contains(*name) && !passed(name))
    }

    /// Returns the shape of a tensor with two or four dimensions.
    pub(super) fn shape(&self, name: &str) -> Result<&[usize], ImportError> {
        let (_, sides, _) = self.tensors.get(name).ok_or_else(|| self.missing(name))?;
        if sides.len() == 2 || sides.len() == 4 {
            return Ok(sides);
        }
        let expected = "[out, in] or [out, in, height, width]".to_owned();
        Err(ImportError::Shape { name: name.to_owned(), found: sides.clone(), expected })
    }

    /// Returns a convolution `[4, 4, in, out]`; checks the number of inputs if it is known.
    pub(super) fn convolution(
        &mut self,
        name: &str,
        inputs: Option<usize>,
    ) -> Result<[Tensor; 2], ImportError> {
        let weight = self.take(&format!("{name}.weight"))?;
        let wanted = |inputs: &str| format!("[out, {inputs}, 4, 4], a kernel of 4×4,");
        let inputs = inputs.map_or("in".to_owned(), |inputs| inputs.to_string());
        match *weight.dims() {
            [outputs, found, 4, 4] if outputs > 0 && (inputs == "in" || inputs == found.to_string()) => {
                Ok([weight.permute((2, 3, 1, 0))?.contiguous()?, self.bias(name, outputs)?])
            }
            _ => Err(shape(name, &weight, wanted(&inputs))),
        }
    }

    /// Returns a transposed convolution `[in, 4, 4, out]`.
    pub(super) fn transposed(
        &mut self,
        name: &str,
        [inputs, outputs]: [usize; 2],
    ) -> Result<[Tensor; 2], ImportError> {
        let weight = self.take(&format!("{name}.weight"))?;
        if weight.dims() != [inputs, outputs, 4, 4] {
            return Err(shape(name, &weight, format!("[{inputs}, {outputs}, 4, 4], a kernel of 4×4,")));
        }
        Ok([weight.permute((0, 2, 3, 1))?.contiguous()?, self.bias(name, outputs)?])
    }

    /// Returns a dense layer `[out, in]`. If `features` is set, the inputs are a feature map of those
    /// channels, height and width.
    pub(super) fn dense(
        &mut self,
        name: &str,
        inputs: usize,
        features: Option<[usize; 3]>,
    ) -> Result<[Tensor; 2], ImportError> {
        let weight = self.take(&format!("{name}.weight"))?;
        let outputs = match *weight.dims() {
            [outputs, found] if found == inputs => outputs,
            [outputs, channels, height, width] if channels * height * width == inputs => outputs,
            _ => return Err(shape(name, &weight, format!("[out, {inputs}]"))),
        };
        let bias = self.bias(name, outputs)?;
        let Some([channels, height, width]) = features else {
            return Ok([weight.reshape((outputs, inputs))?, bias]);
        };
        let pixels = weight.reshape((outputs, channels, height, width))?.permute((0, 2, 3, 1))?;
        Ok([pixels.contiguous()?.reshape((outputs, inputs))?, bias])
    }

    /// Returns `[height·width·channels, in]`: a dense layer that outputs the first feature map, or a
    /// transposed convolution from a single pixel to it.
    pub(super) fn feature_layer(
        &mut self,
        name: &str,
        inputs: usize,
        [channels, height, width]: [usize; 3],
    ) -> Result<[Tensor; 2], ImportError> {
        let weight = self.take(&format!("{name}.weight"))?;
        let flat = channels * height * width;
        let (rows, bias) = if weight.dims() == [inputs, channels, height, width] {
            let bias = self.bias(name, channels)?.reshape((channels, 1, 1))?;
            let bias = bias.broadcast_as((channels, height, width))?.contiguous()?;
            (weight.permute((1, 2, 3, 0))?.contiguous()?, bias)
        } else if weight.dims() == [flat, inputs] {
            let bias = self.bias(name, flat)?.reshape((channels, height, width))?;
            (weight.reshape((channels, height, width, inputs))?, bias)
        } else {
            return Err(shape(name, &weight, format!("[{flat}, {inputs}]")));
        };
        Ok([
            rows.permute((1, 2, 0, 3))?.contiguous()?.reshape((flat, inputs))?,
            bias.permute((1, 2, 0))?.contiguous()?.reshape(flat)?,
        ])
    }

    fn bias(&mut self, layer: &str, outputs: usize) -> Result<Tensor, ImportError> {
        let name = format!("{layer}.bias");
        let bias = self.take(&name)?;
        if bias.dims() == [outputs] {
            return Ok(bias);
        }
        Err(ImportError::Shape { name, found: bias.dims().to_vec(), expected: format!("[{outputs}]") })
    }

    fn missing(&self, name: &str) -> ImportError {
        let mut names: Vec<&str> = self.names().take(8).collect();
        if self.tensors.len() > names.len() {
            names.push("…");
        }
        ImportError::Missing(name.to_owned(), names.join(", "))
    }

    fn take(&mut self, name: &str) -> Result<Tensor, ImportError> {
        let (kind, sides, data) = self.tensors.get(name).ok_or_else(|| self.missing(name))?;
        let values: Vec<f32> = match kind {
            Dtype::F32 => data.as_chunks().0.iter().map(|&bytes| f32::from_le_bytes(bytes)).collect(),
            Dtype::F64 => data.as_chunks().0.iter().map(|&bytes| f64::from_le_bytes(bytes) as f32).collect(),
            Dtype::F16 => {
                data.as_chunks().0.iter().map(|&bytes| f16::from_le_bytes(bytes).to_f32()).collect()
            }
            Dtype::BF16 => {
                data.as_chunks().0.iter().map(|&bytes| bf16::from_le_bytes(bytes).to_f32()).collect()
            }
            found => return Err(ImportError::Type { name: name.to_owned(), found: *found }),
        };
        if values.iter().any(|value| !value.is_finite()) {
            return Err(ImportError::NotFinite(name.to_owned()));
        }
        let tensor = Tensor::from_vec(values, sides.as_slice(), &Device::Cpu)?;
        if !self.used.insert(name.to_owned()) {
            return Err(ImportError::Twice(name.to_owned()));
        }
        Ok(tensor)
    }
}
