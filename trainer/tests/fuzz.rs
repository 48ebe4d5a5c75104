//! Damaged files of every kind: reading them gives one sentence or a correct result, without panics or
//! hangs, and with at most four times the file's size plus 256 MiB of memory.

use std::io::{Cursor, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::sync::{LazyLock, Mutex};

use candle_core::{Device, Tensor};
use model::card::{Card, FORMAT, Histogram, Objective, Training, Unit};
use model::{ImageShape, ModelConfig, Parameters, Vae, Weights};
use peak_alloc::PeakAlloc;
use trainer::config::Config;
use trainer::data::{Cache, Crop, Dataset, Job, Part, Partition, Table, Target, recipe};
use trainer::npy;
use trainer::train::{Checkpoint, State};

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

/// Runs one target at a time, so that memory can be attributed to it.
static TURN: Mutex<()> = Mutex::new(());

/// Memory that a reader may use, in addition to four times the size of its file.
const ROOM: usize = 256 << 20;

/// Reads mutants with `read` and checks the memory that it uses.
fn explore(target: &str, seeds: &[Vec<u8>], read: impl Fn(&[u8])) {
    let _turn = TURN.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    for seed in seeds {
        read(seed);
    }
    fuzz::explore(target, seeds, |bytes| sparing(bytes, || read(bytes)));
}

/// Calls `read`, which reads `bytes`, and checks the memory that it uses.
fn sparing<T>(bytes: &[u8], read: impl FnOnce() -> T) -> T {
    let before = MEMORY.current_usage();
    MEMORY.reset_peak_usage();
    let result = read();
    let taken = MEMORY.peak_usage().saturating_sub(before);
    assert!(taken <= 4 * bytes.len() + ROOM, "{taken} bytes for a file of {}", bytes.len());
    result
}

/// A folder with a file to which mutants are written.
struct Place {
    folder: tempfile::TempDir,
    name: &'static str,
}

impl Place {
    fn new(name: &'static str) -> Self {
        Self { folder: tempfile::tempdir().expect("a temporary folder"), name }
    }

    fn write(&self, bytes: &[u8]) -> PathBuf {
        let path = self.folder.path().join(self.name);
        std::fs::write(&path, bytes).expect("a file");
        path
    }

    fn out(&self) -> PathBuf {
        self.folder.path().join("out.images")
    }

    /// Prepares the file. Returns the images with their classes, or `None` after an error that names the
    /// file.
    fn prepare(&self, set: &str, bytes: &[u8], target: Option<Target>) -> Option<Vec<Vec<u8>>> {
        let path = self.write(bytes);
        let whole = if self.name.contains('/') { path.parent().expect("a folder") } else { &path };
        let out = self.out();
        let job = Job {
            recipe: recipe(set).expect("a recipe"),
            path: whole,
            target,
            table: None,
            partition: None,
            name: set,
            out: &out,
        };
        match job.run(&AtomicBool::new(false), &mut |_| {}) {
            Ok(_) => {
                let cache = Cache::open(&out).expect("what was written can be read");
                cache.check().expect("its checksum");
                Some((0..cache.len()).map(|index| cache.image(index).expect("an image")).collect())
            }
            Err(error) => {
                sentence(&error, "");
                None
            }
        }
    }
}

/// Checks that an error is one sentence of reasonable length that names the file.
fn sentence(error: &dyn std::fmt::Display, name: &str) {
    let message = error.to_string();
    assert!(message.contains(name) && !message.is_empty() && message.len() < 2000, "{message}");
}

fn card(config: &ModelConfig) -> Card {
    let histogram = Histogram { low: -1.0, high: 1.0, counts: vec![1, 2, 3] };
    let unit = Unit {
        kl: 1.0,
        mean: 0.1,
        std: 0.9,
        posterior_std: 0.3,
        mean_histogram: histogram.clone(),
        std_histogram: histogram,
        range: [-2.0, 2.0],
        factor: None,
    };
    Card {
        format: FORMAT,
        minor: 0,
        name: "tiny".into(),
        model: config.clone(),
        objective: Objective::named("vae"),
        training: Training { dataset: "sprites".into(), ..Training::default() },
        origin: None,
        units: vec![unit; config.latent],
        scores: Vec::new(),
        attributes: Vec::new(),
        history: Vec::new(),
        checksum: None,
    }
}

static CONFIG: LazyLock<ModelConfig> = LazyLock::new(|| ModelConfig {
    image: ImageShape { height: 8, width: 8, channels: 1 },
    latent: 2,
    channels: vec![2, 2],
    hidden: 4,
    ..ModelConfig::default()
});

fn weights(seed: u64) -> Weights {
    let tensors = Parameters::initial(&CONFIG, seed, &Device::Cpu).expect("parameters").tensors();
    Weights { card: card(&CONFIG), tensors }
}

fn values(weights: &Weights) -> Vec<f32> {
    let flat = |tensor: &Tensor| tensor.flatten_all()?.to_vec1::<f32>();
    weights.tensors.values().flat_map(|tensor| flat(tensor).expect("values")).collect()
}

/// Joins the header of a weights file with its card and the tensors' bytes.
fn joined(header: &str, tensors: &[u8]) -> Vec<u8> {
    [&(header.len() as u64).to_le_bytes(), header.as_bytes(), tensors].concat()
}

#[test]
fn weights_are_refused_or_whole() {
    let [first, second] = [1, 2].map(weights);
    let seeds = [&first, &second].map(|weights| weights.to_bytes().expect("a file"));
    let known = [values(&first), values(&second)];
    explore("weights", &seeds, |bytes| match Weights::from_bytes(bytes) {
        Ok(read) => assert!(known.contains(&values(&read)), "other weights than were written"),
        Err(error) => sentence(&error, ""),
    });
}

#[test]
fn weights_without_a_checksum_make_a_network_or_are_refused() {
    let bytes = weights(1).to_bytes().expect("a file");
    let (prefix, rest) = bytes.split_first_chunk::<8>().expect("a header");
    let (header, tensors) = rest.split_at(u64::from_le_bytes(*prefix) as usize);
    let header = String::from_utf8(header.to_vec()).expect("text");
    let (before, after) = header.split_once(",\\\"checksum\\\":").expect("a checksum");
    let (_, after) = after.split_once('}').expect("the card's end");
    let old = joined(&format!("{before}}}{after}"), tensors);
    Weights::from_bytes(&old).expect("a file of an earlier version");
    explore("card", &[old], |bytes| match Weights::from_bytes(bytes) {
        Ok(read) => {
            read.card.validate().expect("a card that was read");
            let parameters = Parameters::from_tensors(&read.tensors).expect("parameters");
            Vae::load(&read.card.model, &parameters.builder(&Device::Cpu)).expect("a network");
        }
        Err(error) => sentence(&error, ""),
    });
}

fn zip_of(name: &str, bytes: &[u8], method: zip::CompressionMethod) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default().compression_method(method);
    writer.start_file(name, options).expect("an entry");
    writer.write_all(bytes).expect("bytes");
    writer.finish().expect("a zip file").into_inner()
}

