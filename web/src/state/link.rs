//! The state of the page in an address's fragment:
//! `m=vae,sparse&f=1,2,0.5&d=…&a=0.1,-2&b=…&a0=…&a1=…&b0=…&b1=…&t=0.5&o=1&v=map`. It has both models by
//! their names in the manifest, the scene's factors, a [drawing by hand](super::sketch), the code of each
//! side if it differs from the picture's, each side's A and B if they are set, the position between them,
//! whether inactive units are shown, and the view. The name of a view alone is also valid. Missing or
//! invalid parts have no effect, but a notice reports a drawing, an A or a B that can't be read.

use super::sketch::{Sketch, packed};
use super::{Effect, OwnPicture, Side, State, Topic, View};
use crate::worker::SIDES;

/// The keys of the sides' codes.
const CODES: [&str; SIDES] = ["a", "b"];

const DAMAGED: &str = "This link is damaged, or names what this page does not have. The rest of it is shown.";

/// A parsed link; parts are removed as they are used.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Link {
    /// Names of the models.
    models: [Option<String>; SIDES],
    /// Factors of the scene.
    factors: Vec<f64>,
    /// Codes of the sides; empty for the scene's own.
    codes: [Vec<f32>; SIDES],
    /// A and B of each side; empty if not set.
    ends: [[Vec<f32>; 2]; SIDES],
    /// Position between A and B, 0 to 1.
    along: f32,
    /// A drawing by hand.
    drawing: Option<Sketch>,
    /// Whether a drawing, an A or a B is damaged, or the view unknown.
    damaged: bool,
    /// Whether inactive units are shown.
    open: bool,
    /// The view.
    view: Option<View>,
}

impl Link {
    /// Parses a fragment, with or without `#`.
    fn parse(fragment: &str) -> Self {
        let mut link = Self::default();
        for (key, value) in
            fragment.trim_start_matches('#').split('&').filter_map(|part| part.split_once('='))
        {
            match key {
                "m" => {
                    let names = value.split(',').map(|name| Some(name.to_owned()).filter(|n| !n.is_empty()));
                    link.models.iter_mut().zip(names).for_each(|(model, name)| *model = name);
                }
                "f" => link.factors = numbers(value),
                "o" => link.open = value.contains('1'),
                "v" => {
                    link.view = View::named(value);
                    link.damaged |= link.view.is_none();
                }
                "t" => link.along = code(value).first().map_or(0.0, |share| share.clamp(0.0, 1.0)),
                "d" => {
                    link.drawing = Sketch::parse(value);
                    link.damaged |= link.drawing.is_none();
                }
                _ => link.code(key, value),
            }
        }
        link
    }

    /// Parses a side's code, or its A (0) or B (1).
    fn code(&mut self, key: &str, value: &str) {
        for (side, name) in CODES.iter().enumerate() {
            match key.strip_prefix(name) {
                Some("") => self.codes[side] = code(value),
                Some(end @ ("0" | "1")) => {
                    let end = &mut self.ends[side][usize::from(end == "1")];
                    *end = code(value);
                    self.damaged |= end.is_empty();
                }
                _ => {}
            }
        }
    }
}

impl State {
    /// Returns the fragment for everything that the visitor has set, once both models are loaded. The
    /// visitor's own model is left out, since no part of it leaves the machine.
    pub fn fragment(&self) -> Option<String> {
        let models = [self.sides[0].model()?, self.sides[1].model()?];
        let name = |side: &Side| Some(self.entries.get(side.entry?)?.name.clone());
        let names = self.sides.each_ref().map(name);
        let mut text = format!("m={}", names.each_ref().map(|n| n.as_deref().unwrap_or_default()).join(","));
        if let Some(scene) = &self.scene {
            // Sliders produce values such as 0.39999999999999997.
            write(&mut text, "f", &rounded(scene.values.iter().copied(), 1e6));
        }
        let drawing = self.drawing();
        if let Some(drawing) = &drawing {
            text.extend(["&d=", drawing]);
        }
        for ((key, model), name) in CODES.into_iter().zip(models).zip(names) {
            if name.is_none() {
                continue;
            }
            if self.shows_own && drawing.is_none() || model.code != model.origin {
                write(&mut text, key, &model.code);
            }
            for (end, code) in model.ends.iter().enumerate().filter(|(end, _)| self.pinned[*end]) {
                let code = code.iter().flatten().copied().map(f64::from);
                write(&mut text, &[key, ["0", "1"][end]].concat(), &rounded(code, 1e4));
            }
        }
        if self.along > 0.0 {
            write(&mut text, "t", &[self.along]);
        }
        if self.unfolded {
            text.push_str("&o=1");
        }
        if self.view != View::default() {
            text.push_str("&v=");
            text.push_str(self.view.id());
        }
        Some(text)
    }

    /// Returns the visitor's drawing for a link, or `None` if there is none or it is too large. Pictures
    /// from files and the camera stay in this browser.
    fn drawing(&self) -> Option<String> {
        let own = self.own_picture.as_ref().filter(|own| self.shows_own && !own.given)?;
        packed(&own.pixels, own.shape, self.scene.as_ref().map(|scene| &*scene.picture))
    }

    /// Whether a link can show another visitor the picture that the models are shown.
    pub fn shares(&self) -> bool {
        !self.shows_own || self.drawing().is_some()
    }

