//! Pairs of an image and the same image moved, in one of its ways: to where another image of the batch is, to
//! another's size, or by an angle of the whole turn; or of an image and another one, moved to where it is and
//! to its size.
//!
//! A pair of the same thing with one property drawn anew, independently, is what Sobol's total effect, and so
//! the [`purity`](super::purity), is defined by; and a property that another image has leads to no image that
//! the data could not hold. No label enters: what is known is that pictures lie in a plane. So codes are
//! *self-supervised by image motions* (compare Eastwood et al. 2023, "Self-supervised disentanglement by
//! leveraging structure in data augmentations").

use candle_core::{D, DType, Result, Tensor};
use rand::Rng;
use serde::{Deserialize, Serialize};

use super::{Owner, grouped};
use crate::term::Extra;

/// What of an image is drawn anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// The column of its centre of brightness: that of another image.
    X,
    /// The row of its centre of brightness: that of another image.
    Y,
    /// The root mean square distance of its brightness from the centre: that of another image.
    Size,
    /// A turn about its centre of brightness by an angle of the whole circle.
    Turn,
    /// What it shows: another image, moved to this one's place and size. Its angle is another too, and angles of
    /// different things can't be compared.
    Identity,
}

impl Kind {
    /// Which unit should have it.
    pub fn owner(self) -> Owner {
        match self {
            Self::X | Self::Y | Self::Size => Owner::Line,
            Self::Turn => Owner::Circle,
            Self::Identity => Owner::BesideCircles,
        }
    }

    /// Whether it is drawn from another image.
    fn is_of_another(self) -> bool {
        self == Self::Identity
    }
}

/// The first half of the `batch`, `[N, H, W, C]` in `[0, 1]`, moved: a kind a group. Values are interpolated
/// between pixels, and the edge is repeated; if the images are `binary`, what is below ½ becomes 0 and the rest
/// 1.
///
/// # Errors
/// Passes candle's errors on.
pub fn draw(kinds: &[Kind], batch: &Tensor, binary: bool, noise: &mut (impl Rng + ?Sized)) -> Result<Extra> {
    let count = batch.dim(0)?;
    let half = count.div_ceil(2);
    let groups = grouped(half, kinds.len().min(half));
    let (mut from, mut to, mut which) = (Vec::new(), Vec::new(), [vec![], vec![], vec![]]);
    let (mut cos, mut sin) = (Vec::with_capacity(half), Vec::with_capacity(half));
    for (kind, rows) in kinds.iter().zip(&groups) {
        for row in rows.clone() {
            let other = (row + noise.random_range(1..count.max(2))) % count;
            let [row, other] = [row, other].map(|image| u32::try_from(image).unwrap_or_default());
            let (first, second) = if kind.is_of_another() { (other, row) } else { (row, other) };
            from.push(first);
            to.push(second);
            for (which, of) in which.iter_mut().zip([Kind::X, Kind::Y, Kind::Size]) {
                which.push(f32::from(u8::from(of == *kind || kind.is_of_another())));
            }
            let angle = noise.random_range(-std::f32::consts::PI..std::f32::consts::PI);
            let angle = if *kind == Kind::Turn { angle } else { 0.0 };
            cos.push(angle.cos());
            sin.push(angle.sin());
        }
    }
    let device = batch.device();
    let [from, to] = [Tensor::new(from, device)?, Tensor::new(to, device)?];
    let [right, down, larger] = which.map(|which| Tensor::new(which, device));
    let moments = Moments::of(batch)?;
    let step = |all: &Tensor| all.index_select(&to, 0)? - all.index_select(&from, 0)?;
    let ratio = (step(&moments.log_size)? * larger?)?.exp()?;
    let motion = Move {
        dx: (step(&moments.x)? * right?)?,
        dy: (step(&moments.y)? * down?)?,
        cos: (Tensor::new(cos, device)? / &ratio)?,
        sin: (Tensor::new(sin, device)? / &ratio)?,
    };
    let centre = [moments.x.index_select(&from, 0)?, moments.y.index_select(&from, 0)?];
    let images = motion.of(&batch.index_select(&from, 0)?, &centre)?;
    let images = if binary { images.ge(0.5)?.to_dtype(DType::F32)? } else { images };
    let owners = kinds.iter().take(groups.len()).map(|kind| kind.owner()).collect();
    Ok(Extra { images, groups, owners })
}

/// Where the brightness of images lies, `[N]` each.
struct Moments {
    /// Column of the centre in pixels.
    x: Tensor,
    /// Row of the centre in pixels.
    y: Tensor,
    /// Log of the root mean square distance from the centre in pixels.
    log_size: Tensor,
}

/// Columns, `[1, 1, W]`, and rows, `[1, H, 1]`, in pixels.
fn places(height: usize, width: usize, images: &Tensor) -> Result<[Tensor; 2]> {
    let device = images.device();
    Ok([
        Tensor::arange(0f32, width as f32, device)?.reshape((1, 1, width))?,
        Tensor::arange(0f32, height as f32, device)?.reshape((1, height, 1))?,
    ])
}

