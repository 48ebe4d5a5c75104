//! Adam over all parameters at once, for GPUs.
//!
//! On a GPU, launching kernels dominates the update of a small tensor. Here all parameters form one
//! vector θ, so a step's dozen operations run once instead of once per parameter.

use candle_core::{Result, Tensor, Var};

use super::Adam;

/// All variables as one vector, with the moments of Adam.
#[derive(Clone, Debug)]
pub struct FlatAdam {
    adam: Adam,
    variables: Vec<Var>,
    /// θ, the first moment and the second moment, `[P]` each.
    theta: Tensor,
    first: Tensor,
    second: Tensor,
}

impl FlatAdam {
    /// Creates the optimizer from `moments`, `[2, …]` per variable (see [`Adam::moments`]).
    ///
    /// # Errors
    /// Fails if there are no variables, or if shapes or devices differ.
    pub fn new(adam: Adam, variables: Vec<Var>, moments: &[Tensor]) -> Result<Self> {
        let theta = flat(variables.iter().map(|v| Ok(v.as_detached_tensor())))?;
        let first = flat(moments.iter().map(|m| m.get(0)))?;
        let second = flat(moments.iter().map(|m| m.get(1)))?;
        if first.dims() != theta.dims() || second.dims() != theta.dims() {
            candle_core::bail!("Adam: moments of {:?} don't fit {:?} parameters", first.dims(), theta.dims())
        }
        Ok(Self { adam, variables, theta, first, second })
    }

    /// Reads the variables again, after something other than [`update`](Self::update) changed them.
    ///
    /// # Errors
    /// Returns the errors of candle.
    pub fn reread(&mut self) -> Result<()> {
        self.theta = flat(self.variables.iter().map(|v| Ok(v.as_detached_tensor())))?;
        Ok(())
    }

    /// Updates each variable with its gradient at the learning rate `rate`. `step` counts from 1.
    ///
    /// # Errors
    /// Fails if shapes or devices differ.
    pub fn update(&mut self, rate: f64, step: u64, gradients: &[Tensor]) -> Result<()> {
        let Adam { beta1, beta2, epsilon } = self.adam;
        let gradient = flat(gradients.iter().map(|g| Ok(g.clone())))?;
        let power = step.min(i32::MAX as u64) as i32;
        let rate = rate / (1.0 - beta1.powi(power));
        let root = 1.0 / (1.0 - beta2.powi(power)).sqrt();
        self.first = ((&self.first * beta1)? + (&gradient * (1.0 - beta1))?)?;
        self.second = ((&self.second * beta2)? + (gradient.sqr()? * (1.0 - beta2))?)?;
        let denominator = self.second.sqrt()?.affine(root, epsilon)?;
        self.theta = (&self.theta - ((&self.first * rate)? / denominator)?)?;
        let mut start = 0;
        for variable in &self.variables {
            let length = variable.elem_count();
            variable.set(&self.theta.narrow(0, start, length)?.reshape(variable.shape())?)?;
            start += length;
        }
        Ok(())
    }

    /// Returns the moments, `[2, …]` per variable.
    ///
    /// # Errors
    /// Returns the errors of candle.
    pub fn moments(&self) -> Result<Vec<Tensor>> {
        let mut start = 0;
        let part = |variable: &Var| {
            let length = variable.elem_count();
            let part = |m: &Tensor| m.narrow(0, start, length)?.reshape(variable.shape());
            let pair = Tensor::stack(&[part(&self.first)?, part(&self.second)?], 0);
            start += length;
            pair
        };
        self.variables.iter().map(part).collect()
    }
}

fn flat(tensors: impl Iterator<Item = Result<Tensor>>) -> Result<Tensor> {
    let parts = tensors.map(|t| t?.flatten_all()).collect::<Result<Vec<_>>>()?;
    Tensor::cat(&parts, 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use candle_core::Device;

    fn variables() -> Result<Vec<Var>> {
        let matrix = Var::new(&[[1f32, -2.0], [0.5, 3.0]], &Device::Cpu)?;
        Ok(vec![matrix, Var::new(&[0.1f32, -0.2, 7.0], &Device::Cpu)?])
    }

    fn values(tensors: &[Tensor]) -> Result<Vec<f32>> {
        flat(tensors.iter().map(|t| Ok(t.clone())))?.to_vec1()
    }

    #[test]
    fn a_variable_that_was_changed_meanwhile_continues_from_there() -> Result<()> {
        let variables = variables()?;
        let moments = variables.iter().map(Adam::moments).collect::<Result<Vec<_>>>()?;
        let mut flat = FlatAdam::new(Adam::default(), variables.clone(), &moments)?;
        let still = variables.iter().map(|v| v.zeros_like()).collect::<Result<Vec<_>>>()?;
        variables[1].set(&Tensor::new(&[0f32, 0.0, 6.0], &Device::Cpu)?)?;
        flat.reread()?;
        flat.update(0.1, 1, &still)?;
        assert_eq!(variables[1].to_vec1::<f32>()?, [0.0, 0.0, 6.0]);
        Ok(())
    }

    #[test]
    fn all_at_once_is_each_by_itself() -> Result<()> {
        let adam = Adam::default();
        let (each, together) = (variables()?, variables()?);
        let moments = each.iter().map(Adam::moments).collect::<Result<Vec<_>>>()?;
        let mut flat = FlatAdam::new(adam, together.clone(), &moments)?;
        for step in 1..=3 {
            // Halfway, continue from the moments that it returns.
            if step == 3 {
                flat = FlatAdam::new(adam, together.clone(), &flat.moments()?)?;
            }
            let gradients: Vec<Tensor> =
                each.iter().map(|v| (v.as_tensor() * (step as f64 - 1.7))?.sin()).collect::<Result<_>>()?;
            for ((variable, gradient), moments) in each.iter().zip(&gradients).zip(&moments) {
                adam.update(0.1, step, variable, gradient, moments)?;
            }
            flat.update(0.1, step, &gradients)?;
        }
        let tensors = |variables: &[Var]| variables.iter().map(|v| v.as_tensor().clone()).collect::<Vec<_>>();
        let pairs = [(tensors(&each), tensors(&together)), (moments, flat.moments()?)];
        for (expected, got) in pairs {
            for (expected, got) in values(&expected)?.into_iter().zip(values(&got)?) {
                assert!((expected - got).abs() < 1e-5, "{got} is not {expected}");
            }
        }
        Ok(())
    }
}
