//! The forward pass of a step: one call of the encoder and one of the decoder for all terms.

use std::ops::Range;

use candle_core::{Result, Tensor};
use model::network::Encoding;
use model::posterior::{Family, SHARPNESS};
use model::{Parameters, Posterior, Vae};
use rand::RngCore;

use crate::list::{Layout, Loss, Placed, rows};
use crate::term::{Decoded, Encoded, EncodedExtra, Extra};

/// Inputs of a step.
#[derive(Clone, Copy, Debug)]
pub struct Batch<'a> {
    /// Images, `[N + M, H, W, C]` in `[0, 1]`: the batch, then those of terms.
    pub images: &'a Tensor,
    /// Which images belong to the batch, and which to terms.
    pub layout: &'a Layout,
    /// Noise for the N codes, from [`model::config::PosteriorKind::noise`].
    pub noise: &'a Tensor,
    /// Step, counted from 1.
    pub step: u64,
    /// Number of images in the data set.
    pub images_in_all: u64,
}

/// The loss and its parts: scalars, means over the batch in nats per image.
#[derive(Clone, Debug)]
pub struct Costs {
    /// The total, which is minimised.
    pub loss: Tensor,
    /// −log p(x|z).
    pub reconstruction: Tensor,
    /// KL(q(z|x) ‖ p(z)), unweighted.
    pub kl: Tensor,
    /// Sum of all weighted penalties, if there are any.
    pub penalty: Option<Tensor>,
}

/// Result of a forward pass.
#[derive(Clone, Debug)]
pub struct Pass {
    /// The loss.
    pub costs: Costs,
    /// Sampled codes, `[N, D]`.
    pub codes: Tensor,
}

impl Loss {
    /// Runs `vae` on a batch and computes the loss. `adversaries` has the parameters of each term's adversary.
    ///
    /// # Errors
    /// Passes candle's errors on.
    pub fn forward(
        &self,
        vae: &Vae,
        parameters: &Parameters,
        adversaries: &[Option<&Parameters>],
        batch: &Batch,
        noise: &mut dyn RngCore,
    ) -> Result<Pass> {
        let Batch { layout, step, images_in_all, .. } = *batch;
        let circles = vae.config().circles;
        let images = rows(batch.images, 0..layout.batch)?;
        let (all, extras) = self.gather(&images, batch, noise)?;

        let mut encoding = vae.encode(&all)?;
        for part in self.parts() {
            encoding.posterior = part.term.posterior(encoding.posterior, step)?;
        }
        let extras = extras.into_iter().map(|extra| match extra {
            Some((extra, at)) => {
                Ok(Some(EncodedExtra::new(extra, posterior_rows(&encoding.posterior, at)?, circles)))
            }
            None => Ok(None),
        });
        let extras: Vec<Option<EncodedExtra>> = extras.collect::<Result<_>>()?;
        let encoding = encoding_rows(encoding, layout.batch)?;
        let sharpness = self.parts().iter().find_map(|part| part.term.sharpness(step));
        let mut codes = encoding.posterior.sample_at(batch.noise, sharpness.unwrap_or(SHARPNESS))?;
        let known = |term: usize| layout.known.get(term).and_then(Option::as_ref);
        for (term, part) in self.parts().iter().enumerate() {
            codes = part.term.read(codes, &encoding.posterior, known(term))?;
        }
        let encoded: Vec<Encoded> = (0..self.parts().len())
            .map(|term| Encoded {
                step,
                images_in_all,
                images: &images,
                encoding: &encoding,
                codes: &codes,
                parameters,
                own: adversaries.get(term).copied().flatten(),
                extra: extras[term].as_ref(),
                known: known(term),
            })
            .collect();

        let (logits, redrawn) = self.decode(vae, &codes, &encoded)?;
        let nll = vae.likelihood().nll(&logits, &images)?;
        let mut kl = None;
        for (part, encoded) in self.parts().iter().zip(&encoded) {
            kl = kl.or(part.term.kl(encoded)?);
        }
        let kl = match kl {
            Some(kl) if circles > 0 => with_circles(&kl, &encoding.posterior, circles)?,
            Some(kl) => kl,
            None => encoding.posterior.kl_standard_normal()?,
        };
        let costs = self.sum(&nll, &kl, step, |term| {
            let decoded = Decoded {
                likelihood: vae.likelihood(),
                logits: &logits,
                nll: &nll,
                kl: &kl,
                extra: redrawn[term].as_ref(),
            };
            self.parts()[term].term.penalty(&encoded[term], &decoded, noise)
        })?;
        Ok(Pass { costs, codes })
    }