impl Moments {
    fn of(images: &Tensor) -> Result<Self> {
        let (count, height, width, _) = images.dims4()?;
        let brightness = images.sum(D::Minus1)?;
        let columns = brightness.sum(1)?;
        let rows = brightness.sum(2)?;
        let total = (columns.sum(1)? + 1e-6)?;
        let [x, y] = places(height, width, images)?;
        let [x, y] = [x.reshape((1, width))?, y.reshape((1, height))?];
        let mean = |weights: &Tensor, of: &Tensor| weights.broadcast_mul(of)?.sum(1)?.div(&total);
        let (cx, cy) = (mean(&columns, &x)?, mean(&rows, &y)?);
        let square =
            |place: &Tensor, centre: &Tensor| place.broadcast_sub(&centre.reshape((count, 1))?)?.sqr();
        let spread = (mean(&columns, &square(&x, &cx)?)? + mean(&rows, &square(&y, &cy)?)?)?;
        // An image that is black, or has one bright pixel, is as if it were of one pixel.
        let log_size = (spread.maximum(1.0)?.log()? * 0.5)?;
        Ok(Self { x: cx, y: cy, log_size })
    }
}

/// A motion of each image about its centre, `[M]` each: a pixel p of the moved image is what the image has at
/// c + A·(p − d − c), with A = [[cos, −sin], [sin, cos]], which shrinks if cos² + sin² > 1.
struct Move {
    dx: Tensor,
    dy: Tensor,
    cos: Tensor,
    sin: Tensor,
}

