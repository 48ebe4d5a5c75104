//! A model with other latent units.

use std::collections::BTreeMap;

use candle_core::{Device, Tensor};
use model::card::Prior;
use model::config::MAX_LATENT;
use model::layers::{CODE, POSTERIOR};
use model::{Card, ModelConfig, Parameters, Weights};

use crate::report::counted;
use crate::train::with_units;

/// Units that can't be chosen.
#[derive(Debug, thiserror::Error)]
pub enum UnitsError {
    /// The model has no such unit.
    #[error("unit {unit} doesn't exist; the model has the units 0 to {last}")]
    Unknown {
        /// Number of the unit.
        unit: usize,
        /// Number of the model's last unit.
        last: usize,
    },
    /// A unit is named twice.
    #[error("unit {0} is named twice")]
    Twice(usize),
    /// A circle stands before another unit.
    #[error("unit {0} is a circle; name circles last")]
    Order(usize),
    /// The units compete.
    #[error(
        "its model.winners lets units compete, so other units change the code; choose units of a model without it"
    )]
    Winners,
    /// Too many or too few units.
    #[error("a model can't have {0} units; it can have 1 to {MAX_LATENT}")]
    Count(usize),
    /// Candle failed.
    #[error("the network could not be changed: {0}")]
    Tensor(#[from] candle_core::Error),
}

/// Keeps only the `units` of a model, in this order, after `new` units, which the encoder computes from random
/// weights and the decoder doesn't read yet. The decoder reads the mean over the data, from the card, of every unit
/// that is left out. The card's statistics are those of the kept units only; measure the model again.
///
/// # Errors
/// Fails if `units` don't exist, repeat, or have a circle before another unit, or if the model has `winners`.
pub fn choose(weights: Weights, new: usize, units: &[usize]) -> Result<Weights, UnitsError> {
    let model = &weights.card.model;
    let plain = model.plain_units();
    if model.winners.is_some() {
        return Err(UnitsError::Winners);
    }
    for (place, &unit) in units.iter().enumerate() {
        if unit >= model.latent {
            return Err(UnitsError::Unknown { unit, last: model.latent - 1 });
        }
        if units[..place].contains(&unit) {
            return Err(UnitsError::Twice(unit));
        }
        if unit >= plain && units[place..].iter().any(|&later| later < plain) {
            return Err(UnitsError::Order(unit));
        }
    }
    let count = new.saturating_add(units.len());
    if !(1..=MAX_LATENT).contains(&count) {
        return Err(UnitsError::Count(count));
    }
    let Weights { card, mut tensors } = weights;
    let kept: Vec<usize> = units.iter().flat_map(|&unit| channels(&card.model, unit)).collect();
    code(&mut tensors, &card, new, units, &kept)?;
    let width = card.model.width();
    let card = describe(card, new, units);
    posterior(&mut tensors, &card, new, &kept, width)?;
    Ok(Weights { card, tensors })
}

/// Channels of a unit.
fn channels(model: &ModelConfig, unit: usize) -> std::ops::Range<usize> {
    let plain = model.plain_units();
    let first = unit + unit.saturating_sub(plain);
    first..first + if unit < plain { 1 } else { 2 }
}

/// Changes the decoder's first layer: it reads the `kept` channels, and the mean of the units that are left out.
fn code(
    tensors: &mut BTreeMap<String, Tensor>,
    card: &Card,
    new: usize,
    units: &[usize],
    kept: &[usize],
) -> candle_core::Result<()> {
    let width = card.model.width();
    let plain = card.model.plain_units();
    let mut constant = vec![0f32; width];
    for (unit, statistics) in card.units.iter().enumerate().filter(|(unit, _)| !units.contains(unit)) {
        let mean = statistics.mean;
        let values = if unit < plain { vec![mean] } else { vec![mean.cos(), mean.sin()] };
        constant[channels(&card.model, unit)].copy_from_slice(&values);
    }
    change(tensors, CODE, |weight, bias| {
        let constant = Tensor::from_vec(constant, (width, 1), weight.device())?;
        let unread = Tensor::zeros((weight.dim(0)?, new), weight.dtype(), weight.device())?;
        let read = weight.index_select(&numbers(kept, weight)?, 1)?;
        let bias = (bias + weight.matmul(&constant)?.squeeze(1)?)?;
        Ok((Tensor::cat(&[unread, read], 1)?, bias))
    })
}

