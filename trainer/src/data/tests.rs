//! Small real files of every format, intact and malicious.

use std::fs::{self, File};
use std::io::{Cursor, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use super::*;

type Outcome = Result<(), Box<dyn std::error::Error>>;

fn png_of(width: u32, height: u32, kind: png::ColorType, pixels: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, width, height);
    encoder.set_color(kind);
    let mut writer = encoder.write_header().expect("a PNG header");
    writer.write_image_data(pixels).expect("PNG pixels");
    writer.finish().expect("a PNG file");
    bytes
}

/// An 8×8 grey PNG with a constant value.
fn grey(value: u8) -> Vec<u8> {
    png_of(8, 8, png::ColorType::Grayscale, &[value; 64])
}

/// A baseline JPEG, 16×8 grey: the left half is 200, the right half 128. The quantisation is 8, with one
/// Huffman code each for seven-bit differences and the end of a block.
fn jpeg(orientation: Option<u8>) -> Vec<u8> {
    let mut bytes = vec![0xff, 0xd8];
    if let Some(orientation) = orientation {
        bytes.extend([0xff, 0xe1, 0, 34]);
        bytes.extend(b"Exif\0\0MM\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0");
        bytes.extend([orientation, 0, 0, 0, 0, 0, 0]);
    }
    bytes.extend([0xff, 0xdb, 0, 67, 0]);
    bytes.extend([8; 64]);
    bytes.extend([0xff, 0xc0, 0, 11, 8, 0, 8, 0, 16, 1, 1, 0x11, 0]);
    for (table, symbol) in [(0x00, 7), (0x10, 0)] {
        bytes.extend([0xff, 0xc4, 0, 20, table, 1]);
        bytes.extend([0; 15]);
        bytes.push(symbol);
    }
    bytes.extend([0xff, 0xda, 0, 8, 1, 1, 0, 0, 63, 0, 0x48, 0x1b, 0xbf, 0xff, 0xd9]);
    bytes
}

fn webp(value: u8) -> Vec<u8> {
    let mut bytes = Vec::new();
    let encoder = image_webp::WebPEncoder::new(&mut bytes);
    encoder.encode(&[value; 8 * 8 * 3], 8, 8, image_webp::ColorType::Rgb8).expect("a WebP file");
    bytes
}

const TARGET: Target = Target { side: 8, grey: false, crop: Crop::Square(1.0) };

#[test]
fn the_path_of_a_prepared_set_crops_pictures_as_its_name_does() {
    let target = |set: &str| PictureOptions { set: Some(set.into()), ..PictureOptions::default() }.target();
    assert_ne!(target("celeba").crop, target("faces").crop);
    assert_eq!(target("elsewhere/celeba.images").crop, target("celeba").crop);
}

struct Place(tempfile::TempDir);

impl Place {
    fn new() -> Self {
        Self(tempfile::tempdir().expect("a temporary folder"))
    }

    fn write(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.0.path().join(name);
        fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        fs::write(&path, bytes).expect("a file");
        path
    }

    fn out(&self) -> PathBuf {
        self.0.path().join("out.images")
    }

    fn prepare(&self, name: &str, path: &Path, target: Option<Target>) -> Result<Header, PrepareError> {
        self.labelled(name, path, target, None, None)
    }

    fn labelled(
        &self,
        name: &str,
        path: &Path,
        target: Option<Target>,
        table: Option<&Table>,
        partition: Option<&Partition>,
    ) -> Result<Header, PrepareError> {
        let recipe = recipe(name).expect("a recipe");
        let job = Job { recipe, path, target, table, partition, name, out: &self.out() };
        job.run(&AtomicBool::new(false), &mut |_| {})
    }

    /// Names and numbers of classes of the labels, and the classes of each image.
    fn known(&self) -> (Vec<(String, usize)>, Vec<Vec<usize>>) {
        let cache = Cache::open(&self.out()).expect("a cache");
        cache.check().expect("the checksum");
        (cache.factors(), (0..cache.len()).map(|index| cache.classes(index)).collect())
    }

    /// First value of each image.
    fn firsts(&self) -> Vec<u8> {
        let cache = Cache::open(&self.out()).expect("a cache");
        cache.check().expect("the checksum");
        (0..cache.len()).map(|index| cache.image(index).expect("an image")[0]).collect()
    }
}

fn tar_of(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for (name, bytes) in files {
        let mut header = tar::Header::new_ustar();
        header.as_mut_bytes()[..name.len()].copy_from_slice(name.as_bytes());
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        header.set_entry_type(tar::EntryType::Regular);
        header.set_cksum();
        builder.append(&header, *bytes).expect("a tar entry");
    }
    builder.into_inner().expect("a tar file")
}

