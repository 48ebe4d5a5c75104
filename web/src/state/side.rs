//! One of the compared models: its loading, its code and its pictures.

use std::rc::Rc;

use model::Card;

use super::pairs::falling;
use super::{Own, Survey, Trace};
use crate::engine::Kind;
use crate::protocol::Measured;

/// Pictures in a row of the traversal grid.
pub const COLUMNS: usize = 9;

/// One of the two places of the comparison.
#[derive(Clone, Debug, Default)]
pub struct Side {
    /// Its place on the menu: an entry of the manifest, or behind them all for the visitor's own.
    pub entry: Option<usize>,
    /// The model that the visitor brought, in use or not.
    pub own: Option<Own>,
    /// Counts the choices made, so that what an earlier one fetched is told apart.
    pub visit: u32,
    /// How far it is.
    pub phase: Phase,
    /// A sentence on a file that was brought and can't be shown in its model's place.
    pub refused: Option<String>,
}

/// How far a side is.
#[derive(Clone, Debug, Default)]
pub enum Phase {
    /// Nothing is chosen yet.
    #[default]
    Empty,
    /// Bytes arrive, or the worker reads them.
    Loading {
        /// Bytes so far.
        received: u64,
        /// Bytes expected.
        total: u64,
        /// The file and its card, once it is there.
        file: Option<(Box<Card>, Rc<[u8]>)>,
    },
    /// The model can be used.
    Ready(Box<Loaded>),
    /// It can't; the sentence says why.
    Failed(String),
}

impl Side {
    /// The model, once it is loaded.
    pub fn model(&self) -> Option<&Loaded> {
        match &self.phase {
            Phase::Ready(model) => Some(model),
            _ => None,
        }
    }

    pub(super) fn model_mut(&mut self) -> Option<&mut Loaded> {
        match &mut self.phase {
            Phase::Ready(model) => Some(model),
            _ => None,
        }
    }
}

/// A unit held at a value for as long as the pointer is there.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Preview {
    /// Unit.
    pub unit: usize,
    /// Its value.
    pub value: f32,
}

/// A model in use.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// Its card.
    pub card: Card,
    /// Its weights file.
    pub file: Rc<[u8]>,
    /// What its pictures come from.
    pub engine: Kind,
    /// Units, the active ones first, each group by falling KL.
    pub order: Vec<usize>,
    /// How many units are active.
    pub active: usize,
    /// The code that a reset returns to: of the last picture encoded.
    pub origin: Vec<f32>,
    /// The base of every row.
    pub code: Vec<f32>,
    /// What is looked at for the moment.
    pub preview: Option<Preview>,
    /// The reconstruction of the world's picture, and its numbers.
    pub reconstruction: Option<(Measured, Vec<u8>)>,
    /// The units of the pad: across, and up.
    pub pair: [usize; 2],
    /// The codes of pictures A and B, once they are set.
    pub ends: [Option<Vec<f32>>; 2],
    /// Where its units have been since the factor that moves began to.
    pub trace: Trace,
    /// What it does with random pictures.
    pub survey: Survey,
}

impl Loaded {
    /// A model whose code is the mean over its data.
    pub fn new(card: Card, file: Rc<[u8]>) -> Self {
        let mut order: Vec<usize> = (0..card.units.len()).collect();
        falling(&mut order, |&unit| f64::from(card.units[unit].kl));
        falling(&mut order, |&unit| f64::from(u8::from(card.units[unit].is_active())));
        let mean: Vec<f32> = card.units.iter().map(|unit| unit.mean).collect();
        Self {
            pair: Self::first_pair(&order),
            ends: [None, None],
            active: card.units.iter().filter(|unit| unit.is_active()).count(),
            order,
            origin: mean.clone(),
            code: mean,
            preview: None,
            reconstruction: None,
            trace: Trace::default(),
            survey: Survey::default(),
            file,
            engine: Kind::Cpu,
            card,
        }
    }

    /// What a unit tells most of, and how much: a share of the entropy of a factor, or twice the area
    /// under the ROC curve of an attribute, less 1.
    pub fn tells(&self, unit: usize) -> Option<(String, f64)> {
        if let Some(told) = self.card.attribute(unit) {
            return Some((told.name.replace('_', " "), 2.0 * f64::from(told.area) - 1.0));
        }
        let factor = self.card.units.get(unit)?.factor.as_ref()?;
        Some((factor.name.clone(), f64::from(factor.information)))
    }