impl Move {
    /// The `images`, `[M, H, W, C]`, moved; `centre` has the columns and rows of their centres.
    fn of(&self, images: &Tensor, centre: &[Tensor; 2]) -> Result<Tensor> {
        let (count, height, width, channels) = images.dims4()?;
        let each = |tensor: &Tensor| tensor.reshape((count, 1, 1));
        let [column, row] = places(height, width, images)?;
        let (cx, cy) = (each(&centre[0])?, each(&centre[1])?);
        let x = column.broadcast_sub(&(&cx + each(&self.dx)?)?)?;
        let y = row.broadcast_sub(&(&cy + each(&self.dy)?)?)?;
        let (cos, sin) = (each(&self.cos)?, each(&self.sin)?);
        let from_x = (x.broadcast_mul(&cos)?.broadcast_sub(&y.broadcast_mul(&sin)?)?.broadcast_add(&cx))?;
        let from_y = (x.broadcast_mul(&sin)?.broadcast_add(&y.broadcast_mul(&cos)?)?.broadcast_add(&cy))?;
        let [from_x, from_y] =
            [(from_x, width), (from_y, height)].map(|(at, side)| at.clamp(0f32, (side - 1) as f32));
        let [from_x, from_y] = [from_x?, from_y?];
        let [left, top] = [from_x.floor()?, from_y.floor()?];
        let [across, along] = [(from_x - &left)?, (from_y - &top)?];
        let last = |at: &Tensor, side: usize| (at + 1.0)?.minimum((side - 1) as f64);
        let [right, bottom] = [last(&left, width)?, last(&top, height)?];
        let flat = images.reshape((count, height * width, channels))?.contiguous()?;
        let at = |x: &Tensor, y: &Tensor| {
            let index = ((y * width as f64)? + x)?.to_dtype(DType::U32)?;
            let index = index.reshape((count, height * width, 1))?;
            flat.gather(&index.broadcast_as((count, height * width, channels))?.contiguous()?, 1)
        };
        let mixed = |from: Tensor, to: Tensor, share: &Tensor| {
            let share = share.reshape((count, height * width, 1))?;
            &from + (to - &from)?.broadcast_mul(&share)?
        };
        let above = mixed(at(&left, &top)?, at(&right, &top)?, &across)?;
        let below = mixed(at(&left, &bottom)?, at(&right, &bottom)?, &across)?;
        mixed(above, below, &along)?.reshape((count, height, width, channels))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use candle_core::Device;
    use rand::SeedableRng;
    use rand::rngs::SmallRng;

    const SIDE: usize = 40;

    /// White boxes on black, each told by its left, top, width and height.
    fn boxes(all: &[[usize; 4]]) -> Result<Tensor> {
        let mut values = vec![0f32; all.len() * SIDE * SIDE];
        for (image, [left, top, width, height]) in values.chunks_mut(SIDE * SIDE).zip(all) {
            for y in *top..top + height {
                image[y * SIDE + left..][..*width].fill(1.0);
            }
        }
        Tensor::from_vec(values, (all.len(), SIDE, SIDE, 1), &Device::Cpu)
    }

    fn moments(images: &Tensor) -> Result<[Vec<f32>; 3]> {
        let Moments { x, y, log_size } = Moments::of(images)?;
        Ok([x.to_vec1()?, y.to_vec1()?, log_size.exp()?.to_vec1()?])
    }

    #[test]
    fn each_group_gets_one_property_of_another_image_and_keeps_the_others() -> Result<()> {
        // Two boxes of different places and sizes, so that an image's other is the other box.
        let batch = boxes(&[[4, 8, 12, 10], [20, 25, 6, 5]])?;
        let before = moments(&batch)?;
        let mut noise = SmallRng::seed_from_u64(1);
        for (place, kind) in [Kind::X, Kind::Y, Kind::Size].into_iter().enumerate() {
            let Extra { images, groups, owners } = draw(&[kind], &batch, true, &mut noise)?;
            assert_eq!((groups, owners), (grouped(1, 1), vec![Owner::Line]));
            let after = moments(&images)?;
            for (property, (before, after)) in before.iter().zip(&after).enumerate() {
                let expected = before[usize::from(property == place)];
                // Black and white know no half pixels.
                assert!((after[0] - expected).abs() < 0.51, "{kind:?}: {} is not {expected}", after[0]);
            }
            let values = images.flatten_all()?.to_vec1::<f32>()?;
            assert!(values.iter().all(|value| *value == 0.0 || *value == 1.0));
        }
        Ok(())
    }

    #[test]
    fn a_turn_keeps_place_and_size_and_goes_all_the_way_round() -> Result<()> {
        // A long box: its second moments tell its direction up to half a turn.
        let batch = boxes(&[[10, 15, 20, 6], [0, 0, 1, 1]])?;
        let [x, y, size] = moments(&batch)?;
        let mut noise = SmallRng::seed_from_u64(1);
        let mut lying = 0;
        for _ in 0..40 {
            let Extra { images, owners, .. } = draw(&[Kind::Turn], &batch, true, &mut noise)?;
            assert_eq!(owners, [Owner::Circle]);
            let after = moments(&images)?;
            for (before, after) in [&x, &y, &size].into_iter().zip(&after) {
                assert!((after[0] - before[0]).abs() < 0.35, "{} is not {}", after[0], before[0]);
            }
            let image = images.reshape((SIDE, SIDE))?;
            let extent = |dim: usize| image.max(dim)?.sum_all()?.to_scalar::<f32>();
            lying += i32::from(extent(0)? > extent(1)?);
        }
        assert!((8..=32).contains(&lying), "{lying} of 40 lie");
        Ok(())
    }

    #[test]
    fn another_image_comes_to_this_ones_place_and_size() -> Result<()> {
        // A lying box and a standing one.
        let batch = boxes(&[[4, 8, 16, 4], [20, 15, 6, 18]])?;
        let before = moments(&batch)?;
        let Extra { images, owners, .. } =
            draw(&[Kind::Identity], &batch, true, &mut SmallRng::seed_from_u64(1))?;
        assert_eq!(owners, [Owner::BesideCircles]);
        for (before, after) in before.iter().zip(&moments(&images)?) {
            assert!((after[0] - before[0]).abs() < 0.51, "{} is not {}", after[0], before[0]);
        }
        let extent = |dim: usize| images.reshape((SIDE, SIDE))?.max(dim)?.sum_all()?.to_scalar::<f32>();
        assert!(extent(1)? > 2.0 * extent(0)?, "it stands");
        Ok(())
    }

    #[test]
    fn groups_have_their_own_kinds_and_small_batches_fewer() -> Result<()> {
        let batch = boxes(&[[4, 8, 12, 10], [20, 25, 6, 5], [1, 2, 3, 4], [9, 9, 9, 9]])?;
        let all = [Kind::X, Kind::Turn, Kind::Size];
        let Extra { images, groups, owners } = draw(&all, &batch, false, &mut SmallRng::seed_from_u64(1))?;
        assert_eq!(
            (images.dims(), groups, owners),
            (&[2, SIDE, SIDE, 1][..], vec![0..1, 1..2], vec![Owner::Line, Owner::Circle])
        );
        let one = draw(&all, &batch.narrow(0, 0, 1)?, false, &mut SmallRng::seed_from_u64(1))?;
        assert_eq!(
            one.images.flatten_all()?.to_vec1::<f32>()?,
            batch.get(0)?.flatten_all()?.to_vec1::<f32>()?
        );
        Ok(())
    }

    #[test]
    fn a_black_image_stays_black() -> Result<()> {
        let batch = boxes(&[[0, 0, 0, 0], [4, 4, 9, 9]])?;
        for kind in [Kind::X, Kind::Y, Kind::Size, Kind::Turn] {
            let moved = draw(&[kind], &batch, false, &mut SmallRng::seed_from_u64(1))?;
            assert_eq!(moved.images.sum_all()?.to_scalar::<f32>()?, 0.0);
        }
        Ok(())
    }
}
