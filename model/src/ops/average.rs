//! Exponential moving average, ā ← ā + s·(w − ā).

use candle_core::{CpuStorage, InplaceOp2, Layout, Result, Tensor};

use super::adam::changed;
use super::batch::{VALUES, each_part};
use super::elementary;
use super::storage::values;

/// Moves `mean` towards `value` in place: mean ← mean + share·(value − mean). Both have the same shape
/// and are on the CPU.
///
/// # Errors
/// Fails if the shapes differ or a tensor is not contiguous f32 on the CPU.
pub fn approach(mean: &Tensor, value: &Tensor, share: f64) -> Result<()> {
    if mean.shape() != value.shape() {
        candle_core::bail!("an average of {:?} can't take in {:?}", mean.shape(), value.shape())
    }
    mean.inplace_op2(value, &Approach(share as f32))
}

struct Approach(f32);

impl InplaceOp2 for Approach {
    fn name(&self) -> &'static str {
        "approach"
    }

    fn cpu_fwd(&self, mean: &mut CpuStorage, l1: &Layout, value: &CpuStorage, l2: &Layout) -> Result<()> {
        let value = values(value, l2)?;
        each_part(value.len(), VALUES, [(changed(mean, l1)?, 1)], |range, [mean]| {
            elementary::approach(self.0, &value[range], mean);
        });
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use candle_core::Device;

    #[test]
    fn a_mean_moves_by_its_share_of_the_way() -> Result<()> {
        let mean = Tensor::new(&[0f32, 4.0, -1.0], &Device::Cpu)?;
        approach(&mean, &Tensor::new(&[8f32, 4.0, 1.0], &Device::Cpu)?, 0.25)?;
        assert_eq!(mean.to_vec1::<f32>()?, [2.0, 4.0, -0.5]);
        assert!(approach(&mean, &Tensor::new(&[1f32], &Device::Cpu)?, 0.25).is_err());
        Ok(())
    }
}
