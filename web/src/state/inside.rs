//! What goes on inside the networks: what their layers give for the picture and the code that are shown.

use super::{Effect, Loaded, Side, State, Topic, View};
use crate::engine::inside::{Layer, Wires, layers};
use crate::lanes::Lane;
use crate::protocol::Request;
use crate::worker::SIDES;

/// Random pictures after which a channel that none of them wakes is called always silent.
pub const PROBED: usize = 32;

/// A part of a network that the visitor looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spot {
    /// The model.
    pub side: usize,
    /// The layer.
    pub layer: usize,
    /// Its channel; of the code, its unit.
    pub channel: usize,
}

/// What is known of a model's layers.
#[derive(Clone, Debug, Default)]
pub struct Inside {
    /// Of each layer what it gives, `[H, W, C]`, 0 for silent; empty before it is known.
    pub maps: Vec<Vec<u8>>,
    /// What each layer's channels listen to.
    pub wires: Vec<Wires>,
    /// Pictures of the code one σ below and one above the unit that is looked at.
    pub apart: Vec<u8>,
    /// Of each layer's channels whether a random picture has woken it.
    awake: Vec<Vec<bool>>,
    probed: usize,
    asked: Option<(Vec<f32>, Vec<u8>)>,
}

impl Inside {
    /// What was asked for is withdrawn.
    pub(super) fn forget(&mut self) {
        self.asked = None;
    }

    /// Share of a layer's values that are silent; none before they are known.
    pub fn silent(&self, layer: usize) -> Option<f32> {
        let map = self.maps.get(layer).filter(|map| !map.is_empty())?;
        Some(map.iter().filter(|value| **value == 0).count() as f32 / map.len() as f32)
    }

    /// Whether no random picture wakes a channel.
    pub fn sleeps(&self, layer: usize, channel: usize) -> bool {
        let awake = self.awake.get(layer).and_then(|layer| layer.get(channel));
        self.probed == PROBED && awake == Some(&false)
    }
}

impl Loaded {
    /// Its layers, and where the code is among them.
    pub fn layers(&self) -> (Vec<Layer>, usize) {
        layers(&self.card.model)
    }

    /// How far a unit is moved for its difference to be seen: σ of the values that the data gave it, and 1 for
    /// one that is not in use.
    pub fn stride(&self, unit: usize) -> f32 {
        self.card.units.get(unit).filter(|unit| unit.is_active()).map_or(1.0, |unit| unit.std)
    }
}

impl State {
    /// Asks for all that the view of the networks shows and that is not known.
    pub(super) fn look_inside(&mut self) {
        if self.view != View::Network {
            return;
        }
        for side in 0..SIDES {
            self.ask_inside(side);
        }
    }

    fn ask_inside(&mut self, side: usize) {
        let Some(model) = self.sides[side].model() else { return };
        let picture = match self.picture() {
            Some((pixels, _)) if self.suits(&model.card) => pixels,
            _ => &[],
        };
        let mut codes = model.live_code();
        let unit = self.spot.filter(|spot| spot.side == side && spot.layer == model.layers().1);
        if let Some(Spot { channel: unit, .. }) = unit.filter(|spot| spot.channel < codes.len()) {
            let value = codes[unit];
            for sign in [-1.0, 1.0] {
                codes.extend_from_within(..model.code.len());
                let at = codes.len() - model.code.len() + unit;
                codes[at] = value + sign * model.stride(unit);
            }
        }
        let asked = Some((codes, picture.to_vec()));
        let known = model.inside.asked == asked;
        let (wired, probed) = (!model.inside.wires.is_empty(), model.inside.probed);
        let probes = probed < PROBED && self.scene.as_ref().is_some_and(|scene| scene.suits(&model.card));
        let file = model.file.clone();
        if let Some((codes, picture)) = asked.clone().filter(|_| !known) {
            self.lanes.ask(Lane::Inside(side), Request::Inside { side, codes }, picture);
        }
        if !wired && !self.lanes.has(Lane::Wires(side)) {
            self.lanes.ask(Lane::Wires(side), Request::Wires { side }, file.to_vec());
        }
        if probes && !self.lanes.has(Lane::Probe(probed, side)) {
            self.lanes.ask(Lane::Probe(probed, side), Request::Probe { side, step: probed }, Vec::new());
        }
        if let Some(model) = self.sides[side].model_mut() {
            model.inside.asked = asked;
        }
    }

    /// Takes in what layers give: the decoder's, after the encoder's where there is a picture, and then two
    /// pictures where a unit is looked at.
    pub(super) fn seen_inside(&mut self, side: usize, mut bytes: &[u8], effects: &mut Vec<Effect>) {
        let Some(model) = self.sides.get_mut(side).and_then(Side::model_mut) else { return };
        let (layers, code) = model.layers();
        let encoder: usize = layers[..code].iter().map(Layer::len).sum();
        let decoder: usize = layers[code + 1..].iter().map(Layer::len).sum();
        let pictures = 2 * model.card.model.image.len();
        let whole = |rest: usize| bytes.len() == rest || bytes.len() == rest + pictures;
        let pictured = whole(encoder + decoder);
        model.inside.maps = Vec::new();
        for (place, layer) in layers.iter().enumerate() {
            let known = place > code || (place < code && pictured);
            let (map, rest) = bytes.split_at_checked(if known { layer.len() } else { 0 }).unwrap_or_default();
            model.inside.maps.push(map.to_vec());
            bytes = rest;
        }
        model.inside.apart = bytes.to_vec();
        effects.push(Effect::Draw(Topic::Inside(side)));
    }

    /// Takes in what layers listen to.
    pub(super) fn wired(&mut self, side: usize, numbers: &[f32], effects: &mut Vec<Effect>) {
        let Some(model) = self.sides.get_mut(side).and_then(Side::model_mut) else { return };
        model.inside.wires = Wires::read(&model.card.model, numbers).unwrap_or_default();
        effects.push(Effect::Draw(Topic::Inside(side)));
    }

    /// Takes in which channels a random picture wakes.
    pub(super) fn probed(&mut self, side: usize, mut bytes: &[u8], effects: &mut Vec<Effect>) {
        let Some(model) = self.sides.get_mut(side).and_then(Side::model_mut) else { return };
        let (layers, code) = model.layers();
        let inside = &mut model.inside;
        inside.awake.resize(layers.len(), Vec::new());
        for (place, layer) in layers.iter().enumerate().filter(|(place, _)| *place != code) {
            let channels = layer.shape[2];
            let (part, rest) = bytes.split_at_checked(channels).unwrap_or_default();
            bytes = rest;
            inside.awake[place].resize(channels, false);
            inside.awake[place].iter_mut().zip(part).for_each(|(awake, now)| *awake |= *now > 0);
        }
        inside.probed += 1;
        if inside.probed == PROBED {
            effects.push(Effect::Draw(Topic::Inside(side)));
        }
    }

    /// Looks at a part of a network, or away from all.
    pub(super) fn look_at(&mut self, spot: Option<Spot>, effects: &mut Vec<Effect>) {
        let before = std::mem::replace(&mut self.spot, spot);
        for Spot { side, .. } in before.into_iter().chain(spot).filter(|_| before != spot) {
            effects.push(Effect::Draw(Topic::Inside(side)));
        }
    }
}
