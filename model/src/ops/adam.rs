//! The Adam update (Kingma & Ba 2015, "Adam: a method for stochastic optimization", algorithm 1).

use candle_core::{CpuStorage, DType, InplaceOp2, Layout, Result, Tensor, Var};

use super::batch::{VALUES, each_part};
use super::elementary;
use super::storage::values;

/// Hyperparameters of Adam.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Adam {
    /// Decay rate of the first moment, β₁.
    pub beta1: f64,
    /// Decay rate of the second moment, β₂.
    pub beta2: f64,
    /// Added to the denominator, ε.
    pub epsilon: f64,
}

impl Default for Adam {
    fn default() -> Self {
        Self { beta1: 0.9, beta2: 0.999, epsilon: 1e-8 }
    }
}

impl Adam {
    /// Returns moments of zeros for `variable`: `[2, …]`, the first and the second moment.
    ///
    /// # Errors
    /// Fails if the device can't allocate them.
    pub fn moments(variable: &Var) -> Result<Tensor> {
        let shape: Vec<usize> = std::iter::once(2).chain(variable.dims().iter().copied()).collect();
        Tensor::zeros(shape, DType::F32, variable.device())
    }

    /// Updates `variable` and its `moments` (`[2, …]`) with `gradient` at the learning rate `rate`.
    /// `step` counts from 1. Runs on the CPU; [`FlatAdam`](super::FlatAdam) runs on every device.
    ///
    /// # Errors
    /// Fails if shapes differ or a tensor is not on the CPU.
    pub fn update(
        &self,
        rate: f64,
        step: u64,
        variable: &Var,
        gradient: &Tensor,
        moments: &Tensor,
    ) -> Result<()> {
        let fits = moments.dim(0)? == 2 && &moments.dims()[1..] == variable.dims();
        if gradient.shape() != variable.shape() || !fits {
            candle_core::bail!(
                "Adam: gradient {:?} and moments {:?} don't fit a variable of {:?}",
                gradient.shape(),
                moments.shape(),
                variable.shape()
            )
        }
        let power = step.min(i32::MAX as u64) as i32;
        let descend = Descend {
            rate: (rate / (1.0 - self.beta1.powi(power))) as f32,
            root: (1.0 / (1.0 - self.beta2.powi(power)).sqrt()) as f32,
            epsilon: self.epsilon as f32,
        };
        let decay = Decay(self.beta1, self.beta2);
        moments.inplace_op2(&gradient.contiguous()?, &decay)?;
        variable.as_tensor().inplace_op2(moments, &descend)
    }
}

struct Decay(f64, f64);

struct Descend {
    rate: f32,
    root: f32,
    epsilon: f32,
}

/// Values of a tensor that is changed in place.
pub(super) fn changed<'a>(storage: &'a mut CpuStorage, layout: &Layout) -> Result<&'a mut [f32]> {
    let (CpuStorage::F32(all), Some((start, end))) = (storage, layout.contiguous_offsets()) else {
        candle_core::bail!("an update in place needs contiguous f32 tensors")
    };
    Ok(&mut all[start..end])
}

impl InplaceOp2 for Decay {
    fn name(&self) -> &'static str {
        "adam-moments"
    }

    fn cpu_fwd(
        &self,
        moments: &mut CpuStorage,
        l1: &Layout,
        gradient: &CpuStorage,
        l2: &Layout,
    ) -> Result<()> {
        let moments = changed(moments, l1)?;
        let (m, v) = moments.split_at_mut(moments.len() / 2);
        let gradient = values(gradient, l2)?;
        each_part(gradient.len(), VALUES, [(m, 1), (v, 1)], |range, [m, v]| {
            elementary::decay_moments(self.0, self.1, &gradient[range], m, v);
        });
        Ok(())
    }
}

impl InplaceOp2 for Descend {
    fn name(&self) -> &'static str {
        "adam-descent"
    }

    fn cpu_fwd(
        &self,
        variable: &mut CpuStorage,
        l1: &Layout,
        moments: &CpuStorage,
        l2: &Layout,
    ) -> Result<()> {
        let moments = values(moments, l2)?;
        let (m, v) = moments.split_at(moments.len() / 2);
        let variable = changed(variable, l1)?;
        each_part(m.len(), VALUES, [(variable, 1)], |range, [variable]| {
            let (m, v) = (&m[range.clone()], &v[range]);
            elementary::descend(self.rate, self.root, self.epsilon, m, v, variable);
        });
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use candle_core::Device;

    #[test]
    fn two_steps_match_the_algorithm_by_hand() -> Result<()> {
        let (adam, rate) = (Adam::default(), 0.1);
        let variable = Var::from_slice(&[1f32, -2.0, 3.0], 3, &Device::Cpu)?;
        let moments = Adam::moments(&variable)?;
        let mut expected = [1f64, -2.0, 3.0];
        let (mut m, mut v) = ([0f64; 3], [0f64; 3]);
        for (step, gradient) in [(1, [0.5f32, -1.0, 0.0]), (2, [1.5, 2.0, 1e-3])] {
            let tensor = Tensor::new(&gradient, &Device::Cpu)?;
            adam.update(rate, step, &variable, &tensor, &moments)?;
            for i in 0..3 {
                let g = f64::from(gradient[i]);
                m[i] = 0.9 * m[i] + 0.1 * g;
                v[i] = 0.999 * v[i] + 0.001 * g * g;
                let unbiased =
                    (m[i] / (1.0 - 0.9f64.powi(step as i32)), v[i] / (1.0 - 0.999f64.powi(step as i32)));
                expected[i] -= rate * unbiased.0 / (unbiased.1.sqrt() + 1e-8);
            }
        }
        for (got, expected) in variable.to_vec1::<f32>()?.iter().zip(expected) {
            assert!((f64::from(*got) - expected).abs() < 1e-6, "{got} is not {expected}");
        }
        Ok(())
    }
}