fn zip_of(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in files {
        let options = zip::write::SimpleFileOptions::default();
        writer.start_file(*name, options).expect("a zip entry");
        writer.write_all(bytes).expect("zip bytes");
    }
    writer.finish().expect("a zip file").into_inner()
}

#[test]
fn a_folder_a_tar_and_a_zip_of_the_same_pictures_give_the_same_images() -> Outcome {
    let place = Place::new();
    let [first, second, third, fourth] = [grey(10), jpeg(None), webp(30), grey(40)];
    let files: [(&str, &[u8]); 6] = [
        ("in/a/1.png", &first),
        ("in/a/b/2.JPEG", &second),
        ("in/c.webp", &third),
        ("in/d.png", &fourth),
        ("in/notes.txt", b"none"),
        ("in/.hidden.png", b"none"),
    ];
    let mut headers = Vec::new();
    for (name, bytes) in files {
        place.write(name, bytes);
    }
    let archives = [place.write("x.tar", &tar_of(&files)), place.write("x.zip", &zip_of(&files))];
    for path in [&place.0.path().join("in"), &archives[0], &archives[1]] {
        headers.push(place.prepare("folder", path, Some(TARGET))?);
        assert_eq!(place.firsts(), [10, 200, 30, 40], "{}", path.display());
    }
    assert!(headers[0] == headers[1] && headers[0] == headers[2]);
    assert_eq!((headers[0].count, headers[0].skipped), (4, 0));
    Ok(())
}

#[test]
fn pictures_are_turned_as_their_exif_data_say() -> Outcome {
    let image = |orientation| decode::decode(&jpeg(orientation), &Target { grey: true, ..TARGET });
    let plain = image(None)?;
    assert_eq!([plain[0], plain[7], plain[56], plain[63]], [200, 128, 200, 128]);
    let turned = image(Some(6))?;
    assert_eq!([turned[0], turned[7], turned[56], turned[63]], [200, 200, 128, 128]);
    Ok(())
}

#[test]
fn a_gif_with_a_frame_far_larger_than_the_picture_is_refused() {
    // 9×7 pixels, a palette of two colours, and a frame of 1792×34048.
    let screen = b"GIF89a\x09\0\x07\0\x80\0\0\0\0\0\xff\xff\xff";
    let frame = b",\0\0\0\0\0\x07\0\x85\0\x02\x02\x44\x01\0;";
    let error = decode::decode(&[&screen[..], frame].concat(), &TARGET).expect_err("a quarter of a gigabyte");
    assert!(error.to_lowercase().contains("limit"), "{error}");
}

#[test]
fn transparent_pixels_are_white() -> Outcome {
    let clear = png_of(8, 8, png::ColorType::Rgba, &[9, 9, 9, 0].repeat(64));
    assert!(decode::decode(&clear, &TARGET)?.iter().all(|&value| value == 255));
    Ok(())
}

#[test]
fn celeba_is_cropped_to_148_of_178_and_other_files_are_left_out() -> Outcome {
    // White exactly within the crop, at half the size: 74 of 89 columns.
    let inside = |i: usize| (7..81).contains(&(i % 89)) && (17..91).contains(&(i / 89));
    let pixels: Vec<u8> = (0..89 * 109).map(|i| if inside(i) { 255 } else { 0 }).collect();
    let face = png_of(89, 109, png::ColorType::Grayscale, &pixels);
    let place = Place::new();
    place.write("in/img_align_celeba/000001.png", &face);
    place.write("in/preview.png", b"no face");
    let header = place.prepare("celeba", &place.0.path().join("in"), None)?;
    assert_eq!((header.count, header.height, header.channels), (1, 64, 3));
    assert!(Cache::open(&place.out())?.image(0)?.iter().all(|&value| value == 255));
    Ok(())
}

#[test]
fn few_bad_pictures_are_left_out_and_named_and_many_are_an_error() -> Outcome {
    let place = Place::new();
    for index in 0..200 {
        place.write(&format!("in/{index:03}.png"), &grey(index));
    }
    place.write("in/077.png", &grey(7)[..40]);
    let folder = place.0.path().join("in");
    let header = place.prepare("folder", &folder, Some(TARGET))?;
    assert_eq!((header.count, header.skipped, header.skipped_names), (199, 1, vec!["077.png".to_owned()]));
    assert_eq!(place.firsts()[76..78], [76, 78]);
    fs::remove_file(place.out())?;
    for bad in ["in/100.png", "in/101.png"] {
        place.write(bad, b"no picture");
    }
    let message = place.prepare("folder", &folder, Some(TARGET)).expect_err("three in 200").to_string();
    assert!(message.contains("3 of 200 pictures") && message.contains("101.png"), "{message}");
    assert!(!place.out().exists());
    Ok(())
}

