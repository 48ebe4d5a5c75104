//! A prior N(0, v_d) with a learnt variance for each unit, which turns units off. It follows automatic
//! relevance determination (MacKay 1994; Neal 1996) and the Bayes-Factor-VAE (Kim et al. 2019).
//!
//! The KL alone doesn't determine v_d: scaling a unit up and the decoder's weights for it down changes nothing.
//! The penalty η·Σ_d (√v_d + ½‖w_d‖²), where w_d are the decoder's weights for unit d, puts a cost on both.
//! Its minimum over all scalings is 3/2·η·(√v_d·‖w_d‖)^⅔, a concave penalty on the effect of the unit, which
//! takes small effects to zero.

use candle_core::{DType, Device, Result, Tensor};
use model::card::Prior;
use model::config::PosteriorKind;
use model::layers::{CODE, POSTERIOR, bias, weight};
use model::ops::to_vec;
use model::{ModelConfig, Parameters, Posterior};
use rand::RngCore;
use serde::{Deserialize, Serialize};

use crate::check::{Checked, invalid, not_negative};
use crate::term::{CardEntry, Decoded, Encoded, Tensors, Term};

/// Returns the exported tensors, in which each unit is measured in √v. Its prior is then N(0, 1), and pictures
/// stay the same. The last units are `circles`; their prior is uniform for any v, and they stay unchanged.
fn applied(mut tensors: Tensors, circles: usize) -> Result<Tensors> {
    let Some(log_var) = tensors.remove(LOG_VAR) else { return Ok(tensors) };
    let units = log_var.dim(0)?;
    let log_var = if circles == 0 {
        log_var
    } else {
        let plain = units - 2 * circles;
        Tensor::cat(&[log_var.narrow(0, 0, plain)?, log_var.narrow(0, plain, 2 * circles)?.zeros_like()?], 0)?
    };
    let std = (&log_var * 0.5)?.exp()?;
    if let Some(columns) = tensors.get_mut(&weight(CODE)) {
        *columns = columns.broadcast_mul(&std)?;
    }
    let measured = |statistics: &Tensor, shift: bool| -> Result<Tensor> {
        let [mean, spread] = [0, units].map(|from| statistics.narrow(0, from, units));
        let mean =
            if statistics.rank() == 1 { mean? / &std } else { mean?.broadcast_div(&std.unsqueeze(1)?) };
        let spread = if shift { spread? - &log_var } else { spread };
        Tensor::cat(&[mean?, spread?], 0)
    };
    for (name, shift) in [(weight(POSTERIOR), false), (bias(POSTERIOR), true)] {
        if let Some(statistics) = tensors.get_mut(&name) {
            *statistics = measured(statistics, shift)?;
        }
    }
    Ok(tensors)
}

/// Name of log v, `[D]`.
const LOG_VAR: &str = "prior.log_var";

/// N(0, v) with a learnt v for each unit.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Relevance {
    /// Weight η of the penalty on active units.
    pub strength: f64,
}

impl Default for Relevance {
    fn default() -> Self {
        Self { strength: 0.5 }
    }
}

impl Term for Relevance {
    fn card(&self) -> Option<CardEntry> {
        None
    }

    fn prior(&self, trained: &Tensors, model: &ModelConfig) -> Result<Option<Prior>> {
        let variances = match trained.get(LOG_VAR) {
            Some(log_var) => to_vec(&log_var.narrow(0, 0, model.plain_units())?.exp()?)?,
            None => Vec::new(),
        };
        Ok(Some(Prior::Relevance { strength: self.strength, variances }))
    }

    fn validate(&self, model: &ModelConfig) -> Checked {
        if model.posterior != PosteriorKind::Gaussian {
            return invalid("kind", "needs model.posterior = \"gaussian\"");
        }
        not_negative("strength", self.strength)
    }

    fn parameters(&self, model: &ModelConfig, device: &Device) -> Result<Tensors> {
        Ok(Tensors::from([(LOG_VAR.to_owned(), Tensor::zeros(model.width(), DType::F32, device)?)]))
    }

    fn kl(&self, encoded: &Encoded) -> Result<Option<Tensor>> {
        kl(&encoded.encoding.posterior, find(encoded.parameters, LOG_VAR)?).map(Some)
    }

    fn penalty(
        &self,
        encoded: &Encoded,
        _decoded: &Decoded,
        _noise: &mut dyn RngCore,
    ) -> Result<Option<Tensor>> {
        self.price(encoded.parameters).map(Some)
    }

    fn exported(&self, tensors: Tensors, model: &ModelConfig, _step: u64) -> Result<Tensors> {
        applied(tensors, model.circles)
    }
}

impl Relevance {
    /// η·Σ_d (√v_d + ½‖w_d‖²), a scalar.
    fn price(self, parameters: &Parameters) -> Result<Tensor> {
        let (log_var, columns) = (find(parameters, LOG_VAR)?, find(parameters, &weight(CODE))?);
        let effect = ((log_var * 0.5)?.exp()?.sum_all()? + (columns.sqr()?.sum_all()? * 0.5)?)?;
        effect * self.strength
    }
}