    /// Applies a link, now or when its models are loaded. A fragment without content names a part of the
    /// page.
    pub(super) fn follow(&mut self, fragment: &str, effects: &mut Vec<Effect>) {
        if let Some(view) = View::named(fragment.trim_start_matches('#')) {
            return self.show(view, effects);
        }
        let link = Link::parse(fragment);
        if link == Link::default() {
            return;
        }
        self.stop_animation(effects);
        self.unfolded = link.open;
        self.along = link.along;
        self.show(link.view.unwrap_or_default(), effects);
        self.show_damage(link.damaged, effects);
        self.link = link;
        if self.entries.is_empty() {
            return;
        }
        self.shows_own = false;
        self.link_scene();
        self.link_drawing(effects);
        self.suggest_again();
        self.link_ends(effects);
        effects.extend([Topic::Factors, Topic::Original, Topic::Along].map(Effect::Draw));
        for (side, entry) in self.linked_entries(effects).into_iter().enumerate() {
            match entry.filter(|entry| self.sides[side].entry != Some(*entry)) {
                Some(entry) => self.choose(side, entry, effects),
                None => self.encode(side),
            }
        }
    }

    /// Entries of the manifest that the link names. Shows a notice if one is missing.
    pub(super) fn linked_entries(&mut self, effects: &mut Vec<Effect>) -> [Option<usize>; SIDES] {
        let models = std::mem::take(&mut self.link.models);
        let found = models
            .each_ref()
            .map(|name| self.entries.iter().position(|entry| Some(&entry.name) == name.as_ref()));
        if models.iter().zip(found).any(|(name, found)| name.is_some() && found.is_none()) {
            self.show_damage(true, effects);
        }
        found
    }

    /// Applies the link's factors to a new scene.
    pub(super) fn link_scene(&mut self) {
        let factors = std::mem::take(&mut self.link.factors);
        if let Some(scene) = self.scene.as_mut().filter(|scene| scene.values.len() == factors.len()) {
            factors.iter().enumerate().for_each(|(factor, &value)| scene.set(factor, value));
        }
    }

    /// Puts the link's drawing on the picture once a model that fits it is loaded; returns whether it did.
    pub(super) fn link_drawing(&mut self, effects: &mut Vec<Effect>) -> bool {
        let Some(sketch) = self.link.drawing.take() else { return false };
        let shape = sketch.shape;
        if self.models().all(|(_, model)| model.card.model.image != shape) {
            self.link.drawing = Some(sketch);
            return false;
        }
        match sketch.pixels(self.scene.as_ref().map(|scene| &*scene.picture)) {
            Some(pixels) => {
                self.own_picture = Some(OwnPicture::of(pixels, shape));
                self.shows_own = true;
            }
            None => self.show_damage(true, effects),
        }
        self.shows_own
    }

    /// Applies the link's A and B to the sides whose models are loaded.
    pub(super) fn link_ends(&mut self, effects: &mut Vec<Effect>) {
        let ends = self.link.ends.clone();
        let mut damaged = false;
        for (side, ends) in ends.into_iter().enumerate() {
            let Some(model) = self.sides[side].model_mut() else { continue };
            for (end, code) in ends.into_iter().enumerate().filter(|(_, code)| !code.is_empty()) {
                match code.len() == model.code.len() {
                    true => {
                        model.ends[end] = Some(code);
                        self.pinned[end] = true;
                    }
                    false => damaged = true,
                }
            }
        }
        if damaged {
            self.show_damage(true, effects);
        }
        if self.models().count() == SIDES {
            self.link.ends = Default::default();
        }
    }

    /// Shows or hides the notice about a damaged link.
    fn show_damage(&mut self, damaged: bool, effects: &mut Vec<Effect>) {
        if damaged {
            self.notice = Some(DAMAGED.into());
        } else if self.notice.as_deref() == Some(DAMAGED) {
            self.notice = None;
        }
        effects.push(Effect::Draw(Topic::Notice));
    }

    /// Applies the link's code to a side's first code.
    pub(super) fn link_side(&mut self, index: usize) {
        let code = std::mem::take(&mut self.link.codes[index]);
        let Some(model) = self.sides[index].model_mut() else { return };
        if code.len() == model.code.len() {
            model.code = code;
        }
    }
}

/// Parses finite single-precision numbers; returns none if any is invalid.
fn numbers(text: &str) -> Vec<f64> {
    // Written like JSON, whose parser is compiled in anyway.
    let read: Option<Vec<f64>> = model::json::from_str(&format!("[{text}]")).ok();
    read.filter(|values| values.iter().all(|&value| (value as f32).is_finite())).unwrap_or_default()
}

/// Parses a code; returns an empty one if any number is invalid.
fn code(text: &str) -> Vec<f32> {
    numbers(text).into_iter().map(|value| value as f32).collect()
}

fn write(text: &mut String, key: &str, values: &[f32]) {
    let numbers: Vec<String> = values.iter().map(f32::to_string).collect();
    if !numbers.is_empty() {
        text.extend(["&", key, "=", &numbers.join(",")]);
    }
}

/// Rounds numbers to multiples of 1/`unit`.
fn rounded(values: impl Iterator<Item = f64>, unit: f64) -> Vec<f32> {
    values.map(|value| ((value * unit).round() / unit) as f32).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_makes_no_sense_in_a_link_is_left_out() {
        for text in ["", "#", "#rows", "#x=1&y", "#m=&a=1,two&b=1,inf&f=,&o=00"] {
            assert_eq!(Link::parse(text), Link::default(), "{text}");
        }
        let link = Link::parse("#m=,vae&b=1,-2.5&o=01");
        assert_eq!((&link.models, &link.codes[1]), (&[None, Some("vae".into())], &vec![1.0, -2.5]));
        assert_eq!((link.open, link.view), (true, None));
    }
}