#[test]
fn npz_is_refused_or_whole() {
    let pixels: Vec<u8> = (0..40 * 16).map(|place| u8::from(place % 7 == 0)).collect();
    let array = [&npy::header(&[40, 4, 4])[..], &pixels].concat();
    let whole: Vec<Vec<u8>> =
        pixels.chunks(16).map(|image| image.iter().map(|pixel| 255 * pixel).collect()).collect();
    let seeds = [zip::CompressionMethod::Stored, zip::CompressionMethod::Deflated]
        .map(|method| zip_of("imgs.npy", &array, method));
    let place = Place::new("d.npz");
    explore("npz", &seeds, |bytes| {
        if let Some(images) = place.prepare("dsprites", bytes, None) {
            assert!(images == whole, "other pixels than were written");
        }
    });
}

#[test]
fn hdf5_is_read_or_refused() {
    let values: Vec<u8> = (0..70).flat_map(|index| [index as u8; 2 * 2 * 3]).collect();
    let file = |chunks: Option<&[u64]>| {
        let mut builder = hdf5_pure::FileBuilder::new();
        let images = builder.create_dataset("images");
        images.with_u8_data(&values).with_shape(&[70, 2, 2, 3]);
        if let Some(chunks) = chunks {
            images.with_chunks(chunks).with_deflate(4);
        }
        builder.finish().expect("an HDF5 file")
    };
    let place = Place::new("3dshapes.h5");
    explore("h5", &[file(None), file(Some(&[7, 2, 2, 3]))], |bytes| {
        if let Some(images) = place.prepare("shapes3d", bytes, None) {
            assert!(images.iter().all(|image| image.len() == images[0].len()));
        }
    });
}

