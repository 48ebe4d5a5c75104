//! The last circle follows the direction of the image: weight·E[1 − cos(θ(x) − α(x))].
//!
//! The direction is α = arg Σ b·r²·exp(i·k·φ), where b is the brightness of a pixel, and r and φ are its distance and
//! angle from the centre of brightness. k is in how many directions the image looks the same: 4 if it does after a
//! quarter turn, 2 if it does after half a turn, otherwise 1. Such moments tell the direction of an image as the first
//! moments tell its position and the second moments its size (after Hu 1962, "Visual pattern recognition by moment
//! invariants"). This uses no labels.

use std::f32::consts::TAU;

use candle_core::{D, Result, Tensor};
use model::ModelConfig;
use model::circle::rounded;
use rand::RngCore;
use serde::{Deserialize, Serialize};

use crate::check::{Checked, invalid, positive_weight};
use crate::term::{CardEntry, Decoded, Encoded, Term};
use crate::weight::Weight;

/// Correlation of an image and its turned copy from which on they look the same.
const ALIKE: f32 = 0.9;

/// Variance of the brightness below which an image has no direction.
const LEAST: f64 = 1e-6;

/// A circle that follows the direction of the image.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Direction {
    /// Weight, in nats.
    pub weight: Weight,
}

impl Default for Direction {
    fn default() -> Self {
        Self { weight: Weight::Constant(30.0) }
    }
}

impl Term for Direction {
    fn card(&self) -> Option<CardEntry> {
        CardEntry::of("direction", &[("weight", self.weight.last())])
    }

    fn validate(&self, model: &ModelConfig) -> Checked {
        positive_weight("weight", self.weight)?;
        if model.circles == 0 {
            return invalid("weight", "needs a circle; set model.circles = 1");
        }
        Ok(())
    }

    fn penalty(
        &self,
        encoded: &Encoded,
        _decoded: &Decoded,
        _noise: &mut dyn RngCore,
    ) -> Result<Option<Tensor>> {
        let off = distance(encoded.images, &encoded.encoding.posterior.mean)?;
        (off * self.weight.at(encoded.step)).map(Some)
    }
}

/// Mean of 1 − cos(θ − α) over `images`, `[N, H, W, C]`. The last two channels of their `means`, `[N, W]`, are the
/// circle.
fn distance(images: &Tensor, means: &Tensor) -> Result<Tensor> {
    let (count, _, width, _) = images.dims4()?;
    let points = rounded(means, 1)?.narrow(1, means.dim(1)? - 2, 2)?;
    let mut wanted = Vec::with_capacity(2 * count);
    for values in images.sum(D::Minus1)?.flatten_from(1)?.to_vec2()? {
        wanted.extend(Brightness { values, width }.direction());
    }
    let wanted = Tensor::from_vec(wanted, (count, 2), points.device())?;
    (points * wanted)?.sum(1)?.mean_all()?.affine(-1.0, 1.0)
}

/// The brightness of an image.
struct Brightness {
    /// Values, row by row.
    values: Vec<f32>,
    width: usize,
}

impl Brightness {
    /// Cosine and sine of the direction α; 1 and 0 for a black image.
    fn direction(&self) -> [f32; 2] {
        let centre = self.centre();
        let alike = |order: &f32| self.alike_after(TAU / order, centre) > ALIKE;
        let order = [4.0, 2.0].into_iter().find(alike).unwrap_or(1.0);
        let [mut real, mut imaginary] = [0.0; 2];
        for ([x, y], value) in self.lit() {
            let (x, y) = (x - centre[0], y - centre[1]);
            let (sin, cos) = (order * y.atan2(x)).sin_cos();
            let weight = value * (x * x + y * y);
            real += weight * cos;
            imaginary += weight * sin;
        }
        let (sin, cos) = imaginary.atan2(real).sin_cos();
        [cos, sin]
    }

    /// Column, row and value of each pixel that is not black.
    fn lit(&self) -> impl Iterator<Item = ([f32; 2], f32)> {
        let pixels = self.values.iter().enumerate().filter(|(_, value)| **value != 0.0);
        pixels.map(|(at, value)| ([(at % self.width) as f32, (at / self.width) as f32], *value))
    }

    /// Column and row of the centre.
    fn centre(&self) -> [f32; 2] {
        let mut sums = [0.0; 3];
        for ([x, y], value) in self.lit() {
            for (sum, part) in sums.iter_mut().zip([value, value * x, value * y]) {
                *sum += part;
            }
        }
        [sums[1], sums[2]].map(|sum| sum / sums[0].max(f32::MIN_POSITIVE))
    }

    /// Correlation with the image after a turn by `angle` about `centre`, with values between pixels interpolated and
    /// the edge repeated; 0 for an image of almost one brightness.
    fn alike_after(&self, angle: f32, centre: [f32; 2]) -> f32 {
        let (sin, cos) = angle.sin_cos();
        let [mut sum, mut squares, mut turned_sum, mut turned_squares, mut products] = [0f64; 5];
        for (at, value) in self.values.iter().enumerate() {
            let (x, y) = ((at % self.width) as f32 - centre[0], (at / self.width) as f32 - centre[1]);
            let turned = self.between([x * cos - y * sin + centre[0], x * sin + y * cos + centre[1]]);
            let (value, turned) = (f64::from(*value), f64::from(turned));
            sum += value;
            squares += value * value;
            turned_sum += turned;
            turned_squares += turned * turned;
            products += value * turned;
        }
        let count = self.values.len() as f64;
        let own = squares - sum * sum / count;
        let turned = turned_squares - turned_sum * turned_sum / count;
        if own.min(turned) < LEAST * count {
            return 0.0;
        }
        ((products - sum * turned_sum / count) / (own * turned).sqrt()) as f32
    }

