//! Times and sizes as people write them: `90s`, `10m`, `7d`; `512MiB`, `2GiB`.

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::borrow::Cow;
use std::time::Duration;

const TIMES: [(&str, u64); 5] = [("ms", 1), ("s", 1_000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000)];
const SIZES: [(&str, u64); 8] = [
    ("B", 1),
    ("KiB", 1 << 10),
    ("MiB", 1 << 20),
    ("GiB", 1 << 30),
    ("TiB", 1 << 40),
    ("KB", 1_000),
    ("MB", 1_000_000),
    ("GB", 1_000_000_000),
];

/// A span of time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Span(Duration);

/// A size in bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Size(u64);

impl Span {
    /// So many seconds.
    pub fn seconds(seconds: u64) -> Span {
        Span(Duration::from_secs(seconds))
    }

    /// So many minutes.
    pub fn minutes(minutes: u64) -> Span {
        Span::seconds(minutes * 60)
    }

    /// As the standard library has it.
    pub fn duration(&self) -> Duration {
        self.0
    }

    /// In milliseconds.
    pub fn milliseconds(&self) -> i64 {
        i64::try_from(self.0.as_millis()).unwrap_or(i64::MAX)
    }
}

impl Default for Span {
    /// A week.
    fn default() -> Self {
        Span::minutes(7 * 24 * 60)
    }
}

impl Size {
    /// So many GiB.
    pub fn gib(number: u64) -> Size {
        Size(number << 30)
    }

    /// In bytes.
    pub fn bytes(&self) -> u64 {
        self.0
    }
}

/// The number before a unit, times what the unit is.
fn parse(text: &str, units: &[(&str, u64)]) -> Option<u64> {
    let text = text.trim();
    let at = text.find(|c: char| !c.is_ascii_digit())?;
    let (number, unit) = text.split_at(at);
    let (_, factor) = units.iter().find(|(name, _)| *name == unit.trim())?;
    number.parse::<u64>().ok()?.checked_mul(*factor).filter(|all| *all > 0 && *all < 1 << 50)
}

/// With the largest unit that leaves no rest.
fn show(number: u64, units: &[(&str, u64)]) -> String {
    let best = units.iter().filter(|(_, factor)| number.is_multiple_of(*factor)).max_by_key(|(_, factor)| *factor);
    best.map_or_else(|| number.to_string(), |(name, factor)| format!("{}{name}", number / factor))
}

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let milliseconds = parse(&text, &TIMES)
            .ok_or_else(|| serde::de::Error::custom(format!("`{text}` is no time; write a number with a unit: 90s, 10m, 12h, 7d")))?;
        Ok(Span(Duration::from_millis(milliseconds)))
    }
}

impl<'de> Deserialize<'de> for Size {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let bytes = parse(&text, &SIZES)
            .ok_or_else(|| serde::de::Error::custom(format!("`{text}` is no size; write a number with a unit: 512MiB, 2GiB")))?;
        Ok(Size(bytes))
    }
}

impl Serialize for Span {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&show(u64::try_from(self.0.as_millis()).unwrap_or(u64::MAX), &TIMES))
    }
}

impl Serialize for Size {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&show(self.0, &SIZES[..5]))
    }
}

impl JsonSchema for Span {
    fn schema_name() -> Cow<'static, str> {
        "Span".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "string", "pattern": "^[0-9]+(ms|s|m|h|d)$", "description": "A time: 90s, 10m, 12h, 7d."})
    }
}

impl JsonSchema for Size {
    fn schema_name() -> Cow<'static, str> {
        "Size".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "string", "pattern": "^[0-9]+(B|KiB|MiB|GiB|TiB|KB|MB|GB)$", "description": "A size: 512MiB, 2GiB."})
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn units_are_read_and_written() {
        let span = |text: &str| serde_json::from_value::<Span>(text.into()).map(|s| s.milliseconds());
        assert_eq!((span("250ms").unwrap(), span("90s").unwrap(), span("7d").unwrap()), (250, 90_000, 604_800_000));
        assert!(span("10").is_err() && span("0s").is_err() && span("ten m").is_err() && span("99999999999999999d").is_err());
        let size = |text: &str| serde_json::from_value::<Size>(text.into()).map(|s| s.bytes());
        assert_eq!(size("2GiB").unwrap(), 2 << 30);
        assert!(size("2 gigs").is_err() && size("-1GiB").is_err());
        assert_eq!(serde_json::to_string(&Span::minutes(120)).unwrap(), "\"2h\"");
        assert_eq!(serde_json::to_string(&Size::gib(3)).unwrap(), "\"3GiB\"");
    }
}