#[test]
fn hostile_pictures_are_refused_in_words() {
    let mut bomb = grey(0);
    bomb[16..24].copy_from_slice(&[0x7f, 0xff, 0xff, 0xff, 0x7f, 0xff, 0xff, 0xff]);
    let crc = crc32fast::hash(&bomb[12..29]);
    bomb[29..33].copy_from_slice(&crc.to_be_bytes());
    let mut tall = jpeg(None);
    let size = tall.windows(2).position(|pair| pair == [0xff, 0xc0]).expect("a frame") + 5;
    tall[size..size + 4].fill(0xff);
    let cut = jpeg(None);
    let long = webp(3);
    for bytes in [&bomb[..], &tall, &cut[..cut.len() - 30], &long[..long.len() / 2], b"", b"GIF89a"] {
        assert!(decode::decode(bytes, &TARGET).is_err_and(|message| !message.is_empty()));
    }
}

#[test]
fn names_that_lead_outside_write_nothing_there() -> Outcome {
    let place = Place::new();
    let files: [(&str, &[u8]); 1] = [("../../outside.png", &grey(5))];
    for archive in [tar_of(&files), zip_of(&files)] {
        let path = place.write("deep/x", &archive);
        assert_eq!(place.prepare("folder", &path, Some(TARGET))?.count, 1);
        let mut found: Vec<_> =
            fs::read_dir(place.0.path())?.map(|e| e.map(|e| e.file_name())).collect::<Result<_, _>>()?;
        found.sort();
        assert_eq!(found, ["deep", "out.images"]);
    }
    Ok(())
}

#[test]
fn cut_archives_and_other_files_are_refused_and_nothing_is_written() {
    let place = Place::new();
    let files: [(&str, &[u8]); 2] = [("a.png", &grey(5)), ("b.png", &grey(6))];
    let (tar, zip) = (tar_of(&files), zip_of(&files));
    for (name, bytes) in [
        ("cut.tar", &tar[..1060]),
        ("cut.zip", &zip[..zip.len() - 30]),
        ("words.txt", b"no archive"),
        ("empty.tar", &tar_of(&[])),
    ] {
        let path = place.write(name, bytes);
        let message = place.prepare("folder", &path, Some(TARGET)).expect_err(name).to_string();
        assert!(message.contains(name), "{message}");
    }
    assert!(place.prepare("folder", &place.0.path().join("missing"), None).is_err());
    assert!(!place.out().exists());
}

fn npz(header: &[u8], values: &[u8]) -> Vec<u8> {
    zip_of(&[("metadata.npy", b"a pickle"), ("imgs.npy", &[header, values].concat())])
}

#[test]
fn dsprites_is_streamed_to_black_and_white() -> Outcome {
    let place = Place::new();
    let mut values = vec![0; 3 * 8 * 8];
    values[64..128].fill(1);
    let path = place.write("d.npz", &npz(&crate::npy::header(&[3, 8, 8]), &values));
    let header = place.prepare("dsprites", &path, None)?;
    assert_eq!((header.count, header.height, header.width, header.channels), (3, 8, 8, 1));
    assert_eq!(place.firsts(), [0, 255, 0]);
    let mut images = vec![0.5; 2 * 64];
    Cache::open(&place.out())?.read(&[1, 2], &mut images)?;
    assert_eq!((images[0], images[63], images[64]), (1.0, 1.0, 0.0));
    Ok(())
}

#[test]
fn hostile_arrays_are_refused_and_nothing_is_written() {
    let place = Place::new();
    let whole = crate::npy::header(&[3, 8, 8]);
    let floats = String::from_utf8_lossy(&whole[10..]).replace("|u1", "<f8");
    let floats = [&whole[..10], floats.as_bytes()].concat();
    for (header, values, word) in [
        (crate::npy::header(&[1 << 50, 8, 8]), vec![0; 192], "holds"),
        (crate::npy::header(&[1 << 62, 64, 64]), vec![0; 192], "holds"),
        (crate::npy::header(&[3, 1 << 40, 8]), vec![0; 192], "images of"),
        (crate::npy::header(&[3, 64]), vec![0; 192], "2 dimensions"),
        (floats, vec![0; 192 * 8], "unsigned bytes"),
        (whole.clone(), vec![0; 100], "holds"),
        (whole.clone(), vec![2; 192], "the value 2"),
        (b"rubbish".to_vec(), Vec::new(), "d.npz"),
    ] {
        let path = place.write("d.npz", &npz(&header, &values));
        let message = place.prepare("dsprites", &path, None).expect_err(word).to_string();
        assert!(message.contains(word) && message.contains("d.npz"), "{word}: {message}");
    }
    let path = place.write("d.npz", &zip_of(&[("other.npy", b"")]));
    assert!(
        place.prepare("dsprites", &path, None).is_err_and(|error| error.to_string().contains("imgs.npy"))
    );
    assert!(!place.out().exists());
}

