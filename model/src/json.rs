//! Reading JSON with little code. A text is parsed to a [`Json`] tree, from which types are read.
//!
//! Types that read themselves from the text have a JSON parser compiled into each of them, which would make up
//! a sixth of the page. The tree is not [`serde_json::Value`], which forgets repeated keys.

use std::fmt;
use std::slice;

use serde::Deserialize;
use serde::de::value::BorrowedStrDeserializer;
use serde::de::value::MapAccessDeserializer;
use serde::de::{DeserializeOwned, DeserializeSeed, Deserializer, Error as _, Expected, IntoDeserializer};
use serde::de::{MapAccess, SeqAccess, Unexpected, Visitor};
use serde::forward_to_deserialize_any;
use serde_json::Error;

/// A JSON value.
#[derive(Clone, Debug, PartialEq)]
pub enum Json {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// An integer of at least 0.
    Unsigned(u64),
    /// An integer below 0.
    Signed(i64),
    /// Any other number.
    Float(f64),
    /// A string.
    Text(String),
    /// An array.
    List(Vec<Self>),
    /// An object: keys in the order of the text, repeated ones included.
    Object(Vec<(String, Self)>),
}

/// Reads a value from a JSON text.
///
/// # Errors
/// Describes the first problem of the text, or the first value that does not fit the type.
#[inline]
pub fn from_str<T: DeserializeOwned>(text: &str) -> Result<T, Error> {
    T::deserialize(&Json::parse(text)?)
}

impl Json {
    /// Parses a JSON text.
    ///
    /// # Errors
    /// Describes the first problem of the text.
    #[inline]
    pub fn parse(text: &str) -> Result<Self, Error> {
        serde_json::from_str(text)
    }

    /// Returns the fields of an object.
    ///
    /// # Errors
    /// Fails if the value is no object.
    pub fn fields(&self) -> Result<&[(String, Self)], Error> {
        match self {
            Self::Object(fields) => Ok(fields),
            other => Err(other.other_than(&"an object")),
        }
    }

    fn unexpected(&self) -> Unexpected<'_> {
        match self {
            Self::Null => Unexpected::Unit,
            Self::Bool(value) => Unexpected::Bool(*value),
            Self::Unsigned(value) => Unexpected::Unsigned(*value),
            Self::Signed(value) => Unexpected::Signed(*value),
            Self::Float(value) => Unexpected::Float(*value),
            Self::Text(text) => Unexpected::Str(text),
            Self::List(_) => Unexpected::Seq,
            Self::Object(_) => Unexpected::Map,
        }
    }

    #[cold]
    fn other_than(&self, expected: &dyn Expected) -> Error {
        Error::invalid_type(self.unexpected(), expected)
    }
}

impl<'de> Deserialize<'de> for Json {
    #[inline]
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Parse)
    }
}

/// Builds the tree.
struct Parse;

impl<'de> Visitor<'de> for Parse {
    type Value = Json;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Json, E> {
        Ok(Json::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Json, E> {
        Ok(Json::Bool(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Json, E> {
        Ok(Json::Unsigned(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Json, E> {
        Ok(Json::Signed(value))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Json, E> {
        Ok(Json::Float(value))
    }

    fn visit_str<E>(self, text: &str) -> Result<Json, E> {
        Ok(Json::Text(text.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Json, A::Error> {
        let mut list = Vec::new();
        while let Some(element) = elements.next_element()? {
            list.push(element);
        }
        Ok(Json::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Json, A::Error> {
        let mut object = Vec::new();
        while let Some(field) = fields.next_entry()? {
            object.push(field);
        }
        Ok(Json::Object(object))
    }
}

/// Implements methods of numbers, which all read any number.
macro_rules! numbers {
    ($($method:ident)*) => {$(
        #[inline]
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
            match self {
                Json::Unsigned(value) => visitor.visit_u64(*value),
                Json::Signed(value) => visitor.visit_i64(*value),
                Json::Float(value) => visitor.visit_f64(*value),
                other => Err(other.other_than(&visitor)),
            }
        }
    )*};
}

/// Implements methods of strings.
macro_rules! texts {
    ($($method:ident)*) => {$(
        #[inline]
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
            match self {
                Json::Text(text) => visitor.visit_borrowed_str(text),
                other => Err(other.other_than(&visitor)),
            }
        }
    )*};
}

impl<'de> Deserializer<'de> for &'de Json {
    type Error = Error;

    numbers! { deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64 deserialize_i8 deserialize_i16 }
    numbers! { deserialize_i32 deserialize_i64 deserialize_f32 deserialize_f64 }
    texts! { deserialize_str deserialize_string deserialize_identifier }
    forward_to_deserialize_any! { i128 u128 char bytes byte_buf unit unit_struct }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self {
            Json::Null => visitor.visit_unit(),
            Json::Bool(value) => visitor.visit_bool(*value),
            Json::Unsigned(_) | Json::Signed(_) | Json::Float(_) => self.deserialize_f64(visitor),
            Json::Text(text) => visitor.visit_borrowed_str(text),
            Json::List(_) => self.deserialize_seq(visitor),
            Json::Object(_) => self.deserialize_map(visitor),
        }
    }

    #[inline]
    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self {
            Json::Bool(value) => visitor.visit_bool(*value),
            other => Err(other.other_than(&visitor)),
        }
    }

    #[inline]
    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self {
            Json::Null => visitor.visit_none(),
            value => visitor.visit_some(value),
        }
    }

    #[inline]
    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    #[inline]
    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let Json::List(list) = self else { return Err(self.other_than(&visitor)) };
        let mut elements = Elements(list.iter());
        let value = visitor.visit_seq(&mut elements)?;
        match elements.0.len() {
            0 => Ok(value),
            _ => Err(Error::invalid_length(list.len(), &"fewer elements")),
        }
    }

    #[inline]
    fn deserialize_tuple<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_seq(visitor)
    }

    #[inline]
    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: usize,
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.deserialize_seq(visitor)
    }

    #[inline]
    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let Json::Object(object) = self else { return Err(self.other_than(&visitor)) };
        visitor.visit_map(Fields { rest: object.iter(), value: self })
    }

    /// Reads a struct from an object only, while serde's other formats also read one from a list.
    #[inline]
    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.deserialize_map(visitor)
    }

    #[inline]
    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        match self {
            Json::Text(name) => visitor.visit_enum(name.as_str().into_deserializer()),
            Json::Object(object) if object.len() == 1 => {
                let fields = Fields { rest: object.iter(), value: self };
                visitor.visit_enum(MapAccessDeserializer::new(fields))
            }
            other => Err(other.other_than(&visitor)),
        }
    }

    #[inline]
    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_unit()
    }
}

/// The elements of a list that are not read yet.
struct Elements<'de>(slice::Iter<'de, Json>);

