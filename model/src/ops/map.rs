//! Elementwise operations of the posterior. Each is a single operation, because candle's own would add
//! their code for all types to the page.

use candle_core::{CpuStorage, CustomOp1, CustomOp2, Layout, Result, Shape, Tensor};

use super::storage::{on_cpu, training_only, values, with_values};

/// Smallest and largest log σ² of a posterior: σ from 4.5e-5 to 22. Healthy runs never reach these bounds, and
/// within them exp never overflows.
pub const LOG_VAR_RANGE: (f64, f64) = (-20.0, 6.2);

/// Clamps `log_var` to [`LOG_VAR_RANGE`]; the gradient is 0 outside.
pub(crate) fn bounded(log_var: &Tensor) -> Result<Tensor> {
    let (low, high) = LOG_VAR_RANGE;
    if !on_cpu(log_var) {
        return log_var.clamp(low, high);
    }
    const LOW: f32 = LOG_VAR_RANGE.0 as f32;
    const HIGH: f32 = LOG_VAR_RANGE.1 as f32;
    let slope = |v: f32| f32::from(u8::from((LOW..=HIGH).contains(&v)));
    log_var.contiguous()?.apply_op1(Map { name: "bounded", value: |v| v.clamp(LOW, HIGH), slope })
}

/// exp(−ReLU(−h)): in (0, 1], and constant 1 for h ≥ 0.
pub(crate) fn awake(h: &Tensor) -> Result<Tensor> {
    if !on_cpu(h) {
        return h.neg()?.relu()?.neg()?.exp();
    }
    let slope = |v: f32| if v < 0.0 { v.exp() } else { 0.0 };
    h.contiguous()?.apply_op1(Map { name: "awake", value: |v| v.min(0.0).exp(), slope })
}

/// a·b, elementwise.
pub(crate) fn product(a: &Tensor, b: &Tensor) -> Result<Tensor> {
    if !on_cpu(a) {
        return a * b;
    }
    a.contiguous()?.apply_op2(&b.contiguous()?, Product)
}

/// An elementwise function with its derivative.
struct Map {
    name: &'static str,
    value: fn(f32) -> f32,
    slope: fn(f32) -> f32,
}

impl CustomOp1 for Map {
    fn name(&self) -> &'static str {
        self.name
    }

    fn cpu_fwd(&self, storage: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let result = values(storage, layout)?.iter().map(|&v| (self.value)(v)).collect();
        Ok((CpuStorage::F32(result), layout.shape().clone()))
    }

    fn bwd(&self, input: &Tensor, _output: &Tensor, gradient: &Tensor) -> Result<Option<Tensor>> {
        training_only()?;
        let gradient = gradient.contiguous()?;
        let result: Vec<f32> = with_values([input, &gradient], |[input, gradient]| {
            Ok(input.iter().zip(gradient).map(|(&v, g)| (self.slope)(v) * g).collect())
        })?;
        Tensor::from_vec(result, input.shape(), input.device()).map(Some)
    }
}

struct Product;

impl CustomOp2 for Product {
    fn name(&self) -> &'static str {
        "product"
    }

    fn cpu_fwd(
        &self,
        a: &CpuStorage,
        a_layout: &Layout,
        b: &CpuStorage,
        b_layout: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        if a_layout.shape() != b_layout.shape() {
            candle_core::bail!("a product of {:?} and {:?}", a_layout.shape(), b_layout.shape())
        }
        let (a, b) = (values(a, a_layout)?, values(b, b_layout)?);
        let result = a.iter().zip(b).map(|(a, b)| a * b).collect();
        Ok((CpuStorage::F32(result), a_layout.shape().clone()))
    }

    fn bwd(
        &self,
        a: &Tensor,
        b: &Tensor,
        _output: &Tensor,
        gradient: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>)> {
        training_only()?;
        Ok((Some((gradient * b)?), Some((gradient * a)?)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use candle_core::{Device, Var};

    /// Value and gradient of Σ exp(result), whose derivative differs at every value.
    fn run(input: &Var, result: Tensor) -> Result<[Vec<Vec<f32>>; 2]> {
        let gradients = result.exp()?.sum_all()?.backward()?;
        let gradient = gradients.get(input).map_or_else(|| input.zeros_like(), |g| Ok(g.clone()))?;
        Ok([result.to_vec2()?, gradient.to_vec2()?])
    }

    #[test]
    fn the_bounds_and_their_gradient_are_those_of_candles_clamp() -> Result<()> {
        let log_var = Var::new(&[[-30f32, -19.0, -1.5, 0.0, 6.0, 7.0]], &Device::Cpu)?;
        let (low, high) = LOG_VAR_RANGE;
        assert_eq!(run(&log_var, bounded(&log_var)?)?, run(&log_var, log_var.clamp(low, high)?)?);
        Ok(())
    }

    #[test]
    fn activity_and_its_gradient_equal_those_of_candles_operations() -> Result<()> {
        let h = Var::new(&[[-30f32, -2.0, -0.5, 0.5, 9.0]], &Device::Cpu)?;
        let expected = run(&h, h.neg()?.relu()?.neg()?.exp()?)?;
        assert_eq!(run(&h, awake(&h)?)?, expected);
        Ok(())
    }

    #[test]
    fn a_product_is_candles() -> Result<()> {
        let a = Var::new(&[[1f32, -2.0, 0.5]], &Device::Cpu)?;
        let b = Var::new(&[[3f32, 0.25, -1.0]], &Device::Cpu)?;
        for input in [&a, &b] {
            assert_eq!(run(input, product(&a, &b)?)?, run(input, (a.as_tensor() * b.as_tensor())?)?);
        }
        assert!(product(&a, &b.narrow(1, 0, 2)?).is_err());
        Ok(())
    }
}