#[test]
fn damaged_caches_are_refused_by_name() -> Outcome {
    let place = Place::new();
    place.write("in/a.png", &grey(9));
    place.prepare("folder", &place.0.path().join("in"), Some(TARGET))?;
    let whole = fs::read(place.out())?;
    let changed = |place: usize, value: u8| {
        let mut bytes = whole.clone();
        bytes[place] = value;
        bytes
    };
    for bytes in [
        Vec::new(),
        whole[..100].to_vec(),
        whole[..whole.len() - 1].to_vec(),
        changed(0, b'X'),
        changed(11, 255),
        changed(20, b'?'),
    ] {
        let path = place.write("bad.images", &bytes);
        let message = Cache::open(&path).expect_err("damage").to_string();
        assert!(message.contains("bad.images") && message.contains("data prepare"), "{message}");
    }
    let cache = Cache::open(&place.write("bit.images", &changed(whole.len() - 1, 1)))?;
    assert!(cache.check().is_err_and(|error| error.to_string().contains("checksum")));
    assert!(cache.image(1).is_err() && cache.read(&[7], &mut [0.0; 192]).is_err());
    Ok(())
}

#[test]
fn prepared_images_open_by_their_path() -> Outcome {
    let place = Place::new();
    place.write("in/a.png", &grey(9));
    place.prepare("folder", &place.0.path().join("in"), Some(TARGET))?;
    let dataset = open(&place.out().to_string_lossy())?;
    assert_eq!((dataset.name(), dataset.len(), dataset.image_shape().len()), ("folder", 1, 192));
    assert!(dataset.world().is_none());
    assert!(open("nothing").is_err_and(|error| error.to_string().contains("data prepare")));
    Ok(())
}

#[test]
fn a_stop_leaves_nothing_behind() {
    let place = Place::new();
    for index in 0..600 {
        place.write(&format!("in/{index}.png"), &grey(1));
    }
    let recipe = recipe("folder").expect("a recipe");
    let folder = place.0.path().join("in");
    let job = Job {
        recipe,
        path: &folder,
        target: Some(TARGET),
        table: None,
        partition: None,
        name: "folder",
        out: &place.out(),
    };
    let outcome = job.run(&AtomicBool::new(true), &mut |_| {});
    assert!(matches!(outcome, Err(PrepareError::Stopped)));
    assert_eq!(fs::read_dir(place.0.path()).map(Iterator::count).ok(), Some(1));
}

#[test]
fn labels_of_a_table_go_with_their_pictures_and_who_has_none_is_left_out() -> Outcome {
    let place = Place::new();
    let mut rows = "file,age,hat\n".to_owned();
    for index in 0..200 {
        place.write(&format!("in/{index:03}.png"), &grey(index));
        if index != 7 {
            rows +=
                &format!("{index:03}.png,{},{}\n", 100 - index % 3, if index < 50 { "yes" } else { "no" });
        }
    }
    let table = Table::read(&place.write("labels.csv", rows.as_bytes()))?;
    let folder = place.0.path().join("in");
    let header = place.labelled("folder", &folder, Some(TARGET), Some(&table), None)?;
    assert_eq!((header.count, header.skipped, header.skipped_names), (199, 1, vec!["007.png".to_owned()]));
    let (names, classes) = place.known();
    assert_eq!(names, [("age".to_owned(), 3), ("hat".to_owned(), 2)]);
    assert_eq!(
        (&classes[0][..], &classes[6][..], &classes[198][..]),
        (&[2, 1][..], &[2, 1][..], &[1, 0][..])
    );
    let dataset = open(&place.out().to_string_lossy())?;
    assert_eq!(dataset.classes(7), [0, 1], "picture 8");
    Ok(())
}

