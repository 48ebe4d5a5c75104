//! Pairs of an image and the same image with one property changed: to the position, size or light of another
//! image of the batch, by a random rotation or a small motion, or with a part of another image. For
//! [`Kind::Identity`], the second image is another one, moved to the position and size of the first.
//!
//! Sobol's total effect, and with it the [`purity`](super::purity), is defined by pairs in which one property is
//! drawn again independently. Properties of other images give only images that the data could contain. This
//! uses no labels, only that objects move in the plane of the image and under a light, and where the parts of
//! aligned faces are. Codes are *self-supervised by image motions* (compare Eastwood et al. 2023,
//! "Self-supervised disentanglement by leveraging structure in data augmentations").

use candle_core::{D, DType, Result, Tensor};
use model::ImageShape;
use rand::Rng;
use serde::{Deserialize, Serialize};

use super::light::Light;
use super::parts::Part;
use super::{AllowedUnits, grouped};
use crate::term::Extra;

/// Largest shift of [`Kind::ShiftX`] and [`Kind::ShiftY`], as a fraction of the side.
const SHIFT: f32 = 4.0 / 64.0;
/// Largest logarithm of the scale of [`Kind::Zoom`], in both directions.
const ZOOM: f32 = 0.15;
/// Largest [`Kind::Tilt`] in radians.
const TILT: f32 = 0.25;

/// The property of an image that changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// The column of the centre of brightness becomes that of another image.
    X,
    /// The row of the centre of brightness becomes that of another image.
    Y,
    /// The root mean square distance of the brightness from its centre becomes that of another image.
    Size,
    /// Rotation about the centre of brightness by any angle.
    Turn,
    /// The content becomes that of another image, moved to this image's position and size. Angles differ
    /// too, because angles of different things can't be compared.
    Identity,
    /// The mean luminance becomes that of another image.
    Brightness,
    /// The standard deviation of the luminance becomes that of another image.
    Contrast,
    /// The mean of red minus blue becomes that of another image.
    Warmth,
    /// The root mean square distance of the channels from the luminance becomes that of another image.
    Saturation,
    /// The slope of the luminance from left to right becomes that of another image.
    SideLight,
    /// Left and right are swapped.
    Mirror,
    /// Shift by up to a sixteenth of the width.
    ShiftX,
    /// Shift by up to a sixteenth of the height.
    ShiftY,
    /// Scaling about the middle by up to 16 %.
    Zoom,
    /// Rotation about the middle by up to a quarter of a radian (14°).
    Tilt,
    /// The mouth of an aligned face becomes that of another image, in this image's colour.
    Mouth,
    /// The eyes of an aligned face become those of another image, in this image's colour.
    Eyes,
    /// The forehead of an aligned face becomes that of another image, in this image's colour.
    Forehead,
}

/// How a kind changes an image.
enum Transform {
    /// A motion in the plane.
    Plane,
    Light(Light),
    Part(Part),
}

impl Kind {
    /// Which units may encode the property.
    pub fn allowed_units(self) -> AllowedUnits {
        match self {
            Self::Turn => AllowedUnits::Circular,
            Self::Identity => AllowedUnits::LinearIgnoringCircles,
            _ => AllowedUnits::Linear,
        }
    }

    fn transform(self) -> Transform {
        match self {
            Self::Brightness => Transform::Light(Light::Brightness),
            Self::Contrast => Transform::Light(Light::Contrast),
            Self::Warmth => Transform::Light(Light::Warmth),
            Self::Saturation => Transform::Light(Light::Saturation),
            Self::SideLight => Transform::Light(Light::Side),
            Self::Mouth => Transform::Part(Part::Mouth),
            Self::Eyes => Transform::Part(Part::Eyes),
            Self::Forehead => Transform::Part(Part::Forehead),
            _ => Transform::Plane,
        }
    }