    /// Whether a unit's code is an angle.
    pub fn is_circle(&self, unit: usize) -> bool {
        self.card.model.is_circle(unit)
    }

    /// Units in use, by falling KL.
    pub fn used(&self) -> &[usize] {
        &self.order[..self.active]
    }

    /// The code of the live picture.
    pub fn live_code(&self) -> Vec<f32> {
        let mut code = self.code.clone();
        if let Some(preview) = self.preview {
            code[preview.unit] = preview.value;
        }
        code
    }

    /// The value of `unit` at `position`, 0 to 1, along its traversal.
    pub fn value_at(&self, unit: usize, position: f32) -> f32 {
        let [low, high] = self.card.units[unit].range;
        low + (high - low) * position.clamp(0.0, 1.0)
    }

    /// Where along its traversal `unit` has `value`, 0 to 1.
    pub fn position_of(&self, unit: usize, value: f32) -> f32 {
        let [low, high] = self.card.units[unit].range;
        ((value - low) / (high - low)).clamp(0.0, 1.0)
    }

    /// The ends of `unit`'s slider: all values that the data gave it, and its present one.
    pub fn slider_range(&self, unit: usize) -> [f32; 2] {
        let Some(entry) = self.card.units.get(unit) else { return [0.0, 1.0] };
        let histogram = &entry.mean_histogram;
        let values = [entry.range[0], entry.range[1], histogram.low, histogram.high, self.code[unit]];
        values.into_iter().fold([f32::MAX, f32::MIN], |[low, high], v| [low.min(v), high.max(v)])
    }

    /// The codes of a unit's row, `[COLUMNS, D]`.
    pub fn row_codes(&self, unit: usize) -> Vec<f32> {
        let mut codes = self.code.repeat(COLUMNS);
        for (column, code) in codes.chunks_exact_mut(self.code.len()).enumerate() {
            code[unit] = self.value_at(unit, column as f32 / (COLUMNS - 1) as f32);
        }
        codes
    }

    /// The codes of `units`, each at `position`, 0 to 1, along its own traversal, `[N, D]`.
    pub fn codes_at(&self, units: &[usize], position: f32) -> Vec<f32> {
        let mut codes = self.code.repeat(units.len());
        for (code, &unit) in codes.chunks_exact_mut(self.code.len()).zip(units) {
            code[unit] = self.value_at(unit, position);
        }
        codes
    }

    /// Pictures that the page shows of it at most: all rows, the live one, the reconstruction, and both
    /// ways from A to B.
    pub(super) fn room(&self) -> usize {
        let units = self.card.units.len();
        units * COLUMNS + 2 + COLUMNS + units + 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples;

    fn loaded(card: Card) -> Loaded {
        Loaded::new(card, Rc::default())
    }

    #[test]
    fn units_are_sorted_by_kl_with_the_inactive_last() {
        let mut card = samples::card(1, 4);
        card.units[3].kl = 9.0;
        let model = loaded(card);
        assert_eq!(model.order, [3, 0, 1, 2]);
        assert_eq!(model.used(), [3, 0, 1]);
    }

    #[test]
    fn a_row_moves_one_unit_over_its_range_and_holds_the_others() {
        let model = loaded(samples::card(1, 3));
        let codes = model.row_codes(0);
        let rows: Vec<&[f32]> = codes.chunks(3).collect();
        assert_eq!(rows.len(), COLUMNS);
        assert_eq!((rows[0], rows[COLUMNS - 1]), (&[-1.5, 0.25, 0.25][..], &[2.0, 0.25, 0.25][..]));
        assert!(rows.windows(2).all(|pair| pair[0][0] < pair[1][0]));
    }

    #[test]
    fn a_slider_reaches_all_that_the_data_reached() {
        let mut model = loaded(samples::card(1, 3));
        assert_eq!(model.slider_range(0), [-2.0, 2.0]);
        model.code[0] = 3.5;
        assert_eq!(model.slider_range(0), [-2.0, 3.5]);
    }
}