#[test]
fn celebas_attributes_and_parts_are_read_as_they_come() -> Outcome {
    let place = Place::new();
    for index in 1..=4 {
        place.write(&format!("in/00000{index}.png"), &grey(index * 10));
    }
    let list = b"4\nBangs Smiling\n000001.png -1  1\n000002.png  1  1\n000003.png -1 -1\n000004.png  1 -1\n";
    let table = Table::read(&place.write("list_attr_celeba.txt", list))?;
    let parts = b"000001.png 0\n000002.png 0\n000003.png 1\n000004.png 2\n";
    let train = Partition::read(&place.write("list_eval_partition.txt", parts), Part::Train)?;
    place.labelled("celeba", &place.0.path().join("in"), Some(TARGET), Some(&table), Some(&train))?;
    assert_eq!(place.firsts(), [10, 20]);
    let (names, classes) = place.known();
    assert_eq!(names, [("Bangs".to_owned(), 2)], "both smile, which tells nothing");
    assert_eq!(classes, [[0], [1]]);
    Ok(())
}

#[test]
fn a_chairs_view_is_known_by_its_name() -> Outcome {
    let place = Place::new();
    for (view, value) in [("p020_t000", 10), ("p020_t011", 20), ("p030_t000", 30), ("p030_t191", 40)] {
        place.write(&format!("in/a/renders/image_000_{view}_r096.png"), &grey(value));
    }
    place.prepare("chairs3d", &place.0.path().join("in"), Some(Target { grey: true, ..TARGET }))?;
    let (names, classes) = place.known();
    assert_eq!(names, [("elevation".to_owned(), 2), ("azimuth".to_owned(), 3)]);
    assert_eq!(classes, [[0, 0], [0, 1], [1, 0], [1, 2]]);
    Ok(())
}

#[test]
fn images_of_a_whole_grid_have_its_factors() -> Outcome {
    let place = Place::new();
    let count: usize = 6 * 6 * 2 * 3 * 3 * 40 * 40;
    let values: Vec<u8> = (0..count).flat_map(|index| [(index % 251) as u8; 3]).collect();
    let header = crate::npy::header(&[count as u64, 1, 1, 3]);
    let path = place.write("mpi.npz", &zip_of(&[("images.npy", &[&header[..], &values].concat())]));
    let header = place.prepare("mpi3d", &path, None)?;
    assert_eq!((header.count, header.channels, header.labels.len()), (count as u64, 3, 7));
    let cache = Cache::open(&place.out())?;
    cache.check()?;
    assert_eq!(cache.image(252)?, [1; 3]);
    assert_eq!(cache.classes(0), [0; 7]);
    assert_eq!(cache.classes(1600 * 3 * 3 * 2 + 41), [0, 1, 0, 0, 0, 1, 1]);
    assert_eq!(cache.classes(count as u64 - 1), [5, 5, 1, 2, 2, 39, 39]);
    Ok(())
}

fn h5(sides: &[u64], values: &[u8], chunks: Option<&[u64]>) -> Vec<u8> {
    let mut builder = hdf5_pure::FileBuilder::new();
    let images = builder.create_dataset("images");
    images.with_u8_data(values).with_shape(sides);
    if let Some(chunks) = chunks {
        images.with_chunks(chunks).with_deflate(4);
    }
    builder.finish().expect("an HDF5 file")
}

#[test]
fn shapes3d_is_read_whole_or_in_chunks() -> Outcome {
    let place = Place::new();
    let values: Vec<u8> = (0..700).flat_map(|index| [(index % 251) as u8; 2 * 2 * 3]).collect();
    for chunks in [None, Some(&[300, 1, 2, 1][..]), Some(&[7, 2, 2, 3])] {
        let path = place.write("3dshapes.h5", &h5(&[700, 2, 2, 3], &values, chunks));
        let header = place.prepare("shapes3d", &path, None)?;
        assert_eq!((header.count, header.height, header.channels), (700, 2, 3));
        assert_eq!(header.labels, [], "700 images are not the set's grid");
        let expected: Vec<u8> = (0..700).map(|index| (index % 251) as u8).collect();
        assert_eq!(place.firsts(), expected, "{chunks:?}");
    }
    Ok(())
}