#[test]
fn npy_is_read_or_refused() {
    let array = |descr: &str, shape: &str, values: &[u8]| {
        let dict = format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}, }}\n");
        let start = [b"\x93NUMPY\x01\x00".as_slice(), &(dict.len() as u16).to_le_bytes()].concat();
        [&start, dict.as_bytes(), values].concat()
    };
    let seeds = [
        array("<f4", "(8, 2)", &[0x3f; 64]),
        array("<f8", "(4, 2)", &[0x3f; 64]),
        array("<i8", "(4, 2)", &[0; 64]),
        array("|u1", "(64,)", &[7; 64]),
    ];
    let place = Place::new("a.npy");
    explore("npy", &seeds, |bytes| {
        let path = place.write(bytes);
        let shaped = |count: usize, width: usize| count.checked_rem(width).unwrap_or(count) == 0;
        match npy::codes(&path) {
            Ok(table) => assert!(shaped(table.values.len(), table.width)),
            Err(error) => sentence(&error, "a.npy"),
        }
        match npy::factors(&path) {
            Ok(table) => assert!(shaped(table.values.len(), table.width)),
            Err(error) => sentence(&error, "a.npy"),
        }
        match npy::indices(&path, 100) {
            Ok(indices) => assert!(indices.iter().all(|index| *index < 100)),
            Err(error) => sentence(&error, "a.npy"),
        }
    });
}

#[test]
fn labels_are_read_or_refused() {
    let seeds = [
        "name,Smiling,\"Hair, kind\"\na/1.jpg,1,\"long, dark\"\n2.jpg,-1,short\n3.jpg,,nan\n",
        "3\nSmiling Hair\n1.jpg  1 long\n2.jpg -1  short\n3.jpg 1 short\n",
        "000001.jpg 0\n000002.jpg 2\n000003.jpg 1\n",
        "image_id,partition\n000001.jpg,0\n000002.jpg,2\n",
    ]
    .map(|text| text.as_bytes().to_vec());
    let place = Place::new("labels");
    explore("labels", &seeds, |bytes| {
        let path = place.write(bytes);
        match Table::read(&path) {
            Ok(table) => assert!((1..=48).contains(&table.columns().len())),
            Err(error) => sentence(&error, "labels"),
        }
        if let Err(error) = Partition::read(&path, Part::Test) {
            sentence(&error, "labels");
        }
    });
}

/// A colour PNG of 9×7 pixels.
fn png() -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, 9, 7);
    encoder.set_color(png::ColorType::Rgb);
    let pixels: Vec<u8> = (0..9 * 7 * 3).collect();
    encoder.write_header().and_then(|mut writer| writer.write_image_data(&pixels)).expect("a PNG file");
    bytes
}

/// The same image in another format.
fn encoded(format: image::ImageFormat) -> Vec<u8> {
    let pixels: Vec<u8> = (0..9 * 7 * 3).collect();
    let mut bytes = Cursor::new(Vec::new());
    image::write_buffer_with_format(&mut bytes, &pixels, 9, 7, image::ExtendedColorType::Rgb8, format)
        .expect("a picture");
    bytes.into_inner()
}

fn webp() -> Vec<u8> {
    let pixels: Vec<u8> = (0..9 * 7 * 3).collect();
    let mut bytes = Vec::new();
    image_webp::WebPEncoder::new(&mut bytes)
        .encode(&pixels, 9, 7, image_webp::ColorType::Rgb8)
        .expect("a WebP file");
    bytes
}

const TARGET: Target = Target { side: 8, grey: false, crop: Crop::Square(1.0) };

#[test]
fn pictures_are_read_or_refused() {
    use image::ImageFormat::{Bmp, Gif, Tiff};
    let seeds = [png(), webp(), encoded(Bmp), encoded(Gif), encoded(Tiff), JPEG.to_vec()];
    let place = Place::new("in/a.png");
    std::fs::create_dir(place.folder.path().join("in")).expect("a folder");
    explore("images", &seeds, |bytes| {
        if let Some(images) = place.prepare("folder", bytes, Some(TARGET)) {
            assert_eq!(images[0].len(), 8 * 8 * 3);
        }
    });
}