    /// Returns the requirement that images of this shape don't meet, or `None`.
    pub fn unmet_requirement(self, image: ImageShape, binary: bool) -> Option<&'static str> {
        match self.transform() {
            Transform::Plane => None,
            Transform::Light(light) if light.needs_colour() && image.channels != 3 => {
                Some("needs images in colour")
            }
            Transform::Light(_) | Transform::Part(_) if binary => {
                Some("needs images that aren't black and white")
            }
            Transform::Light(_) | Transform::Part(_) => None,
        }
    }

    /// Returns the changed `images`. `others` provide the properties to copy, and `draws` in [−1, 1)
    /// random values for the rest.
    fn apply(self, images: &Tensor, others: &Tensor, draws: &[f32]) -> Result<Tensor> {
        match self.transform() {
            Transform::Light(light) => light.transfer(images, others),
            Transform::Part(part) => part.transfer(images, others),
            Transform::Plane => self.move_in_plane(images, others, draws),
        }
    }

    /// Same as [`Kind::apply`], for motions in the plane.
    fn move_in_plane(self, images: &Tensor, others: &Tensor, draws: &[f32]) -> Result<Tensor> {
        let (_, height, width, _) = images.dims4()?;
        let drawn = |largest: f32| Tensor::new(draws, images.device())?.affine(f64::from(largest), 0.0);
        let mut motion = Move::identity(images)?;
        match self {
            Self::Mirror => {
                let back = Tensor::arange_step(width as i64 - 1, -1, -1, images.device())?;
                return images.index_select(&back.to_dtype(DType::U32)?, 2);
            }
            Self::ShiftX => motion.dx = drawn(SHIFT * width as f32)?,
            Self::ShiftY => motion.dy = drawn(SHIFT * height as f32)?,
            Self::Zoom => motion.cos = drawn(ZOOM)?.exp()?,
            Self::Tilt => motion = motion.turned(&drawn(TILT)?)?,
            _ => {
                let (from, to) = if self == Self::Identity { (others, images) } else { (images, others) };
                let (here, there) = (Moments::of(from)?, Moments::of(to)?);
                (motion.cx, motion.cy) = (here.x.clone(), here.y.clone());
                let all = self == Self::Identity;
                if all || self == Self::X {
                    motion.dx = (&there.x - &here.x)?;
                }
                if all || self == Self::Y {
                    motion.dy = (&there.y - &here.y)?;
                }
                if all || self == Self::Size {
                    motion.cos = (here.log_size - there.log_size)?.exp()?;
                }
                if self == Self::Turn {
                    motion = motion.turned(&drawn(std::f32::consts::PI)?)?;
                }
                return motion.of(from);
            }
        }
        motion.of(images)
    }
}

/// Changes the first half of `batch`, `[N, H, W, C]` in `[0, 1]`, with one kind per group. Values are
/// interpolated between pixels, and the edge is repeated. If the images are `binary`, values are rounded
/// to 0 or 1.
///
/// # Errors
/// Passes candle's errors on.
pub fn draw(kinds: &[Kind], batch: &Tensor, binary: bool, noise: &mut (impl Rng + ?Sized)) -> Result<Extra> {
    let count = batch.dim(0)?;
    let half = count.div_ceil(2);
    let groups = grouped(half, kinds.len().min(half));
    let mut moved = Vec::with_capacity(groups.len());
    for (kind, rows) in kinds.iter().zip(&groups) {
        let (mut others, mut draws) = (Vec::new(), Vec::new());
        for row in rows.clone() {
            let other = (row + noise.random_range(1..count.max(2))) % count;
            others.push(u32::try_from(other).unwrap_or_default());
            draws.push(noise.random_range(-1f32..1.0));
        }
        let others = batch.index_select(&Tensor::new(others, batch.device())?, 0)?;
        moved.push(kind.apply(&batch.narrow(0, rows.start, rows.len())?, &others, &draws)?);
    }
    let images = Tensor::cat(&moved, 0)?;
    let images = if binary { images.ge(0.5)?.to_dtype(DType::F32)? } else { images };
    let allowed = kinds.iter().take(groups.len()).map(|kind| kind.allowed_units()).collect();
    Ok(Extra { images, groups, allowed })
}

/// Moments of the brightness of images, `[N]` each.
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
        // Black images and single bright pixels count as one pixel.
        let log_size = (spread.maximum(1.0)?.log()? * 0.5)?;
        Ok(Self { x: cx, y: cy, log_size })
    }
}

/// A motion of each image about its centre c, `[M]` each: pixel p of the moved image comes from
/// c + A·(p − d − c), with A = [[cos, −sin], [sin, cos]]. The image shrinks if cos² + sin² > 1.
struct Move {
    /// Column and row of the centre in pixels.
    cx: Tensor,
    cy: Tensor,
    dx: Tensor,
    dy: Tensor,
    cos: Tensor,
    sin: Tensor,
}

