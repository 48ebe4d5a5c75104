//! Scores of perfect codes of a world: the most that a model can reach.

use std::f64::consts::TAU;

use metrics::{Score, WorldError, WorldSample};
use rayon::prelude::*;
use worlds::{FactorKind, World};

use super::Protocol;

/// What a perfect code holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Perfect {
    /// The class of each factor; the angle of each cyclic factor, as a circle.
    Factors,
    /// For sprites, whose squares and ellipses look the same after a quarter or half turn: the angle that a picture
    /// shows, stretched to the whole circle.
    Pictures,
    /// For sprites: the same, but positions are the centre of brightness, and the size is the root mean square
    /// distance from it. Motions of images tell no other position or size.
    Motions,
}

impl Perfect {
    /// The perfect codes of a world.
    pub fn of(world: &dyn World) -> &'static [Self] {
        let all = &[Self::Factors, Self::Pictures, Self::Motions];
        if world.name() == SPRITES { all } else { &all[..1] }
    }

    /// Name in tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::Factors => "factors",
            Self::Pictures => "pictures",
            Self::Motions => "motions",
        }
    }

    /// Number of circles, which are the last units.
    fn circles(world: &dyn World) -> usize {
        world.factors().iter().filter(|factor| factor.kind == FactorKind::Cycle).count()
    }

    /// The code of the image `index`: a value for each factor, cyclic factors last.
    fn code(self, world: &dyn World, index: u64) -> Vec<f64> {
        let classes = world.classes(index);
        let (mut code, mut angles) = (Vec::new(), Vec::new());
        for (factor, &class) in world.factors().iter().zip(&classes) {
            if factor.kind == FactorKind::Cycle {
                let share = (factor.value(class) - factor.low) / (factor.high - factor.low);
                angles.push(TAU * share);
            } else {
                code.push(class as f64);
            }
        }
        if self != Self::Factors {
            // Turns of a square, an ellipse and a heart until they look the same.
            angles[0] *= [4.0, 2.0, 1.0][classes[0]];
        }
        if self == Self::Motions {
            let [x, y, size] = moments(world, index);
            code = vec![classes[0] as f64, size, x, y];
        }
        code.extend(angles.iter().map(|angle| (angle + TAU / 2.0).rem_euclid(TAU) - TAU / 2.0));
        code
    }
}

const SPRITES: &str = "sprites";

/// Centre of brightness, x and y, and root mean square distance from it, in pixels.
fn moments(world: &dyn World, index: u64) -> [f64; 3] {
    let [height, width, channels] = world.image_shape();
    let mut image = vec![0; height * width * channels];
    world.render_index(index, &mut image);
    let mut sums = [0f64; 4];
    for (place, &value) in image.iter().enumerate() {
        let (x, y) = ((place / channels % width) as f64, (place / channels / width) as f64);
        for (sum, part) in sums.iter_mut().zip([1.0, x, y, x * x + y * y]) {
            *sum += f64::from(value) * part;
        }
    }
    let [x, y, square] = [1, 2, 3].map(|moment| sums[moment] / sums[0].max(1.0));
    [x, y, (square - x * x - y * y).max(0.0).sqrt()]
}

/// Scores the perfect code `perfect` of `world` with the protocol of models.
///
/// # Errors
/// Fails if the codes are no representation.
pub fn ceiling(
    world: &'static dyn World,
    perfect: Perfect,
    protocol: &Protocol,
) -> Result<Vec<Score>, WorldError> {
    let sample = WorldSample::new(world, protocol.codes, protocol.grid, protocol.seed);
    let codes = |indices: &[u64]| -> Vec<f64> {
        indices.par_iter().flat_map_iter(|&index| perfect.code(world, index)).collect()
    };
    let (units, circles) = (world.factors().len(), Perfect::circles(world));
    let mut scores = sample.of_drawn(codes(&sample.drawn()), units, circles, false)?;
    scores.extend(sample.of_lattice(codes(&sample.lattice()), units, circles)?);
    Ok(scores)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_of_sprites_hold_what_pictures_show() -> Result<(), &'static str> {
        let world = worlds::by_name("sprites").ok_or("no sprites")?;
        // An ellipse of the largest scale after a quarter turn, which looks the same after half a turn.
        let index = world.index(&[1, 5, 10, 16, 16]);
        let angle = TAU * 10.0 / 39.0;
        let [factors, pictures, motions] =
            [Perfect::Factors, Perfect::Pictures, Perfect::Motions].map(|perfect| perfect.code(world, index));
        assert_eq!(factors[..4], [1.0, 5.0, 16.0, 16.0]);
        assert!((factors[4] - angle).abs() < 1e-9);
        assert!((pictures[4] - (2.0 * angle - TAU)).abs() < 1e-9);
        // Its area is π/4 of 19.2², and its axes have the ratio 1.33²: root mean square radius 7.3 pixels.
        assert!((motions[1] - 7.33).abs() < 0.1, "{}", motions[1]);
        assert!((motions[2] - 32.0).abs() < 1.0 && (motions[3] - 32.0).abs() < 1.0, "{motions:?}");
        Ok(())
    }

    #[test]
    fn a_perfect_code_scores_near_1() -> Result<(), Box<dyn std::error::Error>> {
        let world = worlds::by_name("faces").ok_or("no faces")?;
        assert_eq!(Perfect::of(world), [Perfect::Factors]);
        let protocol = Protocol { grid: 2000, codes: 1500, seed: 1, ..Protocol::default() };
        let scores = ceiling(world, Perfect::Factors, &protocol)?;
        let of = |name: &str| scores.iter().find(|score| score.metric == name).map(|score| score.value);
        assert!(of("dci_disentanglement") > Some(0.95), "{scores:?}");
        assert!(of("mig") > Some(0.8), "{scores:?}");
        Ok(())
    }
}
