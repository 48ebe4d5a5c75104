//! What a link tells of the page, as its address's fragment:
//! `m=vae,sparse&f=1,2,0.5&a=0.1,-2&b=…&o=1&v=map`: both models by their manifest's names, the scene's
//! factors, the code of each side where it is not the scene's own, whether unused units are shown, and the
//! view. A view's name alone is a link too.
//! What is missing or makes no sense stays as it would be without.

use std::fmt::{Display, Write};

use serde::de::DeserializeOwned;

use super::{Effect, Side, State, Topic, View};
use crate::worker::SIDES;

/// The keys of the sides' codes.
const CODES: [&str; SIDES] = ["a", "b"];

/// A link that has been read; what has been used is gone.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Link {
    /// Names of the models.
    models: [Option<String>; SIDES],
    /// Factors of the scene.
    factors: Vec<f64>,
    /// The sides' codes; empty for the scene's own.
    codes: [Vec<f32>; SIDES],
    /// Whether the fold is open.
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
                "v" => link.view = View::named(value),
                _ => {
                    if let Some(side) = CODES.iter().position(|code| *code == key) {
                        link.codes[side] = numbers(value);
                    }
                }
            }
        }
        link
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
            write(&mut text, "f", scene.values.iter().map(|value| (value * 1e6).round() / 1e6));
        }
        for ((key, model), name) in CODES.into_iter().zip(models).zip(names) {
            if name.is_some() && (self.own || model.code != model.origin) {
                write(&mut text, key, model.code.iter());
            }
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

    /// Goes to what a link tells, whether models are there already or not; a fragment that tells nothing
    /// names a part of the page.
    pub(super) fn follow(&mut self, fragment: &str, effects: &mut Vec<Effect>) {
        if let Some(view) = View::named(fragment.trim_start_matches('#')) {
            return self.show(view, effects);
        }
        let link = Link::parse(fragment);
        if link == Link::default() {
            return;
        }
        self.settle(effects);
        self.unfolded = link.open;
        self.show(link.view.unwrap_or_default(), effects);
        self.link = link;
        if self.entries.is_empty() {
            return;
        }
        self.own = false;
        self.link_scene();
        effects.extend([Topic::Factors, Topic::Original].map(Effect::Draw));
        for (side, entry) in self.linked_entries().into_iter().enumerate() {
            match entry.filter(|entry| self.sides[side].entry != Some(*entry)) {
                Some(entry) => self.choose(side, entry, effects),
                None => self.encode(side),
            }
        }
    }

    /// Entries of the manifest that the link names.
    pub(super) fn linked_entries(&mut self) -> [Option<usize>; SIDES] {
        let models = std::mem::take(&mut self.link.models);
        models.map(|name| self.entries.iter().position(|entry| Some(&entry.name) == name.as_ref()))
    }

    /// Applies the link's factors to a new scene.
    pub(super) fn link_scene(&mut self) {
        let factors = std::mem::take(&mut self.link.factors);
        if let Some(scene) = self.scene.as_mut().filter(|scene| scene.values.len() == factors.len()) {
            factors.iter().enumerate().for_each(|(factor, &value)| scene.set(factor, value));
        }
    }

    /// Gives a side's first code what the link tells of it.
    pub(super) fn link_side(&mut self, index: usize) {
        let code = std::mem::take(&mut self.link.codes[index]);
        let Some(model) = self.sides[index].model_mut() else { return };
        if code.len() == model.code.len() {
            model.code = code;
        }
    }
}

/// Parses finite numbers; returns none if any is invalid.
fn numbers<T: DeserializeOwned + Into<f64> + Copy>(text: &str) -> Vec<T> {
    // Written like JSON, whose parser is compiled in anyway.
    let read = serde_json::from_str(&format!("[{text}]")).ok();
    read.filter(|values: &Vec<T>| values.iter().all(|&value| value.into().is_finite())).unwrap_or_default()
}

fn write(text: &mut String, key: &str, values: impl Iterator<Item = impl Display>) {
    for (i, value) in values.enumerate() {
        // Writing to a string never fails.
        let _ = if i == 0 { write!(text, "&{key}={value}") } else { write!(text, ",{value}") };
    }
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
