//! The protobuf wire format, and file descriptors in it.
//!
//! Reads only what registration code asks of descriptors: names, types, defaults and the bytes of options. Anything
//! malformed ends the reading; what was read until then counts.

use smol_str::SmolStr;

/// A value on the wire.
#[derive(Clone, Debug, PartialEq)]
pub enum Wire<'b> {
    /// Varint.
    Number(u64),
    /// 64 bits.
    Fixed64(u64),
    /// Length-delimited.
    Bytes(&'b [u8]),
    /// 32 bits.
    Fixed32(u32),
}

/// The fields of a message, in order.
pub struct Fields<'b> {
    rest: &'b [u8],
}

impl<'b> Fields<'b> {
    /// Of these bytes.
    pub fn new(rest: &'b [u8]) -> Self {
        Fields { rest }
    }
    fn varint(&mut self) -> Option<u64> {
        let mut value = 0u64;
        for at in 0..10 {
            let (byte, rest) = self.rest.split_first()?;
            self.rest = rest;
            value |= u64::from(byte & 0x7f).checked_shl(at * 7).unwrap_or(0);
            if byte & 0x80 == 0 {
                return Some(value);
            }
        }
        None
    }
    fn take(&mut self, length: usize) -> Option<&'b [u8]> {
        let taken = self.rest.get(..length)?;
        self.rest = &self.rest[length..];
        Some(taken)
    }
    /// Varints until the end: a packed field.
    pub fn packed(mut self) -> Vec<u64> {
        let mut all = Vec::new();
        while let Some(value) = self.varint() {
            all.push(value);
        }
        all
    }
}

impl<'b> Iterator for Fields<'b> {
    type Item = (u32, Wire<'b>);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let key = self.varint()?;
            let number = u32::try_from(key >> 3).ok()?;
            let value = match key & 7 {
                0 => Wire::Number(self.varint()?),
                1 => Wire::Fixed64(u64::from_le_bytes(self.take(8)?.try_into().ok()?)),
                2 => {
                    let length = usize::try_from(self.varint()?).ok()?;
                    Wire::Bytes(self.take(length)?)
                }
                // A group's ends carry nothing; its fields are read as if they stood in the message.
                3 | 4 => continue,
                5 => Wire::Fixed32(u32::from_le_bytes(self.take(4)?.try_into().ok()?)),
                _ => return None,
            };
            return Some((number, value));
        }
    }
}

/// A `.proto` file.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct File {
    /// Its name.
    pub name: SmolStr,
    /// Its package.
    pub package: SmolStr,
    /// Top-level messages.
    pub messages: Vec<Message>,
    /// Top-level enums.
    pub enums: Vec<Enum>,
    /// Services.
    pub services: Vec<Service>,
    /// Top-level extensions.
    pub extensions: Vec<Field>,
}

/// A message type.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Message {
    /// Its name.
    pub name: SmolStr,
    /// Its fields.
    pub fields: Vec<Field>,
    /// Messages inside.
    pub nested: Vec<Message>,
    /// Enums inside.
    pub enums: Vec<Enum>,
    /// Extensions declared inside.
    pub extensions: Vec<Field>,
    /// Its options, as they stand.
    pub options: Vec<u8>,
}

/// A field or extension.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Field {
    /// Its name.
    pub name: SmolStr,
    /// The message it extends.
    pub extendee: SmolStr,
    /// Its number.
    pub number: u32,
    /// 3 when it is repeated.
    pub label: u64,
    /// Its type's number.
    pub kind: u64,
    /// The message or enum it is of, with a leading dot.
    pub type_name: SmolStr,
    /// The default as text.
    pub default: Option<SmolStr>,
}

/// An enum type.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Enum {
    /// Its name.
    pub name: SmolStr,
    /// Names and numbers.
    pub values: Vec<(SmolStr, u64)>,
}

/// A service.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Service {
    /// Its name.
    pub name: SmolStr,
    /// Its methods.
    pub methods: Vec<Method>,
    /// Its options, as they stand.
    pub options: Vec<u8>,
}

/// A method of a service.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Method {
    /// Its name.
    pub name: SmolStr,
    /// The request's type, with a leading dot.
    pub input: SmolStr,
    /// The response's type, with a leading dot.
    pub output: SmolStr,
    /// Its options, as they stand.
    pub options: Vec<u8>,
}

fn text(wire: &Wire<'_>) -> SmolStr {
    match wire {
        Wire::Bytes(bytes) => SmolStr::new(String::from_utf8_lossy(bytes)),
        _ => SmolStr::default(),
    }
}

fn number(wire: &Wire<'_>) -> u64 {
    match wire {
        Wire::Number(n) | Wire::Fixed64(n) => *n,
        Wire::Fixed32(n) => u64::from(*n),
        Wire::Bytes(_) => 0,
    }
}

