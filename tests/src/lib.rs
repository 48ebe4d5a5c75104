//! Code shared by the end-to-end tests and the program that writes their golden vectors.

use candle_core::{Device, Tensor};
use model::{Card, Parameters, Vae, Weights};
use worlds::World;

/// Any error.
pub type Error = Box<dyn std::error::Error>;

/// Outputs of a network on images of its world.
#[derive(Clone, Debug)]
pub struct Output {
    /// μ, `[N, D]`.
    pub mean: Vec<f32>,
    /// log σ², `[N, D]`.
    pub log_var: Vec<f32>,
    /// Decoded means, `[N, H·W·C]` in `[0, 1]`.
    pub pictures: Vec<f32>,
}

impl Output {
    /// Encodes the images `indices` of the model's [`world`] and decodes their posterior means.
    ///
    /// # Errors
    /// Fails if the weights are damaged or no world has images of the model's shape.
    pub fn of(weights: &[u8], indices: &[u64]) -> Result<Self, Error> {
        let (card, vae) = network(weights)?;
        let shape = card.model.image;
        let shape = (indices.len(), shape.height, shape.width, shape.channels);
        let images = images(&card, indices)?;
        let posterior = vae.encode(&Tensor::from_vec(images, shape, &Device::Cpu)?)?.posterior;
        let posterior = posterior.units(&card.model)?;
        let pictures = vae.decode_mean(&posterior.mean)?;
        let read = |tensor: &Tensor| tensor.flatten_all()?.to_vec1::<f32>();
        Ok(Self {
            mean: read(&posterior.mean)?,
            log_var: read(&posterior.log_var)?,
            pictures: read(&pictures)?,
        })
    }
}

/// Decodes `codes`, `[N, D]`, to pictures, `[N, H·W·C]` in `[0, 1]`.
///
/// # Errors
/// Fails if the weights are damaged or the codes have the wrong length.
pub fn decode(weights: &[u8], codes: &[f32]) -> Result<Vec<f32>, Error> {
    let (card, vae) = network(weights)?;
    let latent = card.model.latent;
    let codes = Tensor::from_slice(codes, (codes.len() / latent, latent), &Device::Cpu)?;
    Ok(vae.decode_mean(&codes)?.flatten_all()?.to_vec1()?)
}

fn network(weights: &[u8]) -> Result<(Card, Vae), Error> {
    let Weights { card, tensors } = Weights::from_bytes(weights)?;
    let vae = Vae::load(&card.model, &Parameters::from_tensors(&tensors)?.builder(&Device::Cpu))?;
    Ok((card, vae))
}

/// Returns the world that a model was trained on, or the first world with images of its shape.
///
/// # Errors
/// Fails if there is no such world.
pub fn world(card: &Card) -> Result<&'static dyn World, Error> {
    let shape = card.model.image;
    let fits = |world: &&&dyn World| world.image_shape() == [shape.height, shape.width, shape.channels];
    let own = worlds::by_name(&card.training.dataset);
    own.or_else(|| worlds::all().iter().find(fits).copied()).ok_or("no world has such images".into())
}

/// Draws the images `indices` of [`world`], row-major `[N, H, W, C]` in `[0, 1]`.
///
/// # Errors
/// Fails if no world has images of the model's shape.
pub fn images(card: &Card, indices: &[u64]) -> Result<Vec<f32>, Error> {
    let world = world(card)?;
    let mut image = vec![0; card.model.image.len()];
    let mut images = Vec::with_capacity(indices.len() * image.len());
    for &index in indices {
        world.render_index(index, &mut image);
        images.extend(image.iter().map(|&byte| f32::from(byte) / 255.0));
    }
    Ok(images)
}
