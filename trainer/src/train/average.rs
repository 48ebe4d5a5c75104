//! Exponential moving average of the weights, ā ← d·ā + (1 − d)·w after each step. The average is
//! evaluated and exported, because it is free of the noise of single batches (Tarvainen & Valpola 2017,
//! "Mean teachers are better role models", section 3). The decay at step t is
//! d = min(`train.average`, (1 + t)/(10 + t)), as in TensorFlow's `ExponentialMovingAverage`, so that the
//! initial weights are forgotten early.

use std::collections::BTreeMap;

use candle_core::{Result, Tensor};
use model::Parameters;
use model::ops::approach;

/// Average of each parameter, by name.
pub(super) struct Average {
    decay: f64,
    means: BTreeMap<String, Tensor>,
}

impl Average {
    /// Continues from `means`, or from the parameters if there are no means. Returns `None` if `means`
    /// belong to other parameters.
    pub(super) fn new(
        decay: f64,
        means: BTreeMap<String, Tensor>,
        parameters: &Parameters,
    ) -> Result<Option<Self>> {
        if means.is_empty() {
            let copies =
                parameters.iter().map(|(name, v)| Ok((name.to_owned(), v.as_detached_tensor().copy()?)));
            return Ok(Some(Self { decay, means: copies.collect::<Result<_>>()? }));
        }
        let fits = means.len() == parameters.iter().count()
            && parameters.iter().all(|(name, v)| means.get(name).is_some_and(|m| m.dims() == v.dims()));
        Ok(fits.then_some(Self { decay, means }))
    }

    /// Updates the average after `step`, which counts from 1.
    pub(super) fn update(&mut self, parameters: &Parameters, step: u64) -> Result<()> {
        let step = step as f64;
        let share = 1.0 - self.decay.min((1.0 + step) / (10.0 + step));
        for (name, variable) in parameters.iter() {
            let Some(mean) = self.means.get_mut(name) else { continue };
            let value = variable.as_detached_tensor();
            if mean.device().is_cpu() {
                approach(mean, &value, share)?;
            } else {
                *mean = (&*mean + ((value - &*mean)? * share)?)?;
            }
        }
        Ok(())
    }

    /// Returns copies of the averages, by name.
    pub(super) fn tensors(&self) -> Result<BTreeMap<String, Tensor>> {
        self.means.iter().map(|(name, mean)| Ok((name.clone(), mean.copy()?))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use candle_core::Device;

    #[test]
    fn the_average_forgets_its_start_and_then_follows_slowly() -> Result<()> {
        let tensor = |value: f32| Tensor::new(&[value], &Device::Cpu);
        let start = BTreeMap::from([("a".to_owned(), tensor(100.0)?)]);
        let parameters = Parameters::from_tensors(&start)?;
        let Some(mut average) = Average::new(0.9, BTreeMap::new(), &parameters)? else {
            candle_core::bail!("parameters don't fit themselves")
        };
        let variable = parameters.get("a").cloned();
        let mut expected = 100.0;
        for step in 1..=200u64 {
            let value = (step as f32).sin();
            variable.iter().try_for_each(|v| v.set(&tensor(value)?))?;
            average.update(&parameters, step)?;
            let decay = f64::min(0.9, (1.0 + step as f64) / (10.0 + step as f64));
            expected = decay * expected + (1.0 - decay) * f64::from(value);
            let got = average.tensors()?["a"].to_vec1::<f32>()?[0];
            assert!((f64::from(got) - expected).abs() < 1e-4, "{got} is not {expected} at {step}");
            assert!(step < 50 || got.abs() < 1.0, "{got} at {step}");
        }
        // A mean that tracked its operations would keep the tensors of all steps alive.
        assert!(average.means.values().all(|mean| !mean.track_op()));
        let others = BTreeMap::from([("b".to_owned(), tensor(0.0)?)]);
        assert!(Average::new(0.9, others, &parameters)?.is_none());
        Ok(())
    }
}
