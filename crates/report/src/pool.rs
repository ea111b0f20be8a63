//! Values packed so that each distinct one is written once.
//!
//! A catalog of thousands of endpoints repeats the same guards, controls and places thousands of times. [`Pool`] is a serde
//! serializer that gives every distinct value a number and refers to it by that number from then on. The packed form is
//! `{"keys": [[name, ...], ...], "values": [...], "root": n}`: a value is a string, number, boolean or null, or an array whose
//! first item is 0 for a list and `k + 1` for an object with the names of `keys[k]`, followed by the numbers of its parts.
//! Parts come before what holds them, so one pass unpacks it, and equal values become one object in memory.

use crate::ReportError;
use crate::mask::Masker;
use serde::ser::{self, Serialize};
use std::collections::HashMap;
use std::fmt::Write;

/// A value's number.
pub type Ref = u32;

/// The distinct values so far.
#[derive(Default)]
pub struct Pool {
    keys: HashMap<Vec<String>, Ref>,
    key_list: Vec<Vec<String>>,
    known: HashMap<Node, Ref>,
    values: Vec<Node>,
    masker: Masker,
}

#[derive(Clone, PartialEq, Eq, Hash)]
enum Node {
    /// As it is written in JSON.
    Plain(String),
    List(Vec<Ref>),
    /// The number of its names, and its parts.
    Object(Ref, Vec<Ref>),
}

impl Pool {
    /// Packs a value. What looks like a credential in a text is masked.
    ///
    /// # Errors
    /// When the value can't be said in JSON: a map whose keys are no strings.
    pub fn add(&mut self, value: &impl Serialize) -> Result<Ref, ReportError> {
        value.serialize(Packer { pool: self })
    }

    /// Packs an object of packed parts.
    pub fn object(&mut self, parts: Vec<(&str, Ref)>) -> Ref {
        let (names, refs) = parts.into_iter().map(|(name, part)| (name.to_owned(), part)).unzip();
        self.named(names, refs)
    }

    /// Packs a list of packed parts.
    pub fn list(&mut self, parts: Vec<Ref>) -> Ref {
        self.node(Node::List(parts))
    }

    fn named(&mut self, names: Vec<String>, refs: Vec<Ref>) -> Ref {
        let key = match self.keys.get(&names) {
            Some(key) => *key,
            None => {
                let key = self.key_list.len() as Ref;
                self.key_list.push(names.clone());
                self.keys.insert(names, key);
                key
            }
        };
        self.node(Node::Object(key, refs))
    }

    fn text(&mut self, text: &str) -> Ref {
        let masked = self.masker.tokens(text);
        self.node(Node::Plain(quoted(&masked)))
    }

    fn node(&mut self, node: Node) -> Ref {
        if let Some(known) = self.known.get(&node) {
            return *known;
        }
        let number = self.values.len() as Ref;
        self.values.push(node.clone());
        self.known.insert(node, number);
        number
    }

    /// The packed form.
    pub fn write(&self, root: Ref) -> String {
        let mut out = String::with_capacity(self.values.len() * 24);
        out.push_str("{\"keys\":[");
        for (at, names) in self.key_list.iter().enumerate() {
            let names: Vec<String> = names.iter().map(|name| quoted(name)).collect();
            let _ = write!(out, "{}[{}]", if at > 0 { "," } else { "" }, names.join(","));
        }
        out.push_str("],\"values\":[");
        for (at, node) in self.values.iter().enumerate() {
            if at > 0 {
                out.push(',');
            }
            let (head, parts) = match node {
                Node::Plain(text) => {
                    out.push_str(text);
                    continue;
                }
                Node::List(parts) => (0, parts),
                Node::Object(key, parts) => (key + 1, parts),
            };
            let _ = write!(out, "[{head}");
            for part in parts {
                let _ = write!(out, ",{part}");
            }
            out.push(']');
        }
        let _ = write!(out, "],\"root\":{root}}}");
        out
    }
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

struct Packer<'p> {
    pool: &'p mut Pool,
}

/// Collects the parts of a list, or the names and parts of an object.
struct Parts<'p> {
    pool: &'p mut Pool,
    variant: Option<&'static str>,
    names: Vec<String>,
    refs: Vec<Ref>,
}

impl<'p> Packer<'p> {
    fn parts(self, variant: Option<&'static str>) -> Parts<'p> {
        Parts { pool: self.pool, variant, names: Vec::new(), refs: Vec::new() }
    }

    fn plain(self, value: impl Into<serde_json::Value>) -> Result<Ref, ReportError> {
        Ok(self.pool.node(Node::Plain(value.into().to_string())))
    }
}

impl Parts<'_> {
    fn wrap(self, inner: Ref) -> Result<Ref, ReportError> {
        Ok(match self.variant {
            Some(variant) => self.pool.object(vec![(variant, inner)]),
            None => inner,
        })
    }

    fn end_list(mut self) -> Result<Ref, ReportError> {
        let refs = std::mem::take(&mut self.refs);
        let list = self.pool.list(refs);
        self.wrap(list)
    }

    fn end_object(mut self) -> Result<Ref, ReportError> {
        let (names, refs) = (std::mem::take(&mut self.names), std::mem::take(&mut self.refs));
        let object = self.pool.named(names, refs);
        self.wrap(object)
    }

    fn item(&mut self, value: &(impl Serialize + ?Sized)) -> Result<(), ReportError> {
        let part = value.serialize(Packer { pool: &mut *self.pool })?;
        self.refs.push(part);
        Ok(())
    }
}

