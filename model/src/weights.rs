//! The weights file: a safetensors file with the model card in its metadata.
//!
//! Tensors are f32 or f16, with the names and shapes of [`ModelConfig::tensors`]. A tensor whose values are all
//! exact in f16 is written as f16. The metadata has one key, [`CARD_KEY`], with the card as JSON, so equal
//! models give equal bytes. The card ends with a checksum of the rest of its text and of the names and bytes of
//! all tensors, in the order of names.
//!
//! Functions that read a file are `#[inline]`, so that the calling crate compiles them. The page compiles this
//! crate for speed and its own for size.

use std::collections::{BTreeMap, HashMap};

use candle_core::{DType, Device, Tensor};
use half::f16;
use safetensors::SafeTensorError;
use safetensors::tensor::{Dtype, Metadata, TensorInfo, TensorView};
use serde::Deserialize;

use crate::card::{Card, FORMAT, MINOR};
use crate::checksum::Checksum;
use crate::config::{MAX_NETWORK, ModelConfig};
use crate::json::Json;
use crate::order;

/// Metadata key of the card.
pub const CARD_KEY: &str = "latentscope";
/// Key of the metadata in the header.
const METADATA: &str = "__metadata__";
/// Text before the checksum at the end of the card.
const CHECKSUM: &str = ",\"checksum\":";
/// Largest file that is read: the tensors of the largest network and the largest header.
pub const MAX_FILE: usize = MAX_NETWORK as usize + MAX_HEADER + 8;
/// Largest header that is parsed: 4 MiB, about fifty times the header of a model with ten units.
pub const MAX_HEADER: usize = 4 << 20;

/// Error while reading or writing a weights file.
#[derive(Debug, thiserror::Error)]
pub enum WeightsError {
    /// The file exceeds [`MAX_FILE`].
    #[error("the file has {0} bytes, over the limit of {MAX_FILE}")]
    TooLarge(usize),
    /// The header exceeds [`MAX_HEADER`].
    #[error(
        "the file's header claims {0} bytes, over the limit of {MAX_HEADER}; it is not a weights file or it is damaged"
    )]
    HeaderTooLarge(u64),
    /// The file is truncated or not a safetensors file.
    #[error("the file is not a complete safetensors file ({0}); export or download it again")]
    Malformed(#[from] SafeTensorError),
    /// The file has no card.
    #[error("the file has no model card (metadata key `{CARD_KEY}`); export it with `latentscope export`")]
    NoCard,
    /// The card has another format version.
    #[error(
        "the card has format version {0}, and this version reads {FORMAT}; use the version that wrote it or export it again"
    )]
    Version(u64),
    /// The card has a newer minor version.
    #[error(
        "the card has format version {FORMAT}.{0}, and this version reads up to {FORMAT}.{MINOR}; use a newer version"
    )]
    Minor(u64),
    /// The card can't be parsed or is invalid.
    #[error("the model card is damaged: {0}")]
    Card(String),
    /// The file was changed after it was written.
    #[error(
        "the file's checksum is {found:08x} and not {written:08x}, so that it is damaged; export or download it again"
    )]
    Checksum {
        /// Checksum of the content.
        found: u32,
        /// Checksum in the card.
        written: u32,
    },
    /// A tensor of the network is missing.
    #[error("tensor `{0}` is missing")]
    Missing(String),
    /// A tensor is not part of the network.
    #[error("tensor `{0}` is not part of the network")]
    Unknown(String),
    /// A tensor has another shape.
    #[error("tensor `{name}` has shape {found:?} but the card's network needs {expected:?}")]
    Shape {
        /// Tensor.
        name: String,
        /// Shape in the file.
        found: Vec<usize>,
        /// Shape in the network.
        expected: Vec<usize>,
    },
    /// A tensor is neither f32 nor f16.
    #[error("tensor `{name}` has type {found:?}; f32 and f16 are read")]
    Type {
        /// Tensor.
        name: String,
        /// Type in the file.
        found: Dtype,
    },
    /// A tensor has a value that is NaN or infinite.
    #[error("tensor `{0}` holds a value that is not finite")]
    NotFinite(String),
    /// Candle failed to create a tensor.
    #[error("the tensors could not be read or made: {}", crate::fault::words(.0))]
    Tensor(#[from] candle_core::Error),
}

/// The content of a weights file.
#[derive(Clone, Debug)]
pub struct Weights {
    /// The card.
    pub card: Card,
    /// Tensors by name, f32 on the CPU.
    pub tensors: BTreeMap<String, Tensor>,
}

/// The card's version, which is parsed before the rest.
#[derive(Deserialize)]
struct Versioned {
    format: u64,
    #[serde(default)]
    minor: u64,
}