/// Changes the encoder's last layer: it computes the statistics of `new` channels with random weights, and those of
/// the `kept` of `width` old channels. `card` describes the new model.
fn posterior(
    tensors: &mut BTreeMap<String, Tensor>,
    card: &Card,
    new: usize,
    kept: &[usize],
    width: usize,
) -> candle_core::Result<()> {
    let blocks = card.model.posterior.statistics();
    let fresh = Parameters::initial(&card.model, card.training.seed, &Device::Cpu)?.tensors();
    change(tensors, POSTERIOR, |weight, bias| {
        let all = |old: &Tensor, kind: &str| {
            let first = &fresh[&format!("{POSTERIOR}.{kind}")];
            let mut rows = Vec::new();
            for block in 0..blocks {
                let places: Vec<usize> = kept.iter().map(|channel| block * width + channel).collect();
                rows.push(first.narrow(0, block * (new + kept.len()), new)?.to_device(old.device())?);
                rows.push(old.index_select(&numbers(&places, old)?, 0)?);
            }
            Tensor::cat(&rows, 0)
        };
        Ok((all(weight, "weight")?, all(bias, "bias")?))
    })
}

fn numbers(numbers: &[usize], beside: &Tensor) -> candle_core::Result<Tensor> {
    let numbers: Vec<u32> = numbers.iter().map(|&number| number as u32).collect();
    Tensor::new(numbers, beside.device())
}

/// Changes weight and bias of the layer `name`.
fn change(
    tensors: &mut BTreeMap<String, Tensor>,
    name: &str,
    to: impl FnOnce(&Tensor, &Tensor) -> candle_core::Result<(Tensor, Tensor)>,
) -> candle_core::Result<()> {
    let [weight, bias] = ["weight", "bias"].map(|kind| format!("{name}.{kind}"));
    let (Some(old), Some(shift)) = (tensors.get(&weight), tensors.get(&bias)) else {
        candle_core::bail!("the network has no layer {name}")
    };
    let (new, shift) = to(old, shift)?;
    tensors.extend([(weight, new), (bias, shift)]);
    Ok(())
}

fn describe(mut card: Card, new: usize, units: &[usize]) -> Card {
    let plain = card.model.plain_units();
    let count = new + units.len();
    card.model.latent = count;
    card.model.circles = units.iter().filter(|&&unit| unit >= plain).count();
    card.units = units.iter().map(|&unit| card.units[unit].clone()).collect();
    if let Prior::Relevance { variances, .. } = &mut card.objective.prior {
        let kept = units.iter().filter_map(|&unit| variances.get(unit).copied());
        *variances = std::iter::repeat_n(1.0, new).chain(kept).collect();
    }
    let added = if new == 0 { String::new() } else { format!("{} and ", counted(new as u64, "new unit")) };
    let noun = if units.len() == 1 { "unit" } else { "units" };
    let source = card.training.config.take();
    card.training.config = Some(with_units(source.as_deref(), &format!("{added}{noun} {}", listed(units))));
    card
}