#[test]
fn hostile_hdf5_is_refused_by_name_and_nothing_is_written() {
    let place = Place::new();
    let whole = h5(&[70, 2, 2, 3], &[9; 840], Some(&[7, 2, 2, 3]));
    let mut floats = hdf5_pure::FileBuilder::new();
    floats.create_dataset("images").with_f32_data(&[0.0; 12]).with_shape(&[1, 2, 2, 3]);
    let mut other = hdf5_pure::FileBuilder::new();
    other.create_dataset("labels").with_u8_data(&[0; 12]).with_shape(&[1, 2, 2, 3]);
    // Replaces the first side, 70, by 70 + 2⁴⁰ wherever it occurs.
    let mut huge = whole.clone();
    let side = [70, 0, 0, 0, 0, 0, 0, 0];
    for at in 0..huge.len() - 8 {
        if huge[at..at + 8] == side {
            huge[at + 5] = 1;
        }
    }
    for bytes in [
        whole[..whole.len() / 2].to_vec(),
        whole[..100].to_vec(),
        b"rubbish".to_vec(),
        floats.finish().expect("a file"),
        other.finish().expect("a file"),
        h5(&[70, 2, 6], &[9; 840], None),
        h5(&[70, 2, 3, 2], &[9; 840], None),
        huge,
    ] {
        let path = place.write("3dshapes.h5", &bytes);
        let message = place.prepare("shapes3d", &path, None).expect_err("it was taken").to_string();
        assert!(message.contains("3dshapes.h5"), "{message}");
    }
    assert!(!place.out().exists());
}

#[test]
fn a_flipped_bit_of_an_archive_is_seen() {
    let place = Place::new();
    let pixels: Vec<u8> = (0..40 * 16).map(|index| u8::from(index % 7 == 0)).collect();
    let array = [&crate::npy::header(&[40, 4, 4])[..], &pixels].concat();
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    writer.start_file("imgs.npy", options).expect("a zip entry");
    writer.write_all(&array).expect("zip bytes");
    let whole = writer.finish().expect("a zip file").into_inner();
    place.prepare("dsprites", &place.write("d.npz", &whole), None).expect("the whole archive");
    let at = whole.windows(16).position(|window| window == &pixels[..16]).expect("the first image");
    for (place_of_bit, word) in [(at + 100, "checksum"), (at + 639, "checksum"), (32, "differently")] {
        let mut bytes = whole.clone();
        bytes[place_of_bit] ^= 1;
        let message = place.prepare("dsprites", &place.write("d.npz", &bytes), None);
        let message = message.expect_err("it was taken").to_string();
        assert!(message.contains("d.npz") && message.contains(word), "{message}");
    }
}

#[test]
fn images_in_fortran_order_are_refused_in_words() {
    let place = Place::new();
    let header = crate::npy::header(&[40, 4, 4]);
    let header = String::from_utf8_lossy(&header[10..]).replace("False", "True ").into_bytes();
    let start = [b"\x93NUMPY\x01\x00".as_slice(), &(header.len() as u16).to_le_bytes()].concat();
    let array = [&start, &header[..], &[0; 640]].concat();
    let path = place.write("d.npz", &zip_of(&[("imgs.npy", &array)]));
    let message = place.prepare("dsprites", &path, None).expect_err("it was taken").to_string();
    assert!(message.contains("Fortran's order") && message.contains("ascontiguousarray"), "{message}");
}

/// Replaces part of a cache's header and corrects its checksum.
fn with_header(bytes: &[u8], from: &str, to: &str) -> Vec<u8> {
    let length = u32::from_le_bytes(*bytes[8..].first_chunk().expect("a length")) as usize;
    let json = String::from_utf8_lossy(&bytes[16..16 + length]).replacen(from, to, 1);
    let mut changed = bytes.to_vec();
    changed[16..4096].fill(0);
    changed[16..16 + json.len()].copy_from_slice(json.as_bytes());
    changed[8..12].copy_from_slice(&(json.len() as u32).to_le_bytes());
    changed[12..16].copy_from_slice(&crc32fast::hash(json.as_bytes()).to_le_bytes());
    changed
}