    /// The value at a column and row, interpolated between pixels.
    fn between(&self, [x, y]: [f32; 2]) -> f32 {
        let last = [self.width - 1, self.values.len() / self.width - 1];
        let [x, y] = [(x, last[0]), (y, last[1])].map(|(at, last)| at.clamp(0.0, last as f32));
        let (left, top) = (x as usize, y as usize);
        let (right, bottom) = ((left + 1).min(last[0]), (top + 1).min(last[1]));
        let (across, along) = (x - left as f32, y - top as f32);
        let value = |x: usize, y: usize| self.values[y * self.width + x];
        let mixed = |y: usize| value(left, y) + (value(right, y) - value(left, y)) * across;
        mixed(top) + (mixed(bottom) - mixed(top)) * along
    }
}

#[cfg(test)]
mod tests {
    use candle_core::{Device, Var};

    use super::*;

    const SIDE: usize = 40;

    /// An image that is white where `inside` holds, in pixels from `centre` along axes turned by `angle`.
    fn drawn(centre: [f32; 2], angle: f32, inside: impl Fn(f32, f32) -> bool) -> Brightness {
        let (sin, cos) = angle.sin_cos();
        let white = |at: usize| {
            let (x, y) = ((at % SIDE) as f32 - centre[0], (at / SIDE) as f32 - centre[1]);
            f32::from(u8::from(inside(x * cos + y * sin, y * cos - x * sin)))
        };
        Brightness { values: (0..SIDE * SIDE).map(white).collect(), width: SIDE }
    }

    fn square(x: f32, y: f32) -> bool {
        x.abs().max(y.abs()) < 7.3
    }

    fn bar(x: f32, y: f32) -> bool {
        x.abs() < 11.3 && y.abs() < 4.3
    }

    /// Two arms of the same length that meet in a corner.
    fn corner(x: f32, y: f32) -> bool {
        (-6.3..12.3).contains(&x.max(y)) && (-6.3..0.3).contains(&x.min(y))
    }

    #[test]
    fn the_direction_turns_with_the_image_as_often_as_it_looks_the_same() {
        for (inside, order) in [(square as fn(f32, f32) -> bool, 4.0), (bar, 2.0), (corner, 1.0)] {
            let at = |angle: f32| {
                let [cos, sin] = drawn([19.0, 20.0], angle, inside).direction();
                sin.atan2(cos)
            };
            for angle in [-2.5, -0.7, 0.4, 1.9] {
                let off = (at(angle) - at(0.0) - order * angle).cos();
                assert!(off > 0.95, "{order} directions, {angle}: from {} to {}", at(0.0), at(angle));
            }
        }
    }

    #[test]
    fn the_direction_is_the_same_at_every_place_and_size() {
        let [here, there] = [([14.0, 13.0], 1.0), ([27.3, 24.0], 2.0)]
            .map(|(centre, shrunk)| drawn(centre, 0.3, |x, y| corner(shrunk * x, shrunk * y)).direction());
        assert!(here[0] * there[0] + here[1] * there[1] > 0.98, "{here:?} and {there:?}");
        assert_eq!(drawn([9.0; 2], 0.0, |_, _| false).direction(), [1.0, 0.0], "a black image");
        let grey = Brightness { values: vec![0.3; SIDE * SIDE], width: SIDE };
        assert_eq!(grey.alike_after(TAU / 4.0, grey.centre()), 0.0);
    }

    /// A lying and a standing bar. Twice the angle of their axes is 0 and π.
    fn bars() -> Result<Tensor> {
        let values = [0.0, TAU / 4.0].map(|angle| drawn([20.0; 2], angle, bar).values).concat();
        Tensor::from_vec(values, (2, SIDE, SIDE, 1), &Device::Cpu)
    }

    #[test]
    fn it_is_0_for_the_direction_and_2_for_its_opposite() -> Result<()> {
        for (points, expected) in [
            ([[3f32, 0.0], [-0.5, 0.0]], 0.0),
            ([[-1.0, 0.0], [2.0, 0.0]], 2.0),
            ([[0.0, 1.0], [-1.0, 0.0]], 0.5),
        ] {
            // A unit that is not the circle comes first.
            let means: Vec<Vec<f32>> = points.iter().map(|point| vec![9.0, point[0], point[1]]).collect();
            let got = distance(&bars()?, &Tensor::new(means, &Device::Cpu)?)?.to_scalar::<f32>()?;
            assert!((got - expected).abs() < 1e-3, "{points:?}: {got}");
        }
        Ok(())
    }

    #[test]
    fn its_gradient_turns_the_circle_to_the_direction_and_leaves_other_units() -> Result<()> {
        let means = Var::new(&[[1f32, 0.0, 1.0], [1.0, 0.0, 1.0]], &Device::Cpu)?;
        let gradients = distance(&bars()?, &means)?.backward()?;
        let gradient = gradients.get(&means).map(|gradient| gradient.to_vec2::<f32>()).transpose()?;
        let gradient = gradient.unwrap_or_default();
        assert!(gradient[0][1] < -0.1 && gradient[1][1] > 0.1, "{gradient:?}");
        assert!(gradient.iter().all(|row| row[0] == 0.0), "{gradient:?}");
        Ok(())
    }

    #[test]
    fn it_needs_a_circle() {
        let circle = ModelConfig { circles: 1, ..ModelConfig::default() };
        assert_eq!(Direction::default().validate(&circle), Ok(()));
        assert!(Direction::default().validate(&ModelConfig::default()).is_err());
        let off = Direction { weight: Weight::Constant(-1.0) };
        assert_eq!(off.validate(&circle).expect_err("it was accepted").key, "weight");
    }
}