/// A black PNG of one row after another, so that it needs little memory to make.
fn large_png(side: u32, color: png::ColorType, depth: png::BitDepth) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, side, side);
    encoder.set_color(color);
    encoder.set_depth(depth);
    encoder.set_compression(png::Compression::Fast);
    let row = vec![0; side as usize * color.samples() * depth as usize / 8];
    let mut writer = encoder.write_header().expect("a header");
    let mut rows = writer.stream_writer().expect("rows");
    (0..side).for_each(|_| rows.write_all(&row).expect("a row"));
    rows.finish().expect("the end");
    drop(writer);
    bytes
}

#[test]
fn the_largest_pictures_are_read_within_the_memory() {
    use png::BitDepth::{Eight, Sixteen};
    use png::ColorType::{GrayscaleAlpha, Rgb, Rgba};
    let _turn = TURN.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let place = Place::new("in/a.png");
    std::fs::create_dir(place.folder.path().join("in")).expect("a folder");
    for (color, depth, side) in
        [(GrayscaleAlpha, Eight, 6200), (Rgb, Eight, 7600), (Rgba, Eight, 6800), (Rgba, Sixteen, 4400)]
    {
        let bytes = large_png(side, color, depth);
        let images = sparing(&bytes, || place.prepare("folder", &bytes, Some(TARGET)));
        assert!(images.is_some(), "a {color:?} picture of {side}×{side} pixels is refused");
    }
}

#[test]
fn pictures_that_claim_to_be_large_use_no_more_memory() {
    use image::ImageFormat::{Bmp, Gif, Tiff};
    let _turn = TURN.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let place = Place::new("in/a.png");
    std::fs::create_dir(place.folder.path().join("in")).expect("a folder");
    let read = |bytes: &[u8]| sparing(bytes, || place.prepare("folder", bytes, Some(TARGET)));
    let refused = |bytes: &[u8]| {
        let images = read(bytes);
        assert!(images.is_none(), "{} bytes were taken for a large picture", bytes.len());
    };
    // Mutant 107,224 of a TIFF file: a list of unknown values would fill the message.
    refused(include_bytes!("damaged/unknown.tif"));
    // Mutant 13,624 of a TIFF file: an entry claims 8,388,353 values.
    refused(include_bytes!("damaged/values.tif"));
    let with = |bytes: &[u8], places: &[(usize, &[u8])]| {
        let mut bytes = bytes.to_vec();
        for (place, value) in places {
            bytes[*place..place + value.len()].copy_from_slice(value);
        }
        bytes
    };
    let progressive = with(JPEG, &[(72, &[0xc2])]);
    let (bmp, gif, tiff) = (encoded(Bmp), encoded(Gif), encoded(Tiff));
    let entry = |tag: u16| tiff.windows(2).position(|pair| pair == tag.to_le_bytes()).expect("a tag") + 8;
    let [width, height, rows] = [256, 257, 278].map(entry);
    for side in [4000u16, 5600, 6800, 8100, 16_000] {
        let (little, big) = (side.to_le_bytes(), side.to_be_bytes());
        for jpeg in [JPEG, &progressive] {
            refused(&with(jpeg, &[(76, &big), (78, &big)]));
        }
        refused(&with(&bmp, &[(18, &little), (22, &little)]));
        // Its frame may be smaller than the picture.
        read(&with(&gif, &[(6, &little), (8, &little)]));
        refused(&with(&tiff, &[(width, &little), (height, &little), (rows, &little)]));
        // 14 bits for the width less one, and the first two bits of the height less one.
        let sides = u32::from(side - 1) | u32::from(side - 1) << 14;
        refused(&with(&webp(), &[(21, &sides.to_le_bytes())]));
    }
}