    /// Returns all images to encode, the batch first, and the further images of each term with their rows.
    #[allow(clippy::type_complexity, reason = "read once, by the caller above")]
    fn gather(
        &self,
        images: &Tensor,
        batch: &Batch,
        noise: &mut dyn RngCore,
    ) -> Result<(Tensor, Vec<Option<(Extra, Range<usize>)>>)> {
        let mut all = vec![batch.images.clone()];
        let mut end = batch.images.dim(0)?;
        let mut extras = Vec::with_capacity(self.parts().len());
        for (term, part) in self.parts().iter().enumerate() {
            let selected = batch.layout.selected.get(term).and_then(Option::as_ref);
            extras.push(if let Some(Placed { rows: at, groups, allowed }) = selected.cloned() {
                let images = rows(batch.images, at.clone())?;
                Some((Extra { images, groups, allowed }, at))
            } else if let Some(extra) = part.term.images(images, noise)? {
                let at = end..end + extra.images.dim(0)?;
                end = at.end;
                all.push(extra.images.clone());
                Some((extra, at))
            } else {
                None
            });
        }
        let all = if let [batch] = &all[..] { batch.clone() } else { Tensor::cat(&all, 0)? };
        Ok((all, extras))
    }

    /// Returns the logits of the batch's codes, and of the further codes of each term.
    fn decode(
        &self,
        vae: &Vae,
        codes: &Tensor,
        encoded: &[Encoded],
    ) -> Result<(Tensor, Vec<Option<Tensor>>)> {
        let mut all = vec![codes.clone()];
        let mut end = codes.dim(0)?;
        let mut asked = Vec::with_capacity(encoded.len());
        for (part, encoded) in self.parts().iter().zip(encoded) {
            asked.push(match part.term.codes(encoded)? {
                Some(codes) => {
                    let at = end..end + codes.dim(0)?;
                    end = at.end;
                    all.push(codes);
                    Some(at)
                }
                None => None,
            });
        }
        if let [codes] = &all[..] {
            return Ok((vae.decode(codes)?, asked.into_iter().map(|_| None).collect()));
        }
        let logits = vae.decode(&Tensor::cat(&all, 0)?)?;
        let redrawn = asked.into_iter().map(|at| at.map(|at| rows(&logits, at)).transpose());
        let redrawn = redrawn.collect::<Result<_>>()?;
        Ok((rows(&logits, 0..codes.dim(0)?)?, redrawn))
    }

    /// Adds reconstruction, weighted KL and the penalties of all terms.
    pub(crate) fn sum(
        &self,
        nll: &Tensor,
        kl: &Tensor,
        step: u64,
        mut penalty_of: impl FnMut(usize) -> Result<Option<Tensor>>,
    ) -> Result<Costs> {
        let reconstruction = nll.mean_all()?;
        let kl = kl.sum(1)?.mean_all()?;
        let mut weighted = None;
        for part in self.parts() {
            weighted = weighted.or(part.term.weigh(&kl, step)?);
        }
        let mut loss = (&reconstruction + weighted.as_ref().unwrap_or(&kl))?;
        let mut penalty: Option<Tensor> = None;
        for term in 0..self.parts().len() {
            if let Some(further) = penalty_of(term)? {
                loss = (loss + &further)?;
                penalty = Some(match penalty {
                    Some(penalty) => (penalty + further)?,
                    None => further,
                });
            }
        }
        Ok(Costs { loss, reconstruction, kl, penalty })
    }
}

/// Rows of a posterior.
fn posterior_rows(posterior: &Posterior, at: Range<usize>) -> Result<Posterior> {
    let part = |tensor: &Tensor| rows(tensor, at.clone());
    let family = match &posterior.family {
        Family::SpikeSlab { slab, spike } => Family::SpikeSlab { slab: part(slab)?, spike: part(spike)? },
        other => other.clone(),
    };
    Ok(Posterior { mean: part(&posterior.mean)?, log_var: part(&posterior.log_var)?, family })
}

/// Replaces `kl`, `[N, W]`, in the channels of circles by the KL to N(0, I). Only a prior that is the same in
/// every direction of the plane makes angles uniform.
fn with_circles(kl: &Tensor, posterior: &Posterior, circles: usize) -> Result<Tensor> {
    let plain = kl.dim(1)? - 2 * circles;
    let round = posterior.kl_standard_normal()?.narrow(1, plain, 2 * circles)?;
    Tensor::cat(&[&kl.narrow(1, 0, plain)?, &round], 1)
}