impl<'p> ser::Serializer for Packer<'p> {
    type Ok = Ref;
    type Error = ReportError;
    type SerializeSeq = Parts<'p>;
    type SerializeTuple = Parts<'p>;
    type SerializeTupleStruct = Parts<'p>;
    type SerializeTupleVariant = Parts<'p>;
    type SerializeMap = Parts<'p>;
    type SerializeStruct = Parts<'p>;
    type SerializeStructVariant = Parts<'p>;

    fn serialize_bool(self, v: bool) -> Result<Ref, ReportError> {
        self.plain(v)
    }
    fn serialize_i8(self, v: i8) -> Result<Ref, ReportError> {
        self.plain(v)
    }
    fn serialize_i16(self, v: i16) -> Result<Ref, ReportError> {
        self.plain(v)
    }
    fn serialize_i32(self, v: i32) -> Result<Ref, ReportError> {
        self.plain(v)
    }
    fn serialize_i64(self, v: i64) -> Result<Ref, ReportError> {
        self.plain(v)
    }
    fn serialize_u8(self, v: u8) -> Result<Ref, ReportError> {
        self.plain(v)
    }
    fn serialize_u16(self, v: u16) -> Result<Ref, ReportError> {
        self.plain(v)
    }
    fn serialize_u32(self, v: u32) -> Result<Ref, ReportError> {
        self.plain(v)
    }
    fn serialize_u64(self, v: u64) -> Result<Ref, ReportError> {
        self.plain(v)
    }
    fn serialize_f32(self, v: f32) -> Result<Ref, ReportError> {
        self.plain(v)
    }
    fn serialize_f64(self, v: f64) -> Result<Ref, ReportError> {
        self.plain(v)
    }
    fn serialize_char(self, v: char) -> Result<Ref, ReportError> {
        Ok(self.pool.text(v.encode_utf8(&mut [0; 4])))
    }
    fn serialize_str(self, v: &str) -> Result<Ref, ReportError> {
        Ok(self.pool.text(v))
    }
    fn serialize_bytes(self, v: &[u8]) -> Result<Ref, ReportError> {
        v.serialize(self)
    }
    fn serialize_none(self) -> Result<Ref, ReportError> {
        self.plain(serde_json::Value::Null)
    }
    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<Ref, ReportError> {
        value.serialize(self)
    }
    fn serialize_unit(self) -> Result<Ref, ReportError> {
        self.plain(serde_json::Value::Null)
    }
    fn serialize_unit_struct(self, _: &'static str) -> Result<Ref, ReportError> {
        self.serialize_unit()
    }
    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Result<Ref, ReportError> {
        Ok(self.pool.text(variant))
    }
    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, value: &T) -> Result<Ref, ReportError> {
        value.serialize(self)
    }
    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<Ref, ReportError> {
        let inner = value.serialize(Packer { pool: &mut *self.pool })?;
        Ok(self.pool.object(vec![(variant, inner)]))
    }
    fn serialize_seq(self, _: Option<usize>) -> Result<Parts<'p>, ReportError> {
        Ok(self.parts(None))
    }
    fn serialize_tuple(self, _: usize) -> Result<Parts<'p>, ReportError> {
        Ok(self.parts(None))
    }
    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Parts<'p>, ReportError> {
        Ok(self.parts(None))
    }
    fn serialize_tuple_variant(self, _: &'static str, _: u32, variant: &'static str, _: usize) -> Result<Parts<'p>, ReportError> {
        Ok(self.parts(Some(variant)))
    }
    fn serialize_map(self, _: Option<usize>) -> Result<Parts<'p>, ReportError> {
        Ok(self.parts(None))
    }
    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Parts<'p>, ReportError> {
        Ok(self.parts(None))
    }
    fn serialize_struct_variant(self, _: &'static str, _: u32, variant: &'static str, _: usize) -> Result<Parts<'p>, ReportError> {
        Ok(self.parts(Some(variant)))
    }
}

macro_rules! list_like {
    ($($of:ident $method:ident),+) => {
        $(impl ser::$of for Parts<'_> {
            type Ok = Ref;
            type Error = ReportError;
            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), ReportError> {
                self.item(value)
            }
            fn end(self) -> Result<Ref, ReportError> {
                self.end_list()
            }
        })+
    };
}

list_like!(
    SerializeSeq serialize_element,
    SerializeTuple serialize_element,
    SerializeTupleStruct serialize_field,
    SerializeTupleVariant serialize_field
);

macro_rules! object_like {
    ($($of:ident),+) => {
        $(impl ser::$of for Parts<'_> {
            type Ok = Ref;
            type Error = ReportError;
            fn serialize_field<T: Serialize + ?Sized>(&mut self, key: &'static str, value: &T) -> Result<(), ReportError> {
                self.names.push(key.to_owned());
                self.item(value)
            }
            fn end(self) -> Result<Ref, ReportError> {
                self.end_object()
            }
        })+
    };
}

object_like!(SerializeStruct, SerializeStructVariant);

impl ser::SerializeMap for Parts<'_> {
    type Ok = Ref;
    type Error = ReportError;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), ReportError> {
        let key = match serde_json::to_value(key).map_err(|e| ReportError::Data(e.to_string()))? {
            serde_json::Value::String(text) => text,
            other => other.to_string(),
        };
        self.names.push(key);
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), ReportError> {
        self.item(value)
    }

    fn end(self) -> Result<Ref, ReportError> {
        self.end_object()
    }
}
