//! One of the two models: its loading, code and pictures.

use std::rc::Rc;

use model::Card;

use super::pairs::sort_descending;
use super::{Activations, OwnModel, Ranges, Survey};
use crate::engine::Kind;
use crate::protocol::Measured;

/// Number of pictures in a row.
pub const COLUMNS: usize = 9;

/// One of the two sides of the comparison.
#[derive(Clone, Debug, Default)]
pub struct Side {
    /// Index on the menu: an entry of the manifest, or one after them for the visitor's own model.
    pub entry: Option<usize>,
    /// The visitor's own model, in use or not.
    pub own_model: Option<OwnModel>,
    /// Number of choices so far, to recognise results of earlier ones.
    pub visit: u32,
    /// State of loading.
    pub phase: Phase,
    /// A sentence on an opened file that can't be shown.
    pub refused: Option<String>,
}

/// State of loading.
#[derive(Clone, Debug, Default)]
pub enum Phase {
    /// No model is chosen yet.
    #[default]
    Empty,
    /// Bytes arrive, or the worker loads them.
    Loading {
        /// Bytes so far.
        received: u64,
        /// Bytes expected.
        total: u64,
        /// The file and its card, once it has arrived.
        file: Option<(Box<Card>, Rc<[u8]>)>,
    },
    /// The model is ready.
    Ready(Box<Loaded>),
    /// Loading failed, for this reason.
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

/// A unit that shows another value while the pointer is on it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Preview {
    /// Unit.
    pub unit: usize,
    /// Its value.
    pub value: f32,
}

/// A loaded model.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// Model card.
    pub card: Card,
    /// Its weights file.
    pub file: Rc<[u8]>,
    /// Engine of its pictures.
    pub engine: Kind,
    /// Units: active ones first, each group by decreasing KL.
    pub order: Vec<usize>,
    /// Number of active units.
    pub active: usize,
    /// Code of the last encoded picture, to which a reset returns.
    pub origin: Vec<f32>,
    /// Base code of all rows.
    pub code: Vec<f32>,
    /// Preview under the pointer.
    pub preview: Option<Preview>,
    /// Reconstruction of the picture, with its numbers.
    pub reconstruction: Option<(Measured, Vec<u8>)>,
    /// Units of the map: horizontal and vertical.
    pub pair: [usize; 2],
    /// The codes of pictures A and B, if they are set.
    pub ends: [Option<Vec<f32>>; 2],
    /// Range of each unit since the current factor started to move.
    pub ranges: Ranges,
    /// Survey with random pictures.
    pub survey: Survey,
    /// What its layers give and listen to.
    pub activations: Activations,
}

impl Loaded {
    /// Creates a model whose code is the mean over its data.
    pub fn new(card: Card, file: Rc<[u8]>) -> Self {
        let mut order: Vec<usize> = (0..card.units.len()).collect();
        sort_descending(&mut order, |&unit| f64::from(card.units[unit].kl));
        sort_descending(&mut order, |&unit| f64::from(u8::from(card.units[unit].is_active())));
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
            ranges: Ranges::default(),
            survey: Survey::default(),
            activations: Activations::default(),
            file,
            engine: Kind::Cpu,
            card,
        }
    }

    /// What a unit encodes best, and how well: the fraction of a factor's entropy, or twice the area
    /// under an attribute's ROC curve minus 1.
    pub fn best_factor(&self, unit: usize) -> Option<(String, f64)> {
        if let Some(attribute) = self.card.attribute(unit) {
            return Some((attribute.name.replace('_', " "), 2.0 * f64::from(attribute.area) - 1.0));
        }
        let factor = self.card.units.get(unit)?.factor.as_ref()?;
        Some((factor.name.clone(), f64::from(factor.information)))
    }

    /// Whether a unit is circular.
    pub fn is_circle(&self, unit: usize) -> bool {
        self.card.model.is_circle(unit)
    }

    /// Active units, by decreasing KL.
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

    /// Value of `unit` at `position` (0 to 1) of its traversal.
    pub fn value_at(&self, unit: usize, position: f32) -> f32 {
        let [low, high] = self.card.units[unit].range;
        low + (high - low) * position.clamp(0.0, 1.0)
    }

    /// Position (0 to 1) of `value` in the traversal of `unit`.
    pub fn position_of(&self, unit: usize, value: f32) -> f32 {
        let [low, high] = self.card.units[unit].range;
        ((value - low) / (high - low)).clamp(0.0, 1.0)
    }

    /// Range of `unit`'s slider: its values in the data and its current value.
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

    /// Codes with one of `units` each at `position` (0 to 1) of its traversal, `[N, D]`.
    pub fn codes_at(&self, units: &[usize], position: f32) -> Vec<f32> {
        let mut codes = self.code.repeat(units.len());
        for (code, &unit) in codes.chunks_exact_mut(self.code.len()).zip(units) {
            code[unit] = self.value_at(unit, position);
        }
        codes
    }

    /// Maximum number of pictures that the page shows of the model: all rows, the live picture, the
    /// reconstruction, and both paths from A to B.
    pub(super) fn room(&self) -> usize {
        let units = self.card.units.len();
        (units * COLUMNS + 2 + COLUMNS + units + 1).max(1 + super::brush::THUMBS + super::BRUSHED)
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