/// Encoding of the first `count` images.
fn encoding_rows(encoding: Encoding, count: usize) -> Result<Encoding> {
    Ok(Encoding {
        posterior: posterior_rows(&encoding.posterior, 0..count)?,
        activations: encoding.activations.iter().map(|layer| rows(layer, 0..count)).collect::<Result<_>>()?,
    })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use candle_core::Device;
    use candle_core::backprop::GradStore;
    use model::ModelConfig;
    use rand::SeedableRng;
    use rand::rngs::SmallRng;

    use super::*;
    use crate::list::Selection;
    use crate::pairs::{PairLoss, Pairs};
    use crate::term::{CardEntry, Catalogue, KnownValues, Selected, Term};
    use crate::terms::{Activation, Beta, Laplace, Layers, Motion, Pyramid, Transitions};
    use crate::weight::Weight;

    /// Two factors of three classes.
    struct Nine;

    impl Catalogue for Nine {
        fn factors(&self) -> Vec<usize> {
            vec![3, 3]
        }

        fn classes(&self, image: u64) -> Vec<usize> {
            vec![image as usize / 3, image as usize % 3]
        }

        fn image(&self, classes: &[usize]) -> Option<u64> {
            Some((3 * classes[0] + classes[1]) as u64)
        }
    }

    const COUNT: usize = 6;

    fn image(number: u64) -> impl Iterator<Item = f32> {
        (0..256).map(move |i| (0.5 + 0.5 * (f64::from(i) * 0.1 + 1.7 * number as f64).sin()) as f32)
    }

    /// As [`Loss::forward`], but a call of the encoder and of the decoder for whatever a term asks for.
    fn apart(loss: &Loss, vae: &Vae, parameters: &Parameters, batch: &Batch) -> Result<Costs> {
        let mut noise = SmallRng::seed_from_u64(7);
        let images = batch.images.narrow(0, 0, COUNT)?;
        let encoding = vae.encode(&images)?;
        let codes = encoding.posterior.sample(batch.noise)?;
        let extras = loss.parts().iter().zip(&batch.layout.selected).map(|(part, selected)| {
            let extra = match selected {
                Some(Placed { rows, groups, allowed }) => {
                    let images = batch.images.narrow(0, rows.start, rows.len())?;
                    Some(Extra { images, groups: groups.clone(), allowed: allowed.clone() })
                }
                None => part.term.images(&images, &mut noise)?,
            };
            let Some(extra) = extra else { return Ok(None) };
            let posterior = vae.encode(&extra.images)?.posterior;
            Ok(Some(EncodedExtra::new(extra, posterior, 0)))
        });
        let extras = extras.collect::<Result<Vec<_>>>()?;
        let logits = vae.decode(&codes)?;
        let nll = vae.likelihood().nll(&logits, &images)?;
        let encoded = |term: usize| Encoded {
            step: batch.step,
            images_in_all: batch.images_in_all,
            images: &images,
            encoding: &encoding,
            codes: &codes,
            parameters,
            own: None,
            extra: extras[term].as_ref(),
            known: None,
        };
        let kl = loss.parts()[1].term.kl(&encoded(1))?.expect("the second is the prior");
        loss.sum(&nll, &kl, batch.step, |term| {
            let part = &loss.parts()[term].term;
            let redrawn = part.codes(&encoded(term))?.map(|codes| vae.decode(&codes)).transpose()?;
            let likelihood = vae.likelihood();
            let decoded =
                Decoded { likelihood, logits: &logits, nll: &nll, kl: &kl, extra: redrawn.as_ref() };
            part.penalty(&encoded(term), &decoded, &mut noise)
        })
    }

    /// Lets the decoder read zeros, and is known of one image.
    #[derive(Debug)]
    struct Zeros;

    impl Term for Zeros {
        fn card(&self) -> Option<CardEntry> {
            None
        }

        fn select(
            &self,
            _data: &dyn Catalogue,
            _batch: &[u64],
            _noise: &mut dyn RngCore,
        ) -> std::result::Result<Option<Selected>, &'static str> {
            let known = Some(KnownValues { values: vec![0.5], factors: 1 });
            Ok(Some(Selected { images: vec![8], known, ..Selected::default() }))
        }

        fn read(&self, codes: Tensor, _posterior: &Posterior, known: Option<&KnownValues>) -> Result<Tensor> {
            assert_eq!(known, Some(&KnownValues { values: vec![0.5], factors: 1 }));
            codes.zeros_like()
        }
    }

    #[test]
    fn terms_change_the_codes_that_the_decoder_reads() -> Result<()> {
        let device = Device::Cpu;
        let mut config =
            ModelConfig { channels: vec![4, 8], hidden: 16, latent: 3, ..ModelConfig::default() };
        (config.image.height, config.image.width) = (16, 16);
        let parameters = Parameters::initial(&config, 1, &device)?;
        let vae = Vae::load(&config, &parameters.builder(&device))?;
        let loss = Loss::default()
            .with("objective", Arc::new(Beta { beta: Weight::Constant(1.0) }))
            .with("zeros", Arc::new(Zeros));
        let selected = loss.select(&Nine, vec![1, 2], &mut SmallRng::seed_from_u64(3));
        let Selection { images, layout } = selected.expect("images");
        assert_eq!(images, [1, 2, 8]);
        let values: Vec<f32> = images.iter().flat_map(|&number| image(number)).collect();
        let images = &Tensor::from_vec(values, (3, 16, 16, 1), &device)?;
        let noise = &Tensor::ones((2, 3), candle_core::DType::F32, &device)?;
        let batch = Batch { images, layout: &layout, noise, step: 4, images_in_all: 9 };
        let pass = loss.forward(&vae, &parameters, &[], &batch, &mut SmallRng::seed_from_u64(7))?;
        assert_eq!(pass.codes.to_vec2::<f32>()?, [[0.0; 3]; 2]);
        Ok(())
    }

    #[test]
    fn one_pass_has_the_gradients_of_passes_apart() -> Result<()> {
        let device = Device::Cpu;
        let mut config =
            ModelConfig { channels: vec![4, 8], hidden: 16, latent: 3, ..ModelConfig::default() };
        (config.image.height, config.image.width) = (16, 16);
        let parameters = Parameters::initial(&config, 1, &device)?;
        let vae = Vae::load(&config, &parameters.builder(&device))?.with_maps(true);
        for focus in [0.0, 0.4] {
            let exchange = Some(Weight::Constant(0.7));
            let asked = PairLoss { exchange, focus, purity: Weight::Constant(3.0), ..PairLoss::default() };
            let pairs = Pairs { source: Transitions { groups: 2 }, loss: asked };
            let moved = Pairs { source: Motion { pixels: 3, ..Motion::default() }, ..Pairs::default() };
            let loss = Loss::default()
                .with("objective", Arc::new(Beta { beta: Weight::Constant(0.5) }))
                .with("prior", Arc::new(Laplace::default()))
                .with("activation", Arc::new(Activation { weight: 0.01, layers: Layers::All }))
                .with("motion", Arc::new(moved))
                .with("transitions", Arc::new(pairs))
                .with("pyramid", Arc::new(Pyramid::default()));
            let batch: Vec<u64> = (0..COUNT as u64).collect();
            let selected = loss.select(&Nine, batch, &mut SmallRng::seed_from_u64(3));
            let Selection { images, layout } = selected.expect("a grid");
            assert_eq!(images.len(), COUNT + COUNT / 2);
            let values: Vec<f32> = images.iter().flat_map(|&number| image(number)).collect();
            let images = Tensor::from_vec(values, (images.len(), 16, 16, 1), &device)?;
            let noise = Tensor::arange(0f32, 18.0, &device)?.sin()?.reshape((COUNT, 3))?;
            let (images, layout, noise) = (&images, &layout, &noise);
            let batch = Batch { images, layout, noise, step: 4, images_in_all: 9 };
            let together =
                loss.forward(&vae, &parameters, &[], &batch, &mut SmallRng::seed_from_u64(7))?.costs;
            let apart = apart(&loss, &vae, &parameters, &batch)?;
            let number = |tensor: &Tensor| tensor.to_scalar::<f32>();
            let (got, expected) = (number(&together.loss)?, number(&apart.loss)?);
            assert!((got - expected).abs() < 1e-5 * expected.abs(), "{got} is not {expected}");
            let (got, expected) = (together.loss.backward()?, apart.loss.backward()?);
            for (name, variable) in parameters.iter() {
                let of = |gradients: &GradStore| gradients.get(variable).expect("it takes part").clone();
                let off = number(&(of(&got) - of(&expected))?.abs()?.max_all()?)?;
                // What pairs ask of a bias cancels between their images, so its layer's weights count too.
                let layer = name.strip_suffix(".bias").map(|layer| format!("{layer}.weight"));
                let weight = layer.and_then(|weight| parameters.get(&weight)).unwrap_or(variable);
                let most = [variable, weight]
                    .map(|v| number(&expected.get(v).expect("it takes part").abs()?.max_all()?));
                let [own, layers] = most;
                let most = own?.max(layers?);
                assert!(off < 2e-5 * most, "{name} with focus {focus}: off by {off} of {most}");
            }
        }
        Ok(())
    }
}
