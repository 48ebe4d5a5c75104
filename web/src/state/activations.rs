//! Activations of the networks for the current picture and code.

use super::{Effect, Loaded, Side, State, Topic, View};
use crate::engine::activations::{LargestInputs, Layer, layers};
use crate::protocol::Request;
use crate::queue::RequestKind;
use crate::worker::SIDES;

/// Number of random pictures after which a channel that none of them activates counts as always silent.
pub const PROBED: usize = 32;

/// A channel of a network that the visitor looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SelectedChannel {
    /// Side of the model.
    pub side: usize,
    /// Index of the layer.
    pub layer: usize,
    /// Index of the channel; for the code, of the unit.
    pub channel: usize,
}

/// Data about a model's layers.
#[derive(Clone, Debug, Default)]
pub struct Activations {
    /// Activations of each layer, `[H, W, C]`, as bytes; empty before they are known.
    pub maps: Vec<Vec<u8>>,
    /// Largest inputs of each layer's channels.
    pub largest_inputs: Vec<LargestInputs>,
    /// Pictures of the code with the unit in question one σ lower and one σ higher.
    pub variations: Vec<u8>,
    /// Whether a random picture has activated each channel of each layer.
    active: Vec<Vec<bool>>,
    probed: usize,
    asked: Option<(Vec<f32>, Vec<u8>)>,
}

impl Activations {
    /// Forgets requests that were withdrawn.
    pub(super) fn forget(&mut self) {
        self.asked = None;
    }

    /// Fraction of a layer's values that are zero; `None` before they are known.
    pub fn zero_fraction(&self, layer: usize) -> Option<f32> {
        let map = self.maps.get(layer).filter(|map| !map.is_empty())?;
        Some(map.iter().filter(|value| **value == 0).count() as f32 / map.len() as f32)
    }

    /// Whether no random picture activates a channel.
    pub fn is_always_zero(&self, layer: usize, channel: usize) -> bool {
        let active = self.active.get(layer).and_then(|layer| layer.get(channel));
        self.probed == PROBED && active == Some(&false)
    }
}

impl Loaded {
    /// The layers, and the index of the code among them.
    pub fn layers(&self) -> (Vec<Layer>, usize) {
        layers(&self.card.model)
    }

    /// Step of a unit for showing its effect: σ of its values in the data, or 1 for an inactive unit.
    pub fn stride(&self, unit: usize) -> f32 {
        self.card.units.get(unit).filter(|unit| unit.is_active()).map_or(1.0, |unit| unit.std)
    }
}

impl State {
    /// Requests everything that the view of the networks needs and doesn't have.
    pub(super) fn request_activations(&mut self) {
        if self.view != View::Network {
            return;
        }
        for side in 0..SIDES {
            self.request_activations_of(side);
        }
    }

    fn request_activations_of(&mut self, side: usize) {
        let Some(model) = self.sides[side].model() else { return };
        let picture = match self.picture() {
            Some((pixels, _)) if self.suits(&model.card) => pixels,
            _ => &[],
        };
        let mut codes = model.live_code();
        let unit =
            self.selected.filter(|selected| selected.side == side && selected.layer == model.layers().1);
        if let Some(SelectedChannel { channel: unit, .. }) =
            unit.filter(|selected| selected.channel < codes.len())
        {
            let value = codes[unit];
            for sign in [-1.0, 1.0] {
                codes.extend_from_within(..model.code.len());
                let at = codes.len() - model.code.len() + unit;
                codes[at] = value + sign * model.stride(unit);
            }
        }
        let asked = Some((codes, picture.to_vec()));
        let known = model.activations.asked == asked;
        let (listed, probed) = (!model.activations.largest_inputs.is_empty(), model.activations.probed);
        let probes = probed < PROBED && self.scene.as_ref().is_some_and(|scene| scene.suits(&model.card));
        let file = model.file.clone();
        if let Some((codes, picture)) = asked.clone().filter(|_| !known) {
            self.queue.ask(RequestKind::Activations(side), Request::Activations { side, codes }, picture);
        }
        if !listed && !self.queue.has(RequestKind::LargestInputs(side)) {
            self.queue.ask(RequestKind::LargestInputs(side), Request::LargestInputs { side }, file.to_vec());
        }
        if probes && !self.queue.has(RequestKind::Probe(probed, side)) {
            self.queue.ask(
                RequestKind::Probe(probed, side),
                Request::Probe { side, step: probed },
                Vec::new(),
            );
        }
        if let Some(model) = self.sides[side].model_mut() {
            model.activations.asked = asked;
        }
    }

    /// Stores activations: the encoder's if there is a picture, then the decoder's, then two pictures if
    /// a unit is selected.
    pub(super) fn store_activations(&mut self, side: usize, mut bytes: &[u8], effects: &mut Vec<Effect>) {
        let Some(model) = self.sides.get_mut(side).and_then(Side::model_mut) else { return };
        let (layers, code) = model.layers();
        let encoder: usize = layers[..code].iter().map(Layer::len).sum();
        let decoder: usize = layers[code + 1..].iter().map(Layer::len).sum();
        let pictures = 2 * model.card.model.image.len();
        let whole = |rest: usize| bytes.len() == rest || bytes.len() == rest + pictures;
        let pictured = whole(encoder + decoder);
        model.activations.maps = Vec::new();
        for (place, layer) in layers.iter().enumerate() {
            let known = place > code || (place < code && pictured);
            let (map, rest) = bytes.split_at_checked(if known { layer.len() } else { 0 }).unwrap_or_default();
            model.activations.maps.push(map.to_vec());
            bytes = rest;
        }
        model.activations.variations = bytes.to_vec();
        effects.push(Effect::Draw(Topic::Activations(side)));
    }

    /// Stores the largest inputs of the layers.
    pub(super) fn store_largest_inputs(&mut self, side: usize, numbers: &[f32], effects: &mut Vec<Effect>) {
        let Some(model) = self.sides.get_mut(side).and_then(Side::model_mut) else { return };
        model.activations.largest_inputs =
            LargestInputs::read(&model.card.model, numbers).unwrap_or_default();
        effects.push(Effect::Draw(Topic::Activations(side)));
    }

    /// Stores which channels a random picture activates.
    pub(super) fn store_active_channels(&mut self, side: usize, mut bytes: &[u8], effects: &mut Vec<Effect>) {
        let Some(model) = self.sides.get_mut(side).and_then(Side::model_mut) else { return };
        let (layers, code) = model.layers();
        let activations = &mut model.activations;
        activations.active.resize(layers.len(), Vec::new());
        for (place, layer) in layers.iter().enumerate().filter(|(place, _)| *place != code) {
            let channels = layer.shape[2];
            let (part, rest) = bytes.split_at_checked(channels).unwrap_or_default();
            bytes = rest;
            activations.active[place].resize(channels, false);
            activations.active[place].iter_mut().zip(part).for_each(|(active, now)| *active |= *now > 0);
        }
        activations.probed += 1;
        if activations.probed == PROBED {
            effects.push(Effect::Draw(Topic::Activations(side)));
        }
    }

    /// Selects a channel of a network, or none.
    pub(super) fn select_channel(&mut self, selected: Option<SelectedChannel>, effects: &mut Vec<Effect>) {
        let before = std::mem::replace(&mut self.selected, selected);
        for SelectedChannel { side, .. } in before.into_iter().chain(selected).filter(|_| before != selected)
        {
            effects.push(Effect::Draw(Topic::Activations(side)));
        }
    }
}
