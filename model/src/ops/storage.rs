//! Access to candle's tensors as slices.

use candle_core::{CpuStorage, Layout, Result, Storage, Tensor};

/// Whether a tensor is on the CPU. This is constant on wasm32, which keeps candle's own layers out of the
/// page.
pub(crate) fn on_cpu(tensor: &Tensor) -> bool {
    cfg!(target_arch = "wasm32") || tensor.device().is_cpu()
}

/// Refuses gradients on wasm32, so that the page contains no code for them.
#[inline(always)]
pub(super) fn training_only() -> Result<()> {
    if cfg!(target_arch = "wasm32") {
        candle_core::bail!("gradients are not built for wasm32")
    }
    Ok(())
}

/// Values of a contiguous f32 tensor, as an operation receives it.
pub(super) fn values<'a>(storage: &'a CpuStorage, layout: &Layout) -> Result<&'a [f32]> {
    let Some((start, end)) = layout.contiguous_offsets() else {
        candle_core::bail!("this layer needs contiguous tensors")
    };
    Ok(&storage.as_slice::<f32>()?[start..end])
}

/// Returns the values of an f32 tensor in row-major order. Candle's own method would add its reshaping
/// code to the page.
///
/// # Errors
/// Fails if the tensor has another type, or a GPU operation fails.
pub fn to_vec(tensor: &Tensor) -> Result<Vec<f32>> {
    if !on_cpu(tensor) {
        return tensor.flatten_all()?.to_vec1();
    }
    with_values([&tensor.contiguous()?], |[values]| Ok(values.to_vec()))
}

/// Calls `work` with the values of tensors that are contiguous f32 on the CPU.
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
