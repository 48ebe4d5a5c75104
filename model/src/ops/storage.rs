//! Reading candle's tensors as slices.

use candle_core::{CpuStorage, Layout, Result, Storage, Tensor};

/// Whether a tensor is on the CPU. On wasm32 there is nothing else, and saying so to the compiler
/// keeps candle's own layers out of the page.
pub(crate) fn on_cpu(tensor: &Tensor) -> bool {
    cfg!(target_arch = "wasm32") || tensor.device().is_cpu()
}

/// Refuses gradients on wasm32, so that the page holds no code for them.
#[inline(always)]
pub(super) fn training_only() -> Result<()> {
    if cfg!(target_arch = "wasm32") {
        candle_core::bail!("gradients are not built for wasm32")
    }
    Ok(())
}

/// The values of a contiguous f32 tensor as an op receives it.
pub(super) fn values<'a>(storage: &'a CpuStorage, layout: &Layout) -> Result<&'a [f32]> {
    let Some((start, end)) = layout.contiguous_offsets() else {
        candle_core::bail!("this layer needs contiguous tensors")
    };
    Ok(&storage.as_slice::<f32>()?[start..end])
}

/// The values of an f32 tensor, in order. Candle's own way brings its reshaping into the page.
///
/// # Errors
/// Fails if the tensor is of another type, or a GPU fails.
pub fn to_vec(tensor: &Tensor) -> Result<Vec<f32>> {
    if !on_cpu(tensor) {
        return tensor.flatten_all()?.to_vec1();
    }
    with_values([&tensor.contiguous()?], |[values]| Ok(values.to_vec()))
}

/// Calls `work` with the values of the tensors, all contiguous, f32 and on the CPU.
pub(super) fn with_values<const N: usize, T>(
    tensors: [&Tensor; N],
    work: impl FnOnce([&[f32]; N]) -> Result<T>,
) -> Result<T> {
    let guards = tensors.map(Tensor::storage_and_layout);
    let mut slices = [&[] as &[f32]; N];
    for (slice, (storage, layout)) in slices.iter_mut().zip(&guards) {
        let Storage::Cpu(storage) = &**storage else {
            candle_core::bail!("this layer's fast path runs on the CPU alone")
        };
        *slice = values(storage, layout)?;
    }
    work(slices)
}