#[test]
fn a_cache_is_checked_against_its_claims() -> Outcome {
    let place = Place::new();
    for index in 0..3 {
        place.write(&format!("in/{index}.png"), &grey(index * 10));
    }
    let table = Table::read(&place.write("labels.csv", b"name,age\n0.png,1\n1.png,2\n2.png,3\n"))?;
    place.labelled("folder", &place.0.path().join("in"), Some(TARGET), Some(&table), None)?;
    let whole = fs::read(place.out())?;
    let refused = |bytes: &[u8]| {
        fs::write(place.out(), bytes).expect("a file");
        open(&place.out().to_string_lossy()).err().expect("it was taken").to_string()
    };
    for (from, to, word) in [
        ("\"classes\":3", "\"classes\":1000000000000000000", "not 2 to 256"),
        ("\"classes\":3", "\"classes\":2", "image 2 has class 2 of `age`, which has 2"),
        ("\"count\":3", "\"count\":1000000000000000000", "absurd"),
        ("\"count\":3", "\"count\":4", "images need"),
    ] {
        let message = refused(&with_header(&whole, from, to));
        assert!(message.contains("out.images") && message.contains(word), "{message}");
    }
    let mut label = whole.clone();
    let last = label.len() - 1;
    label[last] = 0xff;
    assert!(refused(&label).contains("has class"));
    let mut pixel = whole.clone();
    pixel[4096] ^= 1;
    assert!(refused(&pixel).contains("checksum"));
    // Truncates the file while it is in use.
    fs::write(place.out(), &whole)?;
    let dataset = open(&place.out().to_string_lossy())?;
    File::options().write(true).open(place.out())?.set_len(4500)?;
    let mut images = vec![0.0; dataset.image_shape().len()];
    let message = dataset.read(&[2], &mut images).expect_err("it was read").to_string();
    assert!(message.contains("out.images") && message.contains("cut short"), "{message}");
    assert_eq!(dataset.classes(2), [2]);
    Ok(())
}

#[test]
fn hdf5_chunks_that_are_lost_are_no_black_pictures() {
    let place = Place::new();
    let mut builder = hdf5_pure::FileBuilder::new();
    let images = builder.create_dataset("images");
    images.with_u8_data(&[9; 70 * 12]).with_shape(&[70, 2, 2, 3]).with_chunks(&[7, 2, 2, 3]);
    let whole = builder.finish().expect("an HDF5 file");
    place.prepare("shapes3d", &place.write("3dshapes.h5", &whole), None).expect("the whole file");
    let mut lost = 0;
    // Overwrites every position, so that all stored addresses are hit.
    for at in 0..whole.len() - 8 {
        let word = u64::from_le_bytes(*whole[at..].first_chunk().expect("eight bytes"));
        if !(500..whole.len() as u64).contains(&word) {
            continue;
        }
        let mut bytes = whole.clone();
        bytes[at..at + 8].fill(0xff);
        match place.prepare("shapes3d", &place.write("3dshapes.h5", &bytes), None) {
            Ok(_) => assert!(place.firsts().iter().all(|first| *first == 9), "{at}"),
            Err(error) => {
                assert!(error.to_string().contains("3dshapes.h5"), "{error}");
                lost += 1;
            }
        }
    }
    assert!(lost > 5, "{lost}");
}

#[test]
fn bad_pictures_are_counted_wherever_they_are() -> Outcome {
    for first in [true, false] {
        let place = Place::new();
        for index in 0..1000 {
            let bad = if first { index < 8 } else { index >= 992 };
            let bytes = if bad { b"rubbish".to_vec() } else { grey(7) };
            place.write(&format!("in/{index:04}.png"), &bytes);
        }
        let header = place.prepare("folder", &place.0.path().join("in"), Some(TARGET))?;
        assert_eq!((header.count, header.skipped), (992, 8));
    }
    Ok(())
}

#[test]
fn pictures_of_every_format_are_read() -> Outcome {
    use image::ImageFormat::{Bmp, Gif, Tiff};
    let place = Place::new();
    for (name, format) in [("a.bmp", Bmp), ("b.GIF", Gif), ("c.tif", Tiff), ("d.TIFF", Tiff)] {
        let mut bytes = Cursor::new(Vec::new());
        let pixels = [60; 8 * 8 * 3];
        image::write_buffer_with_format(&mut bytes, &pixels, 8, 8, image::ExtendedColorType::Rgb8, format)?;
        place.write(&format!("in/{name}"), &bytes.into_inner());
    }
    place.write("in/e.jfif", &jpeg(None));
    place.write("in/notes.txt", b"none");
    place.write("in/raw.heic", b"none");
    let header = place.prepare("folder", &place.0.path().join("in"), Some(TARGET))?;
    assert_eq!((header.count, header.skipped), (5, 0));
    assert_eq!(place.firsts(), [60, 60, 60, 60, 200]);
    let mut seen = 0;
    let others = files::Files::at(&place.0.path().join("in"))?.each(|_| true, &mut |_| {
        seen += 1;
        Ok(())
    })?;
    let words = others.words().ok_or("nothing was left out")?;
    assert_eq!(seen, 5);
    assert_eq!(words, "2 other files were left out: 1 .heic, such as raw.heic; 1 .txt, such as notes.txt");
    Ok(())
}