fn find<'a>(parameters: &'a Parameters, name: &str) -> Result<&'a Tensor> {
    match parameters.get(name) {
        Some(variable) => Ok(variable.as_tensor()),
        None => candle_core::bail!("the relevance prior finds no {name}"),
    }
}

/// KL(N(μ, σ²) ‖ N(0, v)) per image and unit: ½((μ² + σ²)/v − log(σ²/v) − 1).
fn kl(posterior: &Posterior, log_var: &Tensor) -> Result<Tensor> {
    let moments = (posterior.mean.sqr()? + posterior.log_var.exp()?)?;
    let scaled = moments.broadcast_mul(&log_var.neg()?.exp()?)?;
    ((scaled - posterior.log_var.broadcast_sub(log_var)?)? - 1.0)? * 0.5
}

#[cfg(test)]
mod tests {
    use super::*;
    use candle_core::Device;
    use model::Vae;

    #[test]
    fn circles_are_exported_as_they_are() -> Result<()> {
        let device = Device::Cpu;
        let config =
            ModelConfig { latent: 3, circles: 1, channels: vec![4; 4], hidden: 8, ..ModelConfig::default() };
        let mut tensors = Parameters::initial(&config, 3, &device)?.tensors();
        tensors.insert(LOG_VAR.to_owned(), Tensor::new(&[-5f32, 0.7, -2.0, 1.0], &device)?);
        let images = Tensor::rand(0f32, 1.0, (3, 64, 64, 1), &device)?;
        let reconstructed = |tensors: &Tensors| -> Result<Vec<f32>> {
            let vae = Vae::load(&config, &Parameters::view(tensors, &device))?;
            let mean = vae.encode(&images)?.posterior.units(&config)?.mean;
            to_vec(&vae.decode_mean(&mean)?)
        };
        let prior = Relevance::default();
        let Some(Prior::Relevance { variances, .. }) = prior.prior(&tensors, &config)? else {
            panic!("none")
        };
        assert!(variances.len() == 2 && (variances[1] - 0.7f32.exp()).abs() < 1e-6, "{variances:?}");
        let before = reconstructed(&tensors)?;
        let after = reconstructed(&prior.exported(tensors, &config, 1)?)?;
        assert!(before.iter().zip(&after).all(|(a, b)| (a - b).abs() < 1e-5));
        Ok(())
    }

    #[test]
    fn the_exported_network_draws_the_same_under_a_standard_normal_prior() -> Result<()> {
        let device = Device::Cpu;
        let config = ModelConfig { latent: 2, channels: vec![4; 4], hidden: 8, ..ModelConfig::default() };
        let mut tensors = Parameters::initial(&config, 3, &device)?.tensors();
        let log_var = Tensor::new(&[-5f32, 0.7], &device)?;
        tensors.insert(LOG_VAR.to_owned(), log_var.clone());
        let images = Tensor::rand(0f32, 1.0, (3, 64, 64, 1), &device)?;
        let run = |tensors: &Tensors| -> Result<_> {
            let vae = Vae::load(&config, &Parameters::view(tensors, &device))?;
            let posterior = vae.encode(&images)?.posterior;
            let picture = vae.decode_mean(&posterior.mean)?.flatten_all()?.to_vec1::<f32>()?;
            Ok((posterior, picture))
        };
        let (before, shown) = run(&tensors)?;
        let exported = applied(tensors, 0)?;
        assert!(!exported.contains_key(LOG_VAR));
        let (after, again) = run(&exported)?;
        assert!(shown.iter().zip(&again).all(|(a, b)| (a - b).abs() < 1e-5));
        let flat = |tensor: Tensor| tensor.flatten_all()?.to_vec1::<f32>();
        let [learnt, standard] = [flat(kl(&before, &log_var)?)?, flat(after.kl_standard_normal()?)?];
        assert!(learnt.iter().zip(&standard).all(|(a, b)| (a - b).abs() < 1e-4), "{learnt:?} {standard:?}");
        Ok(())
    }

    #[test]
    fn cost_matches_a_hand_computed_one() -> Result<()> {
        let device = Device::Cpu;
        let posterior =
            Posterior::gaussian(Tensor::new(&[[2f32, 0.0]], &device)?, Tensor::new(&[[0f32, 0.0]], &device)?);
        let parameters = Parameters::from_tensors(&Tensors::from([
            (LOG_VAR.to_owned(), Tensor::new(&[4f32.ln(), 0.0], &device)?),
            (weight(CODE), Tensor::new(&[[1f32, 0.0], [2.0, 1.0]], &device)?),
        ]))?;
        // ½(5/4 + ln 4 − 1) = 0.818147; ½·(2 + 1 + ½·6)
        let kl = kl(&posterior, find(&parameters, LOG_VAR)?)?.to_vec2::<f32>()?;
        assert!((kl[0][0] - 0.818_147).abs() < 1e-5 && kl[0][1].abs() < 1e-6, "{kl:?}");
        let price = Relevance { strength: 0.5 }.price(&parameters)?.to_scalar::<f32>()?;
        assert!((price - 3.0).abs() < 1e-5, "{price}");
        Ok(())
    }
}