impl Move {
    /// The identity, about the middle of `images`.
    fn identity(images: &Tensor) -> Result<Self> {
        let (count, height, width, _) = images.dims4()?;
        let all = |value: f64| Tensor::full(value as f32, count, images.device());
        let (cx, cy) = (all((width as f64 - 1.0) / 2.0)?, all((height as f64 - 1.0) / 2.0)?);
        Ok(Self { cx, cy, dx: all(0.0)?, dy: all(0.0)?, cos: all(1.0)?, sin: all(0.0)? })
    }

    /// Adds a rotation by `angle` in radians, `[M]`, without a change of size.
    fn turned(self, angle: &Tensor) -> Result<Self> {
        Ok(Self { cos: angle.cos()?, sin: angle.sin()?, ..self })
    }

    /// Applies the motion to `images`, `[M, H, W, C]`.
    fn of(&self, images: &Tensor) -> Result<Tensor> {
        let (count, height, width, channels) = images.dims4()?;
        let each = |tensor: &Tensor| tensor.reshape((count, 1, 1));
        let [column, row] = places(height, width, images)?;
        let (cx, cy) = (each(&self.cx)?, each(&self.cy)?);
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

    /// White boxes on black, given by left, top, width and height.
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
            let Extra { images, groups, allowed } = draw(&[kind], &batch, true, &mut noise)?;
            assert_eq!((groups, allowed), (grouped(1, 1), vec![AllowedUnits::Linear]));
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
            let Extra { images, allowed, .. } = draw(&[Kind::Turn], &batch, true, &mut noise)?;
            assert_eq!(allowed, [AllowedUnits::Circular]);
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
        let Extra { images, allowed, .. } =
            draw(&[Kind::Identity], &batch, true, &mut SmallRng::seed_from_u64(1))?;
        assert_eq!(allowed, [AllowedUnits::LinearIgnoringCircles]);
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
        let Extra { images, groups, allowed } = draw(&all, &batch, false, &mut SmallRng::seed_from_u64(1))?;
        assert_eq!(
            (images.dims(), groups, allowed),
            (&[2, SIDE, SIDE, 1][..], vec![0..1, 1..2], vec![AllowedUnits::Linear, AllowedUnits::Circular])
        );
        let one = draw(&all, &batch.narrow(0, 0, 1)?, false, &mut SmallRng::seed_from_u64(1))?;
        assert_eq!(
            one.images.flatten_all()?.to_vec1::<f32>()?,
            batch.get(0)?.flatten_all()?.to_vec1::<f32>()?
        );
        Ok(())
    }

    #[test]
    fn light_and_parts_come_from_another_image() -> Result<()> {
        let values = Tensor::arange(0f32, (2 * 64 * 64 * 3) as f32, &Device::Cpu)?;
        let batch = ((values.affine(0.011, 0.0)?.sin()? * 0.2)? + 0.5)?.reshape((2, 64, 64, 3))?;
        let scale = Tensor::new(&[0.9f32, 1.2], &Device::Cpu)?.reshape((2, 1, 1, 1))?;
        let tint =
            Tensor::new(&[[0.02f32, 0.0, -0.02], [0.05, 0.0, -0.02]], &Device::Cpu)?.reshape((2, 1, 1, 3))?;
        let ramp = Tensor::arange(0f32, 64f32, &Device::Cpu)?.affine(0.002, -0.063)?.reshape((1, 64, 1))?;
        let ramp = Tensor::stack(&[ramp.zeros_like()?, ramp], 0)?;
        let batch = batch.broadcast_mul(&scale)?.broadcast_add(&tint)?.broadcast_add(&ramp)?;
        let (first, other) = (batch.narrow(0, 0, 1)?, batch.narrow(0, 1, 1)?);
        let lights = [
            (Kind::Brightness, Light::Brightness),
            (Kind::Contrast, Light::Contrast),
            (Kind::Warmth, Light::Warmth),
            (Kind::Saturation, Light::Saturation),
            (Kind::SideLight, Light::Side),
        ];
        let mut noise = SmallRng::seed_from_u64(1);
        for (kind, light) in lights {
            let Extra { images, allowed, .. } = draw(&[kind], &batch, false, &mut noise)?;
            assert_eq!(allowed, [AllowedUnits::Linear]);
            let of = |images: &Tensor| light.of(images)?.get(0)?.to_scalar::<f32>();
            assert!((of(&first)? - of(&other)?).abs() > 0.01, "{kind:?} is to move");
            assert!((of(&images)? - of(&other)?).abs() < 2e-3, "{kind:?}");
        }
        for (kind, part) in
            [(Kind::Mouth, Part::Mouth), (Kind::Eyes, Part::Eyes), (Kind::Forehead, Part::Forehead)]
        {
            let images = draw(&[kind], &batch, false, &mut noise)?.images;
            let off = (images - part.transfer(&first, &other)?)?.abs()?.sum_all()?.to_scalar::<f32>()?;
            assert_eq!(off, 0.0, "{kind:?}");
        }
        Ok(())
    }

