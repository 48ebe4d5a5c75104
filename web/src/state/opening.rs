//! The opening animation: the most telling unit of each model moves to and fro until the visitor touches
//! something.

use super::{Effect, Panel, Preview, State};
use crate::worker::SIDES;

/// How long a unit takes to and fro, in milliseconds.
pub(super) const PERIOD: f64 = 7000.0;

impl State {
    /// Ends what moves by itself.
    pub(super) fn settle(&mut self, effects: &mut Vec<Effect>) {
        self.halt(effects);
        if !std::mem::take(&mut self.animated) {
            return;
        }
        self.invites = false;
        for index in 0..SIDES {
            if let Some(model) = self.sides[index].model_mut() {
                model.preview = None;
                effects.push(Effect::Draw(Panel::Live(index)));
                self.decode_live(index, effects);
            }
        }
    }

    /// Moves each model's most telling unit to and fro.
    pub(super) fn tick(&mut self, time: f64, effects: &mut Vec<Effect>) {
        if !self.animated {
            return;
        }
        effects.push(Effect::Animate);
        // Where pictures take long, those that move would keep the rows from ever being drawn.
        if self.lanes.has_rows() {
            return;
        }
        self.invites = time - *self.opened.get_or_insert(time) > PERIOD;
        // To and fro, slower towards the ends.
        let swing = 1.0 - (2.0 * (time / PERIOD).fract() - 1.0).abs();
        let position = (swing * swing * (3.0 - 2.0 * swing)) as f32;
        for index in 0..SIDES {
            let Some(model) = self.sides[index].model_mut() else { continue };
            let Some(unit) = model.telling() else { continue };
            model.preview = Some(Preview { unit, value: model.value_at(unit, position) });
            effects.push(Effect::Draw(Panel::Live(index)));
            self.decode_live(index, effects);
        }
    }
}