#[test]
fn a_bmp_whose_pixels_are_its_header_is_refused() -> Outcome {
    let place = Place::new();
    let mut bytes = Cursor::new(Vec::new());
    let form = image::ImageFormat::Bmp;
    image::write_buffer_with_format(&mut bytes, &[60; 192], 8, 8, image::ExtendedColorType::Rgb8, form)?;
    let mut bytes = bytes.into_inner();
    bytes[10..14].fill(0);
    place.write("in/a.bmp", &bytes);
    let message = place.prepare("folder", &place.0.path().join("in"), Some(TARGET));
    let message = message.expect_err("it was taken").to_string();
    assert!(message.contains("its pixels begin within its headers"), "{message}");
    Ok(())
}

#[cfg(unix)]
#[test]
fn links_to_pipes_and_folders_are_named_and_not_followed() -> Outcome {
    use std::os::unix::fs::symlink;
    let place = Place::new();
    place.write("in/a.png", &grey(10));
    let elsewhere = place.write("elsewhere/b.png", &grey(20));
    let pipe = place.0.path().join("pipe");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status()?.success());
    let folder = place.0.path().join("in");
    assert!(std::process::Command::new("mkfifo").arg(folder.join("own.png")).status()?.success());
    symlink(&pipe, folder.join("p.png"))?;
    symlink(elsewhere.parent().ok_or("a folder")?, folder.join("more"))?;
    symlink(&elsewhere, folder.join("c.png"))?;
    place.prepare("folder", &folder, Some(TARGET))?;
    assert_eq!(place.firsts(), [10, 20]);
    let others = files::Files::at(&folder)?.each(|_| true, &mut |_| Ok(()))?;
    let words = others.words().ok_or("nothing was left out")?;
    assert_eq!(
        words,
        "3 other files were left out: 2 links to no file, such as more; 1 pipe or device, such as own.png"
    );
    let message = place.prepare("folder", &pipe, Some(TARGET)).expect_err("it was taken").to_string();
    assert!(message.contains("pipe") && message.contains("neither a folder nor a file"), "{message}");
    Ok(())
}

#[test]
fn hdf5_chunks_of_another_size_are_refused() {
    let place = Place::new();
    // Written by h5py: 70 images of 2×2 pixels in chunks of 7.
    let whole = include_bytes!("../../tests/damaged/chunks.h5");
    place.prepare("shapes3d", &place.write("3dshapes.h5", whole), None).expect("the whole file");
    // A byte of the chunks' height, one of their width, and the number of bytes of the third chunk.
    for (at, old, new) in [(961, 0, 2), (965, 0, 32), (1536, 84, 0)] {
        let mut bytes = whole.to_vec();
        assert_eq!(std::mem::replace(&mut bytes[at], new), old);
        let path = place.write("3dshapes.h5", &bytes);
        let message = place.prepare("shapes3d", &path, None).expect_err("it was taken").to_string();
        assert!(message.contains("copy it again"), "{message}");
    }
}

#[test]
fn hdf5_values_beyond_the_stated_end_are_refused() {
    let place = Place::new();
    let whole = include_bytes!("../../tests/damaged/chunks.h5");
    let stated = 40..48;
    assert_eq!(whole[stated.clone()], (whole.len() as u64).to_le_bytes());
    for end in [whole.len() as u64 - 1, whole.len() as u64 + 1] {
        let mut bytes = whole.to_vec();
        bytes[stated.clone()].copy_from_slice(&end.to_le_bytes());
        let path = place.write("3dshapes.h5", &bytes);
        let message = place.prepare("shapes3d", &path, None).expect_err("it was taken").to_string();
        assert!(message.contains("copy it again"), "{message}");
    }
}

#[test]
fn an_hdf5_link_is_reported_as_a_link() {
    let place = Place::new();
    // Written by h5py: `images` is a soft link to another data set.
    let path = place.write("3dshapes.h5", include_bytes!("../../tests/damaged/soft.h5"));
    let message = place.prepare("shapes3d", &path, None).expect_err("it was taken").to_string();
    assert!(message.contains("images is a link, and links are not followed"), "{message}");
}

#[test]
fn a_partition_that_names_no_picture_is_the_reported_error() -> Outcome {
    let place = Place::new();
    place.write("in/a.png", &grey(10));
    let list = place.write("list.txt", b"other.png 0\n");
    let part = Partition::read(&list, Part::Train)?;
    let folder = place.0.path().join("in");
    let message = place.labelled("folder", &folder, Some(TARGET), None, Some(&part));
    let message = message.expect_err("it was taken").to_string();
    assert!(message.contains("list.txt") && message.contains("none of the 1 picture in"), "{message}");
    Ok(())
}
