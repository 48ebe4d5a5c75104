//! Images with one bit per pixel, small enough to keep a whole world in memory or on disk.

use crate::World;

/// Bytes per packed image: the number of pixels over eight, rounded up.
pub fn packed_len(world: &dyn World) -> usize {
    world.image_shape().iter().product::<usize>().div_ceil(8)
}

/// Draws the grid images `indices` and packs them one after the other (see [`World::render_packed`]).
///
/// ```
/// use worlds::{World, pack, packed_len, sprites::Sprites};
///
/// let mut packed = vec![0; 3 * packed_len(&Sprites)];
/// pack(&Sprites, 1024..1027, &mut packed);
/// ```
///
/// # Panics
/// If an index is outside the grid, or `packed` is not [`packed_len`] bytes per index.
pub fn pack(world: &dyn World, indices: impl IntoIterator<Item = u64>, packed: &mut [u8]) {
    let mut rest = packed.chunks_exact_mut(packed_len(world));
    for index in indices {
        let image = rest.next().expect("room for every packed image");
        world.render_packed(index, image);
    }
    let unused = rest.next().map_or(0, |chunk| chunk.len()) + rest.into_remainder().len();
    assert_eq!(unused, 0, "more room than packed images");
}

pub(crate) fn pack_image(image: &[u8], packed: &mut [u8]) {
    assert_eq!(packed.len(), image.len().div_ceil(8));
    for (byte, pixels) in packed.iter_mut().zip(image.chunks(8)) {
        let bits = pixels.iter().enumerate();
        *byte = bits.fold(0, |byte, (place, &pixel)| byte | ((pixel >> 7) << (7 - place)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Factor, all};

    /// A world without methods of its own for drawing by index and packing, so that the defaults run.
    struct Plain(&'static dyn World);

    impl World for Plain {
        fn name(&self) -> &'static str {
            self.0.name()
        }
        fn image_shape(&self) -> [usize; 3] {
            self.0.image_shape()
        }
        fn factors(&self) -> &'static [Factor] {
            self.0.factors()
        }
        fn render(&self, values: &[f64], image: &mut [u8]) {
            self.0.render(values, image);
        }
    }

    #[test]
    fn a_worlds_own_drawing_by_index_and_packing_equal_the_plain_ones() {
        for &world in all() {
            let plain = Plain(world);
            let mut images = [(); 2].map(|()| vec![0; world.image_shape().iter().product()]);
            let mut packed = [(); 2].map(|()| vec![0; packed_len(world)]);
            for index in (0..world.len()).step_by(1 + world.len() as usize / 300) {
                world.render_index(index, &mut images[0]);
                plain.render_index(index, &mut images[1]);
                assert_eq!(images[0], images[1], "{} {index}", world.name());
                world.render_packed(index, &mut packed[0]);
                plain.render_packed(index, &mut packed[1]);
                assert_eq!(packed[0], packed[1], "{} {index}", world.name());
            }
        }
    }

    #[test]
    fn binary_worlds_come_back_from_bits() {
        for &world in all().iter().filter(|world| world.is_binary()) {
            let mut image = vec![0; world.image_shape().iter().product()];
            let mut packed = vec![0; packed_len(world)];
            for index in (0..world.len()).step_by(1 + world.len() as usize / 300) {
                world.render_index(index, &mut image);
                pack(world, [index], &mut packed);
                let bits = |byte: &u8| (0..8).map(|place| byte << place & 128).collect::<Vec<_>>();
                let back: Vec<u8> = packed.iter().flat_map(bits).map(|bit| bit / 128 * 255).collect();
                assert_eq!(image, back, "{} {index}", world.name());
            }
        }
    }

    #[test]
    fn bits_run_from_the_highest_and_the_last_byte_is_filled_with_zeros() {
        let mut packed = [0xff; 2];
        pack_image(&[255, 0, 128, 127, 0, 0, 0, 255, 255], &mut packed);
        assert_eq!(packed, [0b1010_0001, 0b1000_0000]);
    }

    #[test]
    #[should_panic(expected = "room for every packed image")]
    fn packing_more_images_than_fit_is_refused() {
        pack(all()[0], 0..2, &mut vec![0; packed_len(all()[0])]);
    }

    #[test]
    #[should_panic(expected = "more room than packed images")]
    fn packing_fewer_images_than_fit_is_refused() {
        pack(all()[0], 0..2, &mut vec![0; 3 * packed_len(all()[0])]);
    }
}
