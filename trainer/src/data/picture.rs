//! Decodes, rotates, crops and resizes picture files.

use std::io::Cursor;

use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder, ImageFormat, ImageReader, Limits};
use image_webp::WebPDecoder;
use model::ImageShape;
use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

use super::exif;
use super::resize::resize;

/// Maximum side of a picture, and maximum number of pixels: more than cameras produce.
const MAX_SIDE: usize = 20_000;
const MAX_PIXELS: usize = 1 << 26;

/// The image that a picture is converted to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Target {
    /// Side of the square image, in pixels.
    pub side: usize,
    /// Whether the image has one channel instead of three.
    pub grey: bool,
    /// The part of the picture to keep.
    pub cut: Cut,
}

/// The part of a picture to keep.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Cut {
    /// A centred square whose side is this fraction of the picture's shorter side.
    Square(f64),
    /// The whole picture, stretched to a square.
    Whole,
}

impl Target {
    /// Shape of the image.
    pub(super) fn shape(self) -> ImageShape {
        ImageShape { height: self.side, width: self.side, channels: if self.grey { 1 } else { 3 } }
    }
}

/// A decoded picture, `[height, width, 3]`, with its EXIF orientation.
pub(super) struct Picture {
    pub(super) width: usize,
    pub(super) height: usize,
    pub(super) pixels: Vec<u8>,
    pub(super) orientation: Orientation,
}

/// Decodes a PNG, JPEG, WebP, BMP, GIF or TIFF file (the first picture if there are several) to
/// `[side, side, channels]`: rotated by its EXIF orientation, cropped, blended on white, and resized.
///
/// # Errors
/// Returns a short reason if the picture can't be decoded.
pub(super) fn decode(bytes: &[u8], target: &Target) -> Result<Vec<u8>, String> {
    let picture = if bytes.starts_with(b"\x89PNG") {
        png(bytes)
    } else if bytes.starts_with(b"\xff\xd8") {
        jpeg(bytes)
    } else if bytes.starts_with(b"RIFF") {
        webp(bytes)
    } else {
        other(bytes)
    }?;
    let image = resize(&exif::upright(picture), target.cut, target.side);
    if !target.grey {
        return Ok(image);
    }
    // BT.601 luma.
    let luma = |c: &[u8; 3]| {
        ((299 * u32::from(c[0]) + 587 * u32::from(c[1]) + 114 * u32::from(c[2]) + 500) / 1000) as u8
    };
    Ok(image.as_chunks::<3>().0.iter().map(luma).collect())
}

fn fits(width: usize, height: usize) -> Result<(), String> {
    let sides = [width, height].iter().all(|side| (1..=MAX_SIDE).contains(side));
    if sides && width * height <= MAX_PIXELS {
        Ok(())
    } else {
        Err(format!("it has {width}×{height} pixels"))
    }
}

fn jpeg(bytes: &[u8]) -> Result<Picture, String> {
    let options = DecoderOptions::default()
        .set_max_width(MAX_SIDE)
        .set_max_height(MAX_SIDE)
        .set_strict_mode(true)
        .jpeg_set_out_colorspace(ColorSpace::RGB);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(bytes), options);
    decoder.decode_headers().map_err(|error| error.to_string())?;
    let (width, height) = decoder.dimensions().ok_or("it has no size")?;
    fits(width, height)?;
    let pixels = decoder.decode().map_err(|error| error.to_string())?;
    let orientation = decoder.exif().map_or(Orientation::NoTransforms, |bytes| exif::orientation(bytes));
    Ok(Picture { width, height, pixels: on_white(&pixels, width * height)?, orientation })
}

fn webp(bytes: &[u8]) -> Result<Picture, String> {
    let mut decoder = WebPDecoder::new(Cursor::new(bytes)).map_err(|error| error.to_string())?;
    let (width, height) = decoder.dimensions();
    let (width, height) = (width as usize, height as usize);
    fits(width, height)?;
    let mut pixels = vec![0; decoder.output_buffer_size().ok_or("it is too large")?];
    decoder.read_image(&mut pixels).map_err(|error| error.to_string())?;
    let exif = decoder.exif_metadata().ok().flatten().unwrap_or_default();
    let orientation = exif::orientation(&exif);
    Ok(Picture { width, height, pixels: on_white(&pixels, width * height)?, orientation })
}

/// Decodes a BMP, GIF or TIFF file.
fn other(bytes: &[u8]) -> Result<Picture, String> {
    let format = if bytes.starts_with(b"BM") {
        ImageFormat::Bmp
    } else if bytes.starts_with(b"GIF8") {
        ImageFormat::Gif
    } else if bytes.starts_with(b"II*\0") || bytes.starts_with(b"MM\0*") {
        ImageFormat::Tiff
    } else {
        return Err("it is no PNG, JPEG, WebP, BMP, GIF or TIFF picture".into());
    };
    let mut limits = Limits::default();
    limits.max_image_width = Some(MAX_SIDE as u32);
    limits.max_image_height = Some(MAX_SIDE as u32);
    limits.max_alloc = Some(4 * MAX_PIXELS as u64 * size_of::<u16>() as u64);
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    reader.limits(limits.clone());
    let mut decoder = reader.into_decoder().map_err(|error| error.to_string())?;
    let (width, height) = decoder.dimensions();
    let (width, height) = (width as usize, height as usize);
    fits(width, height)?;
    // A frame may claim to be far larger than the picture.
    let enough = 32 * (width * height) as u64 + (16 << 20);
    limits.max_alloc = limits.max_alloc.map(|most| most.min(enough));
    decoder.set_limits(limits).map_err(|error| error.to_string())?;
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let image = DynamicImage::from_decoder(decoder).map_err(|error| error.to_string())?;
    let pixels = on_white(&image.to_rgba8(), width * height)?;
    Ok(Picture { width, height, pixels, orientation })
}

fn png(bytes: &[u8]) -> Result<Picture, String> {
    let mut decoder = png::Decoder::new(Cursor::new(bytes));
    decoder.set_transformations(png::Transformations::normalize_to_color8());
    let mut reader = decoder.read_info().map_err(|error| error.to_string())?;
    let (width, height) = (reader.info().width as usize, reader.info().height as usize);
    fits(width, height)?;
    let orientation =
        reader.info().exif_metadata.as_deref().map_or(Orientation::NoTransforms, exif::orientation);
    let mut pixels = vec![0; reader.output_buffer_size().ok_or("it is too large")?];
    let frame = reader.next_frame(&mut pixels).map_err(|error| error.to_string())?;
    pixels.truncate(frame.buffer_size());
    Ok(Picture { width, height, pixels: on_white(&pixels, width * height)?, orientation })
}

/// Converts grey or colour pixels, with or without alpha (by the number of channels), to RGB on white.
fn on_white(pixels: &[u8], count: usize) -> Result<Vec<u8>, String> {
    let laid = |value: u8, alpha: u8| {
        let (value, alpha) = (u32::from(value), u32::from(alpha));
        ((value * alpha + 255 * (255 - alpha) + 127) / 255) as u8
    };
    match pixels.len() / count {
        1 => Ok(pixels.iter().flat_map(|&grey| [grey; 3]).collect()),
        2 => Ok(pixels.as_chunks().0.iter().flat_map(|&[grey, alpha]| [laid(grey, alpha); 3]).collect()),
        3 => Ok(pixels.to_vec()),
        4 => {
            Ok(pixels.as_chunks().0.iter().flat_map(|&[r, g, b, a]| [r, g, b].map(|v| laid(v, a))).collect())
        }
        channels => Err(format!("it has {channels} channels")),
    }
}