/// Lists numbers, such as `4, 0 to 2`.
fn listed(units: &[usize]) -> String {
    let mut runs: Vec<(usize, usize)> = Vec::new();
    for &unit in units {
        match runs.last_mut() {
            Some((_, last)) if *last + 1 == unit => *last = unit,
            _ => runs.push((unit, unit)),
        }
    }
    let run = |&(first, last): &(usize, usize)| {
        if first == last { first.to_string() } else { format!("{first} to {last}") }
    };
    runs.iter().map(run).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use model::card::{FORMAT, Histogram, Objective, Training, Unit};
    use model::{ImageShape, Vae};

    use super::*;

    /// Two units and two circles, whose means are 0.1, 0.2, 0.3 and 0.4.
    fn weights() -> Weights {
        let model = ModelConfig {
            image: ImageShape { height: 8, width: 8, channels: 1 },
            latent: 4,
            circles: 2,
            channels: vec![2, 2],
            hidden: 4,
            ..ModelConfig::default()
        };
        let unit = |mean: f32| Unit {
            kl: 1.0,
            mean,
            std: 0.9,
            posterior_std: 0.3,
            mean_histogram: Histogram::default(),
            std_histogram: Histogram::default(),
            range: [-2.0, 2.0],
            factor: None,
        };
        let tensors = Parameters::initial(&model, 1, &Device::Cpu).expect("parameters").tensors();
        let card = Card {
            format: FORMAT,
            minor: 0,
            name: "tiny".into(),
            model,
            objective: Objective::named("vae"),
            training: Training::default(),
            origin: None,
            units: [0.1, 0.2, 0.3, 0.4].map(unit).into(),
            scores: Vec::new(),
            attributes: Vec::new(),
            history: Vec::new(),
            checksum: None,
        };
        Weights { card, tensors }
    }

    fn vae(Weights { card, tensors }: &Weights) -> Vae {
        let parameters = Parameters::from_tensors(tensors).expect("parameters");
        Vae::load(&card.model, &parameters.builder(&Device::Cpu)).expect("a network")
    }

    /// The largest difference between images that two models decode from a code each.
    fn difference(one: (&Vae, &[f32]), other: (&Vae, &[f32])) -> candle_core::Result<f32> {
        let images =
            |(vae, code): (&Vae, &[f32])| vae.decode(&Tensor::new(code, &Device::Cpu)?.unsqueeze(0)?);
        (images(one)? - images(other)?)?.abs()?.max_all()?.to_scalar()
    }

    #[test]
    fn units_that_are_left_out_keep_their_means() -> Result<(), Box<dyn std::error::Error>> {
        let fewer = choose(weights(), 0, &[1, 3])?;
        assert_eq!((fewer.card.model.latent, fewer.card.model.circles), (2, 1));
        assert_eq!(fewer.card.training.config.as_deref(), Some("a configuration, with units 1, 3"));
        let (before, after) = (vae(&weights()), vae(&fewer));
        let worst = difference((&before, &[0.1, -1.5, 0.3, 2.0]), (&after, &[-1.5, 2.0]))?;
        assert!(worst < 1e-5, "{worst}");

        let images = (Tensor::arange(0f32, 64.0, &Device::Cpu)?.reshape((1, 8, 8, 1))? / 64.0)?;
        let codes = |vae: &Vae| vae.encode(&images)?.posterior.mean.to_vec2::<f32>();
        let (old, new) = (codes(&before)?, codes(&after)?);
        assert_eq!((old[0][1], &old[0][4..]), (new[0][0], &new[0][1..]), "channels of units 1 and 3");
        Ok(())
    }

    #[test]
    fn new_units_change_no_image() -> Result<(), Box<dyn std::error::Error>> {
        let more = choose(weights(), 3, &[0, 1, 2, 3])?;
        assert_eq!((more.card.model.latent, more.card.model.circles), (7, 2));
        let code = [5.0, -4.0, 3.0, 0.5, -1.5, 0.3, 2.0];
        assert_eq!(
            more.card.training.config.as_deref(),
            Some("a configuration, with 3 new units and units 0 to 3")
        );
        let worst = difference((&vae(&weights()), &code[3..]), (&vae(&more), &code))?;
        assert!(worst < 1e-5, "{worst}");
        Ok(())
    }

    #[test]
    fn units_that_cannot_be_chosen_are_named() {
        let problem = |new, units: &[usize]| choose(weights(), new, units).expect_err("chosen").to_string();
        assert_eq!(problem(0, &[0, 4]), "unit 4 doesn't exist; the model has the units 0 to 3");
        assert_eq!(problem(0, &[1, 1]), "unit 1 is named twice");
        assert_eq!(problem(0, &[2, 0]), "unit 2 is a circle; name circles last");
        let mut compete = weights();
        compete.card.model.winners = Some(2);
        assert!(matches!(choose(compete, 1, &[0, 1]), Err(UnitsError::Winners)));
        assert_eq!(problem(0, &[]), "a model can't have 0 units; it can have 1 to 256");
        assert_eq!(
            problem(usize::MAX, &[0]),
            format!("a model can't have {} units; it can have 1 to 256", usize::MAX)
        );
    }
}
