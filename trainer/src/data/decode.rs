//! Decodes, rotates, crops and resizes picture files.
//!
//! JPEG files are read by the decoder that `image` itself uses, because `image` accepts truncated ones.

use std::io::Cursor;

use image::metadata::Orientation;
use image::{ColorType, DynamicImage, ImageDecoder, ImageFormat, ImageReader, Limits};
use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

use super::exif;
use super::picture::{Picture, Target};
use super::resize::resize;
use super::tiff;

/// Maximum side of a picture, and maximum number of pixels: more than cameras produce.
const MAX_SIDE: usize = 20_000;
const MAX_PIXELS: usize = 1 << 26;
/// Memory that decoding a picture may use, in addition to three times the size of its file.
const ROOM: usize = 224 << 20;
/// Memory that metadata may use, in addition to the size of the file.
const METADATA: usize = 16 << 20;

/// Decodes a PNG, JPEG, WebP, BMP, GIF or TIFF file (the first picture if there are several) to
/// `[side, side, channels]`: rotated by its EXIF orientation, cropped, blended on white, and resized.
///
/// # Errors
/// Returns a short reason if the picture can't be decoded.
pub(super) fn decode(bytes: &[u8], target: &Target) -> Result<Vec<u8>, String> {
    let picture = if bytes.starts_with(b"\xff\xd8") { jpeg(bytes) } else { other(bytes) }?;
    let image = resize(&picture.upright(), target.crop, target.side);
    if !target.grey {
        return Ok(image);
    }
    // BT.601 luma.
    let luma = |c: &[u8; 3]| {
        ((299 * u32::from(c[0]) + 587 * u32::from(c[1]) + 114 * u32::from(c[2]) + 500) / 1000) as u8
    };
    Ok(image.as_chunks::<3>().0.iter().map(luma).collect())
}

/// Checks that the picture in `file` has sides that are supported, and that decoding it, with the given
/// number of bytes per pixel, does not use too much memory.
fn fits(width: usize, height: usize, per_pixel: usize, file: &[u8]) -> Result<(), String> {
    let sides = [width, height].iter().all(|side| (1..=MAX_SIDE).contains(side));
    if sides && width * height <= MAX_PIXELS.min((ROOM + 3 * file.len()) / per_pixel) {
        Ok(())
    } else {
        Err(format!("it has {width}×{height} pixels, which is more than can be read; make it smaller"))
    }
}