/// A grey baseline JPEG of 16×8 pixels.
const JPEG: &[u8] = &{
    let mut bytes = [0; 2 + 69 + 13 + 22 + 22 + 10 + 5];
    let parts: [&[u8]; 7] = [
        &[0xff, 0xd8, 0xff, 0xdb, 0, 67, 0],
        &[8; 64],
        &[0xff, 0xc0, 0, 11, 8, 0, 8, 0, 16, 1, 1, 0x11, 0],
        &[0xff, 0xc4, 0, 20, 0x00, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7],
        &[0xff, 0xc4, 0, 20, 0x10, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
        &[0xff, 0xda, 0, 8, 1, 1, 0, 0, 63, 0],
        &[0x48, 0x1b, 0xbf, 0xff, 0xd9],
    ];
    let (mut part, mut at) = (0, 0);
    while part < parts.len() {
        let mut place = 0;
        while place < parts[part].len() {
            bytes[at] = parts[part][place];
            (at, place) = (at + 1, place + 1);
        }
        part += 1;
    }
    bytes
};

#[test]
fn archives_are_read_or_refused() {
    let mut builder = tar::Builder::new(Vec::new());
    let picture = png();
    for name in ["a.png", "b/c.png", "notes.txt"] {
        let mut header = tar::Header::new_ustar();
        header.set_size(picture.len() as u64);
        header.set_mode(0o644);
        builder.append_data(&mut header, name, &picture[..]).expect("an entry");
    }
    let tar = builder.into_inner().expect("a tar file");
    let zip = zip_of("a.png", &picture, zip::CompressionMethod::Deflated);
    let place = Place::new("a.archive");
    explore("archives", &[tar, zip], |bytes| {
        place.prepare("folder", bytes, Some(TARGET));
    });
}

#[test]
fn caches_are_refused_or_whole() {
    let place = Place::new("in/a.png");
    std::fs::create_dir(place.folder.path().join("in")).expect("a folder");
    let labels = place.folder.path().join("labels.csv");
    std::fs::write(&labels, "name,age\na.png,1\nb.png,2\nc.png,3\n").expect("labels");
    let table = Table::read(&labels).expect("a table");
    for name in ["a", "b", "c"] {
        std::fs::write(place.folder.path().join(format!("in/{name}.png")), png()).expect("a picture");
    }
    let out = place.out();
    let job = Job {
        recipe: recipe("folder").expect("a recipe"),
        path: &place.folder.path().join("in"),
        target: Some(TARGET),
        table: Some(&table),
        partition: None,
        name: "folder",
        out: &out,
    };
    job.run(&AtomicBool::new(false), &mut |_| {}).expect("images");
    let file = std::fs::read(&out).expect("the file");
    let content = |cache: &Cache| -> Vec<(Vec<u8>, Vec<usize>)> {
        (0..cache.len()).map(|i| (cache.image(i).expect("an image"), cache.classes(i))).collect()
    };
    let whole = content(&Cache::open(&out).expect("a cache"));
    let place = Place::new("a.images");
    explore("caches", &[file], |bytes| {
        match Cache::open(&place.write(bytes)) {
            Ok(cache) => {
                let classes = cache.factors();
                for index in 0..cache.len() {
                    let row = cache.classes(index);
                    assert!(row.iter().zip(&classes).all(|(class, (_, count))| class < count));
                }
                match cache.check() {
                    Ok(()) => assert!(content(&cache) == whole, "other images than were written"),
                    Err(error) => sentence(&error, "a.images"),
                }
            }
            Err(error) => sentence(&error, "a.images"),
        };
    });
}

#[test]
fn checkpoints_are_refused_or_whole() {
    let tensors = weights(1).tensors;
    let state = State { step: 3, ..State::default() };
    let (weights, moments) = (tensors.clone(), tensors.clone());
    let checkpoint = Checkpoint { state, weights, moments, average: tensors };
    let content = |checkpoint: &Checkpoint| {
        let tensors = [&checkpoint.weights, &checkpoint.moments, &checkpoint.average];
        let flat = |tensor: &Tensor| tensor.flatten_all()?.to_vec1::<f32>();
        let values =
            tensors.map(|tensors| tensors.values().map(|t| flat(t).expect("values")).collect::<Vec<_>>());
        (checkpoint.state.clone(), values)
    };
    let place = Place::new("step.safetensors");
    let path = place.write(b"");
    checkpoint.write(&path).expect("a checkpoint");
    let file = std::fs::read(&path).expect("the file");
    explore("checkpoints", &[file], |bytes| match Checkpoint::read(&place.write(bytes), &Device::Cpu) {
        Ok(read) => assert!(content(&read) == content(&checkpoint), "others than were written"),
        Err(error) => sentence(&error, "step.safetensors"),
    });
}

#[test]
fn configurations_are_read_or_refused() {
    let configs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../configs");
    let paths = std::fs::read_dir(configs).expect("configurations").flatten().map(|entry| entry.path());
    let seeds: Vec<Vec<u8>> = paths.map(|path| std::fs::read(path).expect("a configuration")).collect();
    let place = Place::new("a.toml");
    explore("configurations", &seeds, |bytes| {
        if let Err(error) = Config::read(&place.write(bytes), &["train.steps=7".into()]) {
            sentence(&error, "a.toml");
        }
    });
}