/// Messages nest no deeper.
const MAX_NESTED: u32 = 24;

/// Reads a serialised `FileDescriptorProto`.
pub fn file(bytes: &[u8]) -> File {
    let mut out = File::default();
    for (at, wire) in Fields::new(bytes) {
        match (at, &wire) {
            (1, _) => out.name = text(&wire),
            (2, _) => out.package = text(&wire),
            (4, Wire::Bytes(b)) => out.messages.push(message(b, 0)),
            (5, Wire::Bytes(b)) => out.enums.push(enumeration(b)),
            (6, Wire::Bytes(b)) => out.services.push(service(b)),
            (7, Wire::Bytes(b)) => out.extensions.push(field(b)),
            _ => {}
        }
    }
    out
}

fn message(bytes: &[u8], depth: u32) -> Message {
    let mut out = Message::default();
    for (at, wire) in Fields::new(bytes) {
        match (at, &wire) {
            (1, _) => out.name = text(&wire),
            (2, Wire::Bytes(b)) => out.fields.push(field(b)),
            (3, Wire::Bytes(b)) if depth < MAX_NESTED => out.nested.push(message(b, depth + 1)),
            (4, Wire::Bytes(b)) => out.enums.push(enumeration(b)),
            (6, Wire::Bytes(b)) => out.extensions.push(field(b)),
            (7, Wire::Bytes(b)) => out.options.extend_from_slice(b),
            _ => {}
        }
    }
    out
}

fn field(bytes: &[u8]) -> Field {
    let mut out = Field::default();
    for (at, wire) in Fields::new(bytes) {
        match at {
            1 => out.name = text(&wire),
            2 => out.extendee = text(&wire),
            3 => out.number = u32::try_from(number(&wire)).unwrap_or_default(),
            4 => out.label = number(&wire),
            5 => out.kind = number(&wire),
            6 => out.type_name = text(&wire),
            7 => out.default = Some(text(&wire)),
            _ => {}
        }
    }
    out
}

fn enumeration(bytes: &[u8]) -> Enum {
    let mut out = Enum::default();
    for (at, wire) in Fields::new(bytes) {
        match (at, &wire) {
            (1, _) => out.name = text(&wire),
            (2, Wire::Bytes(b)) => {
                let mut value = (SmolStr::default(), 0);
                for (at, wire) in Fields::new(b) {
                    match at {
                        1 => value.0 = text(&wire),
                        2 => value.1 = number(&wire),
                        _ => {}
                    }
                }
                out.values.push(value);
            }
            _ => {}
        }
    }
    out
}

fn service(bytes: &[u8]) -> Service {
    let mut out = Service::default();
    for (at, wire) in Fields::new(bytes) {
        match (at, &wire) {
            (1, _) => out.name = text(&wire),
            (2, Wire::Bytes(b)) => {
                let mut method = Method::default();
                for (at, wire) in Fields::new(b) {
                    match (at, &wire) {
                        (1, _) => method.name = text(&wire),
                        (2, _) => method.input = text(&wire),
                        (3, _) => method.output = text(&wire),
                        (4, Wire::Bytes(b)) => method.options.extend_from_slice(b),
                        _ => {}
                    }
                }
                out.methods.push(method);
            }
            (3, Wire::Bytes(b)) => out.options.extend_from_slice(b),
            _ => {}
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_with_a_service() {
        // package p; message M { optional string a = 1 [default = "x"]; } service S { rpc R(M) returns (M) { option deprecated } }
        let bytes = b"\n\x07a.proto\x12\x01p\"\x11\n\x01M\x12\x0c\n\x01a\x18\x01 \x01(\t:\x01x2\x19\n\x01S\x12\x14\n\x01R\x12\x04.p.M\x1a\x04.p.M\"\x03\x88\x02\x01";
        let file = file(bytes);
        assert_eq!((file.name.as_str(), file.package.as_str()), ("a.proto", "p"));
        assert_eq!(file.messages[0].fields[0].default.as_deref(), Some("x"));
        assert_eq!(file.messages[0].fields[0].kind, 9);
        let method = &file.services[0].methods[0];
        assert_eq!((method.name.as_str(), method.input.as_str()), ("R", ".p.M"));
        assert_eq!(Fields::new(&method.options).collect::<Vec<_>>(), [(33, Wire::Number(1))]);
    }

    #[test]
    fn broken_bytes_end_the_reading() {
        for bytes in [&b"\x0a\xff\xff\xff\xff\x0f"[..], b"\x0f", b"\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80", b"\x09\x01"] {
            assert_eq!(file(bytes), File::default());
        }
    }
}