/// Bytes per pixel that bringing a picture to its upright view uses.
fn turned(orientation: Orientation) -> usize {
    use Orientation::{FlipHorizontal, FlipVertical, NoTransforms, Rotate180};
    match orientation {
        NoTransforms | Rotate180 | FlipHorizontal | FlipVertical => 4,
        _ => 7,
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
    let orientation = decoder.exif().map_or(Orientation::NoTransforms, |data| exif::orientation(data));
    // Several scans need all coefficients at once, of 16 bits and up to four channels.
    let per_pixel = if has_one_scan(bytes) == Some(true) { 4 } else { 11 };
    fits(width, height, per_pixel.max(turned(orientation)), bytes)?;
    let pixels = decoder.decode().map_err(|error| error.to_string())?;
    if pixels.len() != 3 * width * height {
        return Err("it has no colours that become red, green and blue".into());
    }
    Ok(Picture { width, height, pixels, orientation })
}

/// Whether the first scan of a JPEG file has all channels completely, or `None` if it has no scan.
fn has_one_scan(bytes: &[u8]) -> Option<bool> {
    let mut place = 2;
    let mut channels = None;
    loop {
        let &[start, marker, high, low] = bytes.get(place..)?.first_chunk()?;
        let content = &bytes[place + 4..];
        match (start, marker) {
            (0xff, 0xff) => {
                place += 1;
                continue;
            }
            (0xff, 0xc0 | 0xc1) => channels = content.get(5),
            (0xff, 0xda) => return Some(channels.is_some() && channels == content.first()),
            (0xff, _) => {}
            _ => return None,
        }
        place += 2 + usize::from(u16::from_be_bytes([high, low]));
    }
}

/// Decodes a PNG, WebP, BMP, GIF or TIFF file.
fn other(bytes: &[u8]) -> Result<Picture, String> {
    let format = if bytes.starts_with(b"\x89PNG") {
        ImageFormat::Png
    } else if bytes.starts_with(b"RIFF") {
        ImageFormat::WebP
    } else if bytes.starts_with(b"BM") {
        // The decoder would read a header as pixels.
        if pixels_of_bmp(bytes).is_some_and(|[headers, pixels]| pixels < headers) {
            return Err("its pixels begin within its headers".into());
        }
        ImageFormat::Bmp
    } else if bytes.starts_with(b"GIF8") {
        ImageFormat::Gif
    } else if bytes.starts_with(b"II*\0") || bytes.starts_with(b"MM\0*") {
        tiff::check(bytes)?;
        ImageFormat::Tiff
    } else {
        return Err("it is no PNG, JPEG, WebP, BMP, GIF or TIFF picture".into());
    };
    let mut limits = Limits::default();
    limits.max_image_width = Some(MAX_SIDE as u32);
    limits.max_image_height = Some(MAX_SIDE as u32);
    limits.max_alloc = Some((METADATA + bytes.len()) as u64);
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    reader.limits(limits.clone());
    let mut decoder = reader.into_decoder().map_err(|error| error.to_string())?;
    let (width, height) = decoder.dimensions();
    let (width, height) = (width as usize, height as usize);
    let orientation = match decoder.exif_metadata() {
        Ok(Some(data)) => exif::orientation(&data),
        _ => decoder.orientation().unwrap_or(Orientation::NoTransforms),
    };
    let color = decoder.color_type();
    let stored = usize::from(color.bytes_per_pixel());
    let own = match format {
        // Frame, its alpha channel, and canvas.
        ImageFormat::WebP
            if bytes.get(12..16) == Some(b"VP8X") && bytes.get(20).is_some_and(|f| f & 2 > 0) =>
        {
            12
        }
        ImageFormat::WebP if color.has_alpha() => 7,
        ImageFormat::WebP => 5,
        // Samples before they are converted, and the coefficients of a JPEG file inside.
        ImageFormat::Tiff => 2 * stored + 8,
        _ => 1,
    };
    let converted = if matches!(color, ColorType::Rgb8 | ColorType::Rgba8) { 0 } else { 4 };
    fits(width, height, (stored + own.max(converted)).max(turned(orientation)), bytes)?;
    // A frame may claim to be far larger than the picture.
    limits.max_alloc = Some((ROOM + 3 * bytes.len() - stored * width * height) as u64);
    decoder.set_limits(limits).map_err(|error| error.to_string())?;
    let pixels = match DynamicImage::from_decoder(decoder).map_err(|error| error.to_string())? {
        DynamicImage::ImageRgb8(image) => image.into_raw(),
        image => on_white(image.into_rgba8().into_raw()),
    };
    Ok(Picture { width, height, pixels, orientation })
}

/// The length of both headers of a BMP file, and the place of its pixels.
fn pixels_of_bmp(bytes: &[u8]) -> Option<[u64; 2]> {
    let long = |place: usize| Some(u64::from(u32::from_le_bytes(*bytes.get(place..)?.first_chunk()?)));
    Some([14 + long(14)?, long(10)?])
}

/// Lays colours with alpha on white, in the same memory.
fn on_white(mut pixels: Vec<u8>) -> Vec<u8> {
    let count = pixels.len() / 4;
    for pixel in 0..count {
        let alpha = u32::from(pixels[4 * pixel + 3]);
        for channel in 0..3 {
            let value = u32::from(pixels[4 * pixel + channel]);
            pixels[3 * pixel + channel] = ((value * alpha + 255 * (255 - alpha) + 127) / 255) as u8;
        }
    }
    pixels.truncate(3 * count);
    pixels
}