impl Weights {
    /// Reads and checks a weights file. Memory is allocated only after sizes were checked.
    ///
    /// # Errors
    /// Describes the first problem.
    #[inline]
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, WeightsError> {
        let file = File::read(bytes)?;
        let card = read_card(&file.card)?;
        let tensors = read_tensors(&file, &card.model)?;
        if let Some(written) = card.checksum {
            let data = |name| file.tensor(name).map_or(&[][..], |(_, data)| data);
            let found = checksum(&file.card, tensors.keys().map(|name| (name.as_str(), data(name))));
            if found != written {
                return Err(WeightsError::Checksum { found, written });
            }
        }
        Ok(Self { card, tensors })
    }

    /// Reads only the card, without the tensors.
    ///
    /// # Errors
    /// Describes the first problem of the header.
    #[inline]
    pub fn card_from_bytes(bytes: &[u8]) -> Result<Card, WeightsError> {
        read_card(&File::read(bytes)?.card)
    }

    /// Returns the bytes of the file. Equal models give equal bytes.
    ///
    /// # Errors
    /// Fails if the tensors don't fit the card, or the card is invalid.
    pub fn to_bytes(&self) -> Result<Vec<u8>, WeightsError> {
        self.card.validate().map_err(WeightsError::Card)?;
        let card = Card { minor: MINOR, checksum: None, ..self.card.clone() };
        let mut json = serde_json::to_string(&card).map_err(|e| WeightsError::Card(e.to_string()))?;
        let mut raw = Vec::new();
        for (name, shape) in self.card.model.tensors() {
            let tensor = self.tensors.get(&name).ok_or_else(|| WeightsError::Missing(name.clone()))?;
            expect_shape(&name, tensor.dims(), &shape)?;
            let values = tensor.to_dtype(DType::F32)?.flatten_all()?.to_vec1::<f32>()?;
            if values.iter().any(|v| !v.is_finite()) {
                return Err(WeightsError::NotFinite(name));
            }
            let (kind, bytes) = stored(&values);
            raw.push((name, shape, kind, bytes));
        }
        let views = raw
            .iter()
            .map(|(name, shape, kind, bytes)| Ok((name, TensorView::new(*kind, shape.clone(), bytes)?)))
            .collect::<Result<Vec<_>, WeightsError>>()?;
        let written = checksum(&json, raw.iter().map(|(name, _, _, bytes)| (name.as_str(), &bytes[..])));
        json.truncate(json.len() - 1);
        json += &format!("{CHECKSUM}{written}}}");
        let metadata = HashMap::from([(CARD_KEY.to_owned(), json)]);
        Ok(safetensors::serialize(views, Some(metadata))?)
    }
}

/// Converts values to f16 if they are all exact in it, otherwise to f32.
fn stored(values: &[f32]) -> (Dtype, Vec<u8>) {
    let halves: Vec<f16> = values.iter().copied().map(f16::from_f32).collect();
    if halves.iter().zip(values).all(|(half, value)| half.to_f32() == *value) {
        (Dtype::F16, halves.iter().flat_map(|half| half.to_le_bytes()).collect())
    } else {
        (Dtype::F32, values.iter().flat_map(|value| value.to_le_bytes()).collect())
    }
}

/// A safetensors file with a card. `SafeTensors` reads the same, and would make the page larger.
struct File<'a> {
    /// JSON of the card.
    card: String,
    /// Names of all tensors.
    names: Vec<String>,
    tensors: Metadata,
    /// Bytes of all tensors.
    data: &'a [u8],
}