impl<'de> SeqAccess<'de> for Elements<'de> {
    type Error = Error;

    #[inline]
    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Error> {
        self.0.next().map(|element| seed.deserialize(element)).transpose()
    }
}

/// The fields of an object that are not read yet.
struct Fields<'de> {
    rest: slice::Iter<'de, (String, Json)>,
    /// The value of the last key.
    value: &'de Json,
}

impl<'de> MapAccess<'de> for Fields<'de> {
    type Error = Error;

    #[inline]
    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Error> {
        let Some((key, value)) = self.rest.next() else { return Ok(None) };
        self.value = value;
        seed.deserialize(BorrowedStrDeserializer::new(key)).map(Some)
    }

    #[inline]
    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Error> {
        seed.deserialize(self.value)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Everything {
        count: usize,
        below: i32,
        single: f32,
        flag: bool,
        name: String,
        missing: Option<u8>,
        null: Option<u8>,
        some: Option<f64>,
        pair: [f32; 2],
        mixed: (u8, String),
        list: Vec<Kind>,
        map: BTreeMap<String, f64>,
        outcome: Result<Wrapped, String>,
    }

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(rename_all = "kebab-case")]
    enum Kind {
        First,
        SecondOne,
    }

    #[derive(Debug, PartialEq, Deserialize)]
    struct Wrapped(u64);

    const TEXT: &str = r#"{ "count": 3, "below": -4, "single": 0.1, "flag": true, "name": "a\"\u00e9", "null": null,
        "some": 1e3, "pair": [1, -2.5], "mixed": [7, "x"], "list": ["first", "second-one"],
        "map": { "b": 2, "a": 0.5 }, "outcome": { "Ok": 9 } }"#;

    #[test]
    fn types_read_the_same_as_from_the_text() -> Result<(), Error> {
        let expected: Everything = serde_json::from_str(TEXT)?;
        assert_eq!(from_str::<Everything>(TEXT)?, expected);
        assert_eq!(expected.outcome, Ok(Wrapped(9)));
        assert_eq!(from_str::<f64>(" 0.30000000000000004 ")?, 0.300_000_000_000_000_04);
        assert!(from_str::<Vec<u8>>("[]")?.is_empty());
        Ok(())
    }

    #[test]
    fn what_does_not_fit_is_named() {
        let error = |from: &str, to: &str| {
            let text = TEXT.replacen(from, to, 1);
            assert_ne!(text, TEXT);
            assert!(serde_json::from_str::<Everything>(&text).is_err(), "{text}");
            from_str::<Everything>(&text).expect_err(&text).to_string()
        };
        assert_eq!(error("\"count\": 3,", ""), "missing field `count`");
        assert!(error("\"count\"", "\"counts\"").starts_with("unknown field `counts`, expected one of"));
        assert_eq!(error("\"below\": -4", "\"count\": 3"), "duplicate field `count`");
        assert_eq!(error("3", "-3"), "invalid value: integer `-3`, expected usize");
        assert_eq!(error("3", "\"3\""), "invalid type: string \"3\", expected usize");
        assert_eq!(error("true", "1"), "invalid type: integer `1`, expected a boolean");
        assert_eq!(error("[1, -2.5]", "[1]"), "invalid length 1, expected an array of length 2");
        assert_eq!(error("[1, -2.5]", "[1, 2, 3]"), "invalid length 3, expected fewer elements");
        assert_eq!(
            error("\"first\"", "\"third\""),
            "unknown variant `third`, expected `first` or `second-one`"
        );
        assert_eq!(error("{ \"Ok\": 9 }", "{}"), "invalid type: map, expected enum Result");
        assert_eq!(error("{ \"b\": 2", "{ \"b\": []"), "invalid type: sequence, expected f64");
        for text in ["", "{", "[1,]", "nul", "1 2", "{\"a\" 1}"] {
            assert!(Json::parse(text).is_err(), "{text}");
        }
        assert!(Json::parse(&"[".repeat(1 << 20)).is_err());
    }
}