    #[test]
    fn small_motions_have_their_documented_size() -> Result<()> {
        let batch = boxes(&[[12, 14, 16, 12], [20, 25, 6, 5]])?;
        let before = moments(&batch)?;
        let mut noise = SmallRng::seed_from_u64(1);
        for (place, kind, largest) in [(0, Kind::ShiftX, 2.5), (1, Kind::ShiftY, 2.5), (2, Kind::Zoom, 0.0)] {
            let mut widest = 0f32;
            for _ in 0..30 {
                let after = moments(&draw(&[kind], &batch, false, &mut noise)?.images)?;
                let off = after[place][0] - before[place][0];
                widest = widest.max(off.abs());
                let largest = if kind == Kind::Zoom { 0.17 * before[2][0] } else { largest };
                assert!(off.abs() < largest + 0.1, "{kind:?} by {off}");
                if kind != Kind::Zoom {
                    assert!((after[1 - place][0] - before[1 - place][0]).abs() < 0.05, "{kind:?}");
                }
            }
            let least = if kind == Kind::Zoom { 0.1 * before[2][0] } else { 1.5 };
            assert!(widest > least, "{kind:?} by {widest}");
        }
        Ok(())
    }

    #[test]
    fn a_tilt_keeps_the_middle_and_a_mirror_changes_the_sides() -> Result<()> {
        let batch = boxes(&[[10, 19, 20, 2], [3, 5, 7, 9]])?;
        let mut noise = SmallRng::seed_from_u64(1);
        let (mut steepest, before) = (0f32, moments(&batch)?);
        for _ in 0..30 {
            let tilted = draw(&[Kind::Tilt], &batch, false, &mut noise)?.images.reshape((SIDE, SIDE))?;
            // Row of the brightness of the left half less that of the right half.
            let half = |left: usize| -> Result<f32> {
                let image = tilted.narrow(1, left, SIDE / 2)?.reshape((1, SIDE, SIDE / 2, 1))?;
                Ok(moments(&image)?[1][0])
            };
            let slope = (half(SIDE / 2)? - half(0)?) / 10.0;
            steepest = steepest.max(slope.abs());
            assert!(slope.abs() < TILT.tan() + 0.05, "{slope}");
            let after = moments(&tilted.reshape((1, SIDE, SIDE, 1))?)?;
            assert!((0..2).all(|at| (after[at][0] - before[at][0]).abs() < 0.3));
        }
        assert!(steepest > 0.15, "{steepest}");
        let mirrored =
            draw(&[Kind::Mirror], &boxes(&[[4, 8, 12, 10], [3, 5, 7, 9]])?, false, &mut noise)?.images;
        let expected = boxes(&[[SIDE - 16, 8, 12, 10]])?;
        assert_eq!((mirrored - expected)?.abs()?.sum_all()?.to_scalar::<f32>()?, 0.0);
        Ok(())
    }

    #[test]
    fn kinds_refuse_unsuitable_images() {
        let image = |channels| ImageShape { height: 64, width: 64, channels };
        assert!(Kind::Warmth.unmet_requirement(image(1), false).is_some_and(|why| why.contains("colour")));
        assert!(
            Kind::Contrast
                .unmet_requirement(image(3), true)
                .is_some_and(|why| why.contains("black and white"))
        );
        for kind in [Kind::X, Kind::Mirror, Kind::Tilt] {
            assert_eq!(kind.unmet_requirement(image(1), true), None);
        }
        assert_eq!(Kind::Contrast.unmet_requirement(image(1), false), None);
        assert_eq!(Kind::Saturation.unmet_requirement(image(3), false), None);
    }

    #[test]
    fn a_black_image_stays_black() -> Result<()> {
        let batch = boxes(&[[0, 0, 0, 0], [4, 4, 9, 9]])?;
        for kind in [Kind::X, Kind::Y, Kind::Size, Kind::Turn, Kind::Contrast, Kind::ShiftX] {
            let moved = draw(&[kind], &batch, false, &mut SmallRng::seed_from_u64(1))?;
            assert_eq!(moved.images.sum_all()?.to_scalar::<f32>()?, 0.0);
        }
        Ok(())
    }
}