impl<'a> File<'a> {
    #[inline]
    fn read(bytes: &'a [u8]) -> Result<Self, WeightsError> {
        if bytes.len() > MAX_FILE {
            return Err(WeightsError::TooLarge(bytes.len()));
        }
        let (size, rest) = bytes.split_first_chunk().ok_or(SafeTensorError::HeaderTooSmall)?;
        let size = u64::from_le_bytes(*size);
        if size > MAX_HEADER as u64 {
            return Err(WeightsError::HeaderTooLarge(size));
        }
        let parts = rest.split_at_checked(size as usize);
        let (header, data) = parts.ok_or(SafeTensorError::InvalidHeaderLength)?;
        let header = str::from_utf8(header).map_err(SafeTensorError::InvalidHeader)?;
        let invalid = SafeTensorError::InvalidHeaderDeserialization;
        let header = Json::parse(header).map_err(invalid)?;
        let (mut card, mut tensors) = (None, Vec::new());
        for (name, value) in header.fields().map_err(invalid)? {
            if name == METADATA {
                let entries = value.fields().map_err(invalid)?;
                card = entries.iter().find(|(key, _)| key == CARD_KEY).map(|(_, card)| card);
            } else {
                let tensor = TensorInfo::deserialize(value).map_err(invalid)?;
                let (begin, end) = tensor.data_offsets;
                if begin > end || end > data.len() {
                    return Err(SafeTensorError::InvalidOffset(name.clone()).into());
                }
                tensors.push((name, tensor));
            }
        }
        // The library expects tensors in the order of their bytes.
        let offsets = tensors.iter().map(|(_, tensor)| tensor.data_offsets);
        let ascending = order::ascending(offsets.map(|(begin, end)| (begin as u64) << 32 | end as u64));
        let sorted = ascending.map(|index| (tensors[index].0.clone(), tensors[index].1.clone())).collect();
        let listed = tensors;
        let tensors = Metadata::new(None, sorted)?;
        // A name that is listed twice means the tensor that comes last.
        let offsets = |name: &str| tensors.info(name).map(|tensor| tensor.data_offsets);
        if let Some((name, _)) =
            listed.iter().find(|(name, tensor)| offsets(name) != Some(tensor.data_offsets))
        {
            return Err(SafeTensorError::InvalidOffset((*name).clone()).into());
        }
        let names = listed.into_iter().map(|(name, _)| name.clone()).collect();
        if tensors.data_len() != data.len() {
            return Err(SafeTensorError::MetadataIncompleteBuffer.into());
        }
        let card = card.ok_or(WeightsError::NoCard)?;
        let card = String::deserialize(card).map_err(invalid)?;
        Ok(Self { card, names, tensors, data })
    }

    fn tensor(&self, name: &str) -> Option<(&TensorInfo, &'a [u8])> {
        let tensor = self.tensors.info(name)?;
        Some((tensor, self.data.get(tensor.data_offsets.0..tensor.data_offsets.1)?))
    }
}

/// Checksum of a card's text, without the checksum in it, and of tensors.
#[inline]
fn checksum<'a>(json: &str, tensors: impl Iterator<Item = (&'a str, &'a [u8])>) -> u32 {
    let text = json.rsplit_once(CHECKSUM).map_or_else(|| &json[..json.len() - 1], |(text, _)| text);
    let mut checksum = Checksum::new();
    checksum.add(text.as_bytes());
    for (name, bytes) in tensors {
        checksum.add(name.as_bytes());
        checksum.add(bytes);
    }
    checksum.value()
}

#[inline]
fn read_card(json: &str) -> Result<Card, WeightsError> {
    let damaged = |e: serde_json::Error| WeightsError::Card(e.to_string());
    let tree = Json::parse(json).map_err(damaged)?;
    let Versioned { format, minor } = Versioned::deserialize(&tree).map_err(damaged)?;
    if format != u64::from(FORMAT) {
        return Err(WeightsError::Version(format));
    }
    if minor > u64::from(MINOR) {
        return Err(WeightsError::Minor(minor));
    }
    let mut card = Card::deserialize(&tree).map_err(damaged)?;
    card.validate().map_err(WeightsError::Card)?;
    // Reading converts cards of older versions to the newest form.
    card.minor = MINOR;
    Ok(card)
}

#[inline]
fn read_tensors(file: &File, model: &ModelConfig) -> Result<BTreeMap<String, Tensor>, WeightsError> {
    let expected = model.tensors();
    if let Some(name) = file.names.iter().find(|name| !expected.contains_key(*name)) {
        return Err(WeightsError::Unknown(name.clone()));
    }
    let mut tensors = BTreeMap::new();
    for (name, shape) in expected {
        let (tensor, data) = file.tensor(&name).ok_or_else(|| WeightsError::Missing(name.clone()))?;
        expect_shape(&name, &tensor.shape, &shape)?;
        let values: Vec<f32> = match tensor.dtype {
            Dtype::F32 => data.as_chunks().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect(),
            Dtype::F16 => {
                data.as_chunks().0.iter().map(|bytes| f16::from_le_bytes(*bytes).to_f32()).collect()
            }
            found => return Err(WeightsError::Type { name, found }),
        };
        if values.iter().any(|v| !v.is_finite()) {
            return Err(WeightsError::NotFinite(name));
        }
        let tensor = Tensor::from_vec(values, shape, &Device::Cpu)?;
        tensors.insert(name, tensor);
    }
    Ok(tensors)
}

fn expect_shape(name: &str, found: &[usize], expected: &[usize]) -> Result<(), WeightsError> {
    if found == expected {
        return Ok(());
    }
    Err(WeightsError::Shape { name: name.to_owned(), found: found.to_vec(), expected: expected.to_vec() })
}
