//! Random pictures of a world for surveys: the same for every model and visitor.

use worlds::World;

use crate::random::Random;

/// Classes of survey picture `n`, followed by those of its redrawn versions, each with one factor drawn
/// again.
pub(crate) fn draws(world: &dyn World, n: usize) -> Vec<Vec<usize>> {
    let mut random = Random::new(n as u64);
    let factors = world.factors();
    let base: Vec<usize> = factors.iter().map(|factor| random.below(factor.count)).collect();
    let mut all = vec![base; factors.len() + 1];
    for (index, factor) in factors.iter().enumerate() {
        all[index + 1][index] = random.below(factor.count);
    }
    all
}

/// Draws survey picture `n`, `[H, W, C]`, 0 to 255.
pub(crate) fn picture(world: &dyn World, n: usize) -> Vec<u8> {
    let mut picture = vec![0; world.image_shape().iter().product()];
    world.render_index(world.index(&draws(world, n)[0]), &mut picture);
    picture
}

/// Draws these pictures, `[1 + F, H, W, C]`, 0 to 255.
pub(crate) fn pictures(world: &dyn World, n: usize) -> Vec<u8> {
    let size: usize = world.image_shape().iter().product();
    let mut pictures = Vec::new();
    for classes in draws(world, n) {
        let start = pictures.len();
        pictures.resize(start + size, 0);
        world.render_index(world.index(&classes), &mut pictures[start..]);
    }
    pictures
}

#[cfg(test)]
mod tests {
    use super::*;
    use worlds::sprites::Sprites;

    #[test]
    fn a_redrawing_differs_in_its_factor_alone() {
        let all = draws(&Sprites, 3);
        for (factor, classes) in all[1..].iter().enumerate() {
            let others = |(index, (a, b)): (usize, (&usize, &usize))| index == factor || a == b;
            assert!(classes.iter().zip(&all[0]).enumerate().all(others), "{factor}");
        }
        assert_eq!(pictures(&Sprites, 3).len(), 6 * 4096);
    }
}
